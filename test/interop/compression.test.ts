import { once } from 'node:events';
import { describe, expect, onTestFinished, test } from 'vitest';
import { WebSocket as Peer, type PerMessageDeflateOptions as PeerOptions } from 'ws';
import { connect, type PerMessageDeflateOptions } from '../../src/index.js';
import { Capture } from './helpers/capture.js';
import { startEchoServer } from './helpers/echo-server.js';
import { askPython, startPython } from './helpers/python.js';
import { startWireProxy, type WireRecord } from './helpers/wire-proxy.js';
import { startPeerServer } from './helpers/ws-server.js';

type Parameters = Pick<
  PerMessageDeflateOptions,
  'serverNoContextTakeover' | 'clientNoContextTakeover' | 'serverMaxWindowBits' | 'clientMaxWindowBits'
>;

/** Options of an end that compresses everything, and accepts any parameters. */
const WILLING = { serverNoContextTakeover: false, clientNoContextTakeover: false, threshold: 0 };

const TAKEOVER: Parameters = {};
const NO_TAKEOVER: Parameters = { serverNoContextTakeover: true, clientNoContextTakeover: true };
const SMALL_WINDOWS: Parameters = { serverMaxWindowBits: 9, clientMaxWindowBits: 10 };
const NO_TAKEOVER_ONE_WAY: Parameters = { serverNoContextTakeover: true, clientMaxWindowBits: 12 };

/** The parameters that a client asks for. */
const ASKED = [
  ['context takeover', TAKEOVER],
  ['no context takeover', NO_TAKEOVER],
  ['windows of 512 and 1,024 bytes', SMALL_WINDOWS],
  ['no context takeover in one direction, and a smaller window in the other', NO_TAKEOVER_ONE_WAY],
] as const;

/** The parameters that a server asks for, from a client that only says that it knows them. */
const IMPOSED: Parameters = { serverNoContextTakeover: true, serverMaxWindowBits: 11, clientMaxWindowBits: 10 };

const RECORDS = JSON.stringify(
  Array.from({ length: 40 }, (_, id) => ({ id, name: `name ${(id * 2_654_435_761) % 1_000_000_007}` })),
);
const NOISE = Buffer.from(Array.from({ length: 20_000 }, (_, i) => (Math.sin(i) * 1e6) & 0xff));

/** The same text twice, so that context takeover shows; an empty text; bytes that do not compress; a large text. */
const MESSAGES = [RECORDS, RECORDS, '', NOISE, RECORDS.repeat(600)];

/** Returns the parameters with their names in Python: those of RFC 7692. */
function inPython(parameters: Parameters): string {
  const names = Object.entries(parameters).map(([name, value]) => [
    name.replace(/[A-Z]/g, letter => `_${letter.toLowerCase()}`),
    value,
  ]);
  return JSON.stringify(Object.fromEntries(names));
}

/** Returns the parameters of a response, sorted. */
function namesOf(agreed: string | undefined): string[] {
  return (agreed ?? '').split(/ *; */).sort();
}

function expectedNames(parameters: Parameters): string[] {
  return [
    'permessage-deflate',
    ...(parameters.serverNoContextTakeover ? ['server_no_context_takeover'] : []),
    ...(parameters.clientNoContextTakeover ? ['client_no_context_takeover'] : []),
    ...(parameters.serverMaxWindowBits ? [`server_max_window_bits=${parameters.serverMaxWindowBits}`] : []),
    ...(parameters.clientMaxWindowBits ? [`client_max_window_bits=${parameters.clientMaxWindowBits}`] : []),
  ].sort();
}

/** Checks the bytes on the wire after MESSAGES were exchanged. */
function expectCompression(record: WireRecord, parameters: Parameters): void {
  expect(namesOf(record.agreed)).toEqual(expectedNames(parameters));
  const { serverNoContextTakeover, clientNoContextTakeover, serverMaxWindowBits, clientMaxWindowBits } = parameters;
  for (const { messages, isAlone = false, windowBits = 15 } of [
    { messages: record.fromClient, isAlone: clientNoContextTakeover, windowBits: clientMaxWindowBits },
    { messages: record.fromServer, isAlone: serverNoContextTakeover, windowBits: serverMaxWindowBits },
  ]) {
    expect(messages).toHaveLength(MESSAGES.length);
    expect(messages.every(({ isCompressed }) => isCompressed)).toBe(true);
    const [first, second, , , much] = messages.map(({ size }) => size) as [number, number, number, number, number];
    expect(first).toBeLessThan(RECORDS.length / 2);
    // The second message can refer to the first only if both fit into the window.
    if (isAlone) expect(second).toBe(first);
    else if (2 ** windowBits > RECORDS.length) expect(second).toBeLessThan(first / 4);
    expect(much).toBeLessThan((RECORDS.length * 600) / 2);
  }
}

