import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  acceptOffer,
  type DeflateParameters,
  type DeflateSettings,
  InflateFault,
  judgeResponse,
  makeOffers,
  PerMessageDeflate,
  type PerMessageDeflateOptions,
  resolvePerMessageDeflate,
} from '../../src/permessage-deflate/index.js';

const MEBIBYTE = 2 ** 20;
const CLIENT = resolvePerMessageDeflate(true, 'client')!;
const SERVER = resolvePerMessageDeflate(true, 'server')!;
const AGREED: DeflateParameters = {
  serverNoContextTakeover: false,
  clientNoContextTakeover: false,
  serverMaxWindowBits: 15,
  clientMaxWindowBits: 15,
};

const create = (role: 'client' | 'server', agreed: Partial<DeflateParameters> = {}, settings?: DeflateSettings) =>
  new PerMessageDeflate(role, { ...AGREED, ...agreed }, settings ?? (role === 'client' ? CLIENT : SERVER), MEBIBYTE);

/** Returns both ends after the opening handshake, or undefined if the server has declined. */
function negotiate(client: PerMessageDeflateOptions, server: PerMessageDeflateOptions) {
  const clientSettings = resolvePerMessageDeflate(client, 'client')!;
  const serverSettings = resolvePerMessageDeflate(server, 'server')!;
  const offers = makeOffers(clientSettings);
  const acceptance = acceptOffer(offers, serverSettings);
  if (acceptance === undefined) return undefined;
  const agreed = judgeResponse([acceptance.response], offers) as DeflateParameters;
  return {
    client: create('client', agreed, clientSettings),
    server: create('server', acceptance.agreed, serverSettings),
  };
}

const optionsOf = (leastServerBits: number, leastClientBits: number) =>
  fc.record(
    {
      serverNoContextTakeover: fc.boolean(),
      clientNoContextTakeover: fc.boolean(),
      serverMaxWindowBits: fc.integer({ min: leastServerBits, max: 15 }),
      clientMaxWindowBits: fc.integer({ min: leastClientBits, max: 15 }),
      level: fc.integer({ min: 0, max: 9 }),
      memLevel: fc.integer({ min: 1, max: 9 }),
    },
    { requiredKeys: [] },
  );