async function openPeer(port: number, perMessageDeflate: PeerOptions | boolean): Promise<Peer> {
  const peer = new Peer(`ws://127.0.0.1:${port}/`, { perMessageDeflate });
  onTestFinished(() => peer.terminate());
  await once(peer, 'open');
  return peer;
}

/** Sends MESSAGES one after another from a client of `ws`, and expects each back. */
async function exchangeByPeer(peer: Peer): Promise<void> {
  for (const message of MESSAGES) {
    peer.send(message);
    const [echo, isBinary] = await once(peer, 'message');
    expect(isBinary).toBe(typeof message !== 'string');
    expect(Buffer.from(message).equals(echo)).toBe(true);
  }
  peer.close(1000);
  expect((await once(peer, 'close'))[0]).toBe(1000);
}

/** The same from our client. */
async function exchange(port: number, parameters: Parameters): Promise<void> {
  const perMessageDeflate = { threshold: 0, ...parameters };
  const connection = await connect(`ws://127.0.0.1:${port}/`, { perMessageDeflate });
  const messages = connection[Symbol.asyncIterator]();
  for (const message of MESSAGES) {
    connection.send(message);
    const { value: echo } = await messages.next();
    // toEqual() takes seconds for long messages.
    expect(typeof echo).toBe(typeof message === 'string' ? 'string' : 'object');
    expect(Buffer.from(message).equals(Buffer.from(echo ?? ''))).toBe(true);
  }
  expect(await connection.close(1000)).toMatchObject({ code: 1000, wasClean: true });
}

describe('our server with compression', () => {
  const start = async (perMessageDeflate: true | PerMessageDeflateOptions) => {
    const { port, closed } = await startEchoServer({ perMessageDeflate });
    return { proxy: await startWireProxy(port), closed };
  };

  describe('and the client of `ws`', () => {
    test.each(ASKED)('that asks for %s', async (_, parameters) => {
      const { proxy, closed } = await start(WILLING);
      await exchangeByPeer(await openPeer(proxy.port, { threshold: 0, ...parameters }));
      expectCompression(proxy.record(), parameters);
      expect(await closed).toMatchObject({ code: 1000, wasClean: true });
    });

    test('that accepts the parameters of the server', async () => {
      const { proxy } = await start({ ...WILLING, ...IMPOSED });
      const peer = await openPeer(proxy.port, { threshold: 0 });
      await exchangeByPeer(peer);
      expectCompression(proxy.record(), IMPOSED);
    });

    test('with the defaults of both', async () => {
      const { proxy } = await start(true);
      const peer = await openPeer(proxy.port, true);
      expect(peer.extensions).toBe('permessage-deflate');
      await exchangeByPeer(peer);
      const { offered, agreed, fromClient, fromServer } = proxy.record();
      expect(offered).toBe('permessage-deflate; client_max_window_bits');
      expect(namesOf(agreed)).toEqual(expectedNames(NO_TAKEOVER));
      // Neither compresses messages below 1,024 bytes.
      const isCompressed = [true, true, false, true, true];
      expect(fromClient.map(message => message.isCompressed)).toEqual(isCompressed);
      expect(fromServer.map(message => message.isCompressed)).toEqual(isCompressed);
    });

    test('that compresses in fragments, with Pings between them', async () => {
      const { port, pings } = await startEchoServer({ perMessageDeflate: WILLING });
      const proxy = await startWireProxy(port);
      const peer = await openPeer(proxy.port, { threshold: 0 });
      for (let i = 0; i < 2; i++) {
        const echo = once(peer, 'message');
        for (const [at, fin] of [
          [0, false],
          [500, false],
          [1_000, true],
        ] as const) {
          peer.send(RECORDS.slice(at, fin ? undefined : at + 500), { fin });
          if (!fin) peer.ping(`after ${at}`);
        }
        expect(String((await echo)[0])).toBe(RECORDS);
      }
      expect(pings).toEqual(['after 0', 'after 500', 'after 0', 'after 500']);
      expect(proxy.record().fromClient).toMatchObject([
        { isCompressed: true, fragments: 3 },
        { isCompressed: true, fragments: 3 },
      ]);
    });

    test('which gets 1009 for 2 MB of zeros in 2 KB', async () => {
      const { port } = await startEchoServer({ perMessageDeflate: true, maxMessageSize: 1_000_000 });
      const proxy = await startWireProxy(port);
      const peer = await openPeer(proxy.port, true);
      peer.send(Buffer.alloc(2_000_000));
      expect((await once(peer, 'close'))[0]).toBe(1009);
      expect(proxy.record().fromClient[0]!.size).toBeLessThan(3_000);
    });
  });

  describe('and a client of python3-websockets', () => {
    test.each(ASKED)('that asks for %s', async (_, parameters) => {
      const { proxy, closed } = await start(WILLING);
      const url = `ws://127.0.0.1:${proxy.port}/`;
      expect(await askPython('deflate_client.py', url, inPython(parameters))).toEqual({
        extensions: ['permessage-deflate'],
        same: MESSAGES.map(() => true),
      });
      expectCompression(proxy.record(), parameters);
      expect(await closed).toMatchObject({ code: 1000, wasClean: true });
    });

    test('that accepts the parameters of the server', async () => {
      const { proxy } = await start({ ...WILLING, ...IMPOSED });
      const url = `ws://127.0.0.1:${proxy.port}/`;
      expect(await askPython('deflate_client.py', url, '{}')).toMatchObject({ same: MESSAGES.map(() => true) });
      expectCompression(proxy.record(), IMPOSED);
    });

    test('with the defaults of both', async () => {
      const { proxy } = await start(true);
      expect(await askPython('websockets_client.py', `ws://127.0.0.1:${proxy.port}/`, 'mebibyte')).toEqual([
        true,
        true,
      ]);
      const { agreed, fromClient, fromServer } = proxy.record();
      expect(namesOf(agreed)).toEqual(expectedNames(NO_TAKEOVER));
      for (const { isCompressed, size } of [...fromClient, ...fromServer]) {
        expect(isCompressed).toBe(true);
        expect(size).toBeLessThan(20_000);
      }
    });
  });
});