describe('PerMessageDeflate', () => {
  test('one end inflates what the other deflates, in any sequence, with any parameters', async () => {
    const message = fc
      .tuple(
        fc.boolean(),
        fc.constantFrom('', 'Hello', 'ws101 is a course ', '\0'),
        fc.constantFrom(0, 1, 10, 1000, 4000),
        fc.uint8Array({ maxLength: 100 }),
      )
      .map(([isFromClient, word, times, bytes]) => {
        return { isFromClient, bytes: Buffer.concat([bytes, Buffer.from(word.repeat(times)), bytes]) };
      });
    await fc.assert(
      fc.asyncProperty(
        optionsOf(9, 9),
        optionsOf(9, 8),
        fc.array(message, { maxLength: 8 }),
        async (a, b, messages) => {
          const { client, server } = negotiate(a, b)!;
          for (const { isFromClient, bytes } of messages) {
            const [sender, receiver] = isFromClient ? [client, server] : [server, client];
            if (!sender.compresses(MEBIBYTE)) continue;
            const outcome = await receiver.inflate((await sender.deflate(bytes))!);
            expect(outcome instanceof Uint8Array && bytes.equals(outcome)).toBe(true);
          }
        },
      ),
      { numRuns: 150 },
    );
  });

  test.each<[role: 'client' | 'server', own: Partial<DeflateParameters>, peers: Partial<DeflateParameters>]>([
    ['client', { clientNoContextTakeover: true }, { serverNoContextTakeover: true }],
    ['server', { serverNoContextTakeover: true }, { clientNoContextTakeover: true }],
  ])(
    'a %s deflates with its own parameters and inflates with those of its peer [7692/7.2.1-7] [7692/7.2.1-10] [7692/7.2.2-1] [7692/7.2.2-2] [7692/7.2.2-3] [7692/7.2.2-4]',
    (role, own, peers) => {
      const hello = Buffer.from('Hello');
      const deflateTwice = (end: PerMessageDeflate) => {
        end.deflate(hello);
        return (end.deflate(hello) as Uint8Array).length;
      };
      expect(deflateTwice(create(role, peers))).toBe(5);
      expect(deflateTwice(create(role, own))).toBe(7);
      const inflateTwice = (end: PerMessageDeflate) => {
        end.inflate(Buffer.from('f248cdc9c90700', 'hex'));
        return end.inflate(Buffer.from('f200110000', 'hex'));
      };
      expect(inflateTwice(create(role, own))).toEqual(hello);
      expect(inflateTwice(create(role, peers))).toBeInstanceOf(InflateFault);
    },
  );

  test('each end has its own window and that of its peer [7692/7.2.1-12] [7692/7.2.1-14]', () => {
    const fill = (end: PerMessageDeflate) => {
      for (let i = 0; i < 50; i++) end.deflate(Buffer.alloc(1000, i));
      return end.contextSize;
    };
    expect(fill(create('server', { serverMaxWindowBits: 10, clientMaxWindowBits: 12 }))).toBe(1024);
    expect(fill(create('client', { serverMaxWindowBits: 10, clientMaxWindowBits: 12 }))).toBe(4096);
  });

  describe.each<[role: 'client' | 'server', own: Partial<DeflateParameters>, peers: Partial<DeflateParameters>]>([
    ['client', { clientNoContextTakeover: true }, { serverNoContextTakeover: true }],
    ['server', { serverNoContextTakeover: true }, { clientNoContextTakeover: true }],
  ])('the threshold of a %s', (role, own, peers) => {
    test('is 1,024 bytes by default without context takeover for its own messages', () => {
      expect(create(role, own).compresses(1023)).toBe(false);
      expect(create(role, own).compresses(1024)).toBe(true);
    });

    test('is 0 by default with context takeover for its own messages, whatever its peer does', () => {
      expect(create(role).compresses(0)).toBe(true);
      expect(create(role, peers).compresses(0)).toBe(true);
    });

    test.each([own, peers])('is the option if it is set (%j)', agreed => {
      const withThreshold = (threshold: number) => create(role, agreed, resolvePerMessageDeflate({ threshold }, role));
      expect(withThreshold(0).compresses(0)).toBe(true);
      expect(withThreshold(5).compresses(4)).toBe(false);
      expect(withThreshold(5).compresses(5)).toBe(true);
    });
  });

  test('a client limited to 8 bits, which zlib does not support, sends uncompressed messages, and inflates', () => {
    const client = create('client', { clientMaxWindowBits: 8 });
    expect(client.compresses(MEBIBYTE)).toBe(false);
    expect(client.inflate(Buffer.from('f248cdc9c90700', 'hex'))).toEqual(Buffer.from('Hello'));
    expect(client.contextSize).toBeLessThan(100);
    client.close();
    expect(client.contextSize).toBe(0);
  });

  test('maxMessageSize limits received messages after inflating', async () => {
    const payload = (await create('client').deflate(Buffer.alloc(MEBIBYTE + 1)))!;
    expect(await create('server').inflate(payload)).toMatchObject({ kind: 'too-big' });
  });

  describe('memory between messages', () => {
    const talk = async (client: PerMessageDeflate, server: PerMessageDeflate) => {
      for (let i = 0; i < 60; i++) {
        const message = Buffer.alloc(3000, `message ${i} `);
        await server.inflate((await client.deflate(message))!);
        await client.inflate((await server.deflate(message))!);
      }
    };

    test('is none by default on both ends of a connection of a server', async () => {
      const { client, server } = negotiate({}, {})!;
      await talk(client, server);
      expect(server.contextSize).toBe(0);
      expect(client.contextSize).toBe(0);
    });

    test.each<[name: string, options: PerMessageDeflateOptions, size: number]>([
      ['both ways', { serverNoContextTakeover: false, clientNoContextTakeover: false }, 65_536],
      ['from the server', { serverNoContextTakeover: false }, 32_768],
      ['from the client', { clientNoContextTakeover: false }, 32_768],
      [
        'both ways, with windows of 12 bits',
        {
          serverNoContextTakeover: false,
          clientNoContextTakeover: false,
          serverMaxWindowBits: 12,
          clientMaxWindowBits: 12,
        },
        8192,
      ],
    ])('with context takeover %s is at most 80 KiB', async (_, options, size) => {
      const { client, server } = negotiate({}, options)!;
      await talk(client, server);
      expect(server.contextSize).toBe(size);
      expect(client.contextSize).toBe(size);
      server.close();
      client.close();
      expect(server.contextSize + client.contextSize).toBe(0);
    });
  });

  test('close() while both directions are on the thread pool resolves both to undefined', async () => {
    const { client, server } = negotiate({}, {})!;
    const large = Buffer.alloc(MEBIBYTE, 'ws101');
    const payload = (await client.deflate(large))!;
    const outcomes = [server.inflate(payload), server.deflate(large)];
    server.close();
    expect(await Promise.all(outcomes)).toEqual([undefined, undefined]);
  });
});