describe('our client with compression', () => {
  describe('and a server of `ws`', () => {
    const start = async (perMessageDeflate: PeerOptions) => {
      const { url } = await startPeerServer({ perMessageDeflate });
      return startWireProxy(Number(new URL(url).port));
    };

    test.each(ASKED)('that is asked for %s', async (_, parameters) => {
      const proxy = await start({ threshold: 0 });
      await exchange(proxy.port, parameters);
      expectCompression(proxy.record(), parameters);
    });

    test('that asks for its own parameters', async () => {
      const proxy = await start({ threshold: 0, ...IMPOSED });
      await exchange(proxy.port, {});
      expectCompression(proxy.record(), IMPOSED);
    });

    test('closes with 1009 at 2 MB of zeros in 2 KB', async () => {
      const { url } = await startPeerServer({ perMessageDeflate: true }, peer => peer.send(Buffer.alloc(2_000_000)));
      const connection = await connect(url, { perMessageDeflate: true, maxMessageSize: 1_000_000 });
      expect(await connection.closed).toMatchObject({
        sent: { code: 1009 },
        cause: { violation: { code: 'MESSAGE_TOO_BIG' } },
      });
    });
  });

  describe('and a server of python3-websockets', () => {
    const start = async (parameters: Parameters) => {
      const server = startPython('deflate_server.py', inPython(parameters));
      const [, port] = await server.line(/^port (\d+)$/);
      return startWireProxy(Number(port));
    };

    test.each(ASKED)('that is asked for %s', async (_, parameters) => {
      const proxy = await start({});
      await exchange(proxy.port, parameters);
      expectCompression(proxy.record(), parameters);
    });

    test('that asks for its own parameters', async () => {
      const proxy = await start(IMPOSED);
      await exchange(proxy.port, {});
      expectCompression(proxy.record(), IMPOSED);
    });
  });
});

describe('tshark', () => {
  test.each([
    ['with', TAKEOVER],
    ['without', NO_TAKEOVER],
  ])('inflates our messages %s context takeover', async (_, parameters) => {
    const { port, url } = await startEchoServer({ perMessageDeflate: WILLING });
    const capture = await Capture.start(port);
    const connection = await connect(url, { perMessageDeflate: { threshold: 0, ...parameters } });
    const messages = connection[Symbol.asyncIterator]();
    for (const message of [RECORDS, RECORDS, 'κόσμε']) {
      connection.send(message);
      expect((await messages.next()).value).toBe(message);
    }
    await connection.close(1000);
    const { frames, texts, complaints } = await capture.dissect(connection.transport.localPort);
    expect(complaints).toEqual([]);
    expect(frames.map(({ rsv }) => rsv)).toEqual([4, 4, 4, 4, 4, 4, 0, 0]);
    // tshark keeps the contexts, and inflates the messages.
    expect(texts).toEqual([RECORDS, RECORDS, RECORDS, RECORDS, 'κόσμε', 'κόσμε']);
  });
});
