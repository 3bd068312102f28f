import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { constants, deflateRawSync } from 'node:zlib';
import { describe, expect, test, vi } from 'vitest';
import { CONNECTION_DEFAULTS, type ConnectionOptions } from '../../src/connection/options.js';
import { prepareMessage } from '../../src/connection/prepared-message.js';
import { encodeFrame, FrameDecoder, type FrameHeader, OPCODE, RSV1 } from '../../src/framing/index.js';
import {
  type DeflateParameters,
  PerMessageDeflate,
  type PerMessageDeflateOptions,
  resolvePerMessageDeflate,
} from '../../src/permessage-deflate/index.js';
import type { Role } from '../../src/protocol/options.js';
import { collectMessages, connectionOver } from '../helpers/connections.js';
import { duplexPair } from '../helpers/duplex-pair.js';
import { FramePeer } from '../helpers/frame-peer.js';

const TAKEOVER: DeflateParameters = {
  serverNoContextTakeover: false,
  clientNoContextTakeover: false,
  serverMaxWindowBits: 15,
  clientMaxWindowBits: 15,
};
const NO_TAKEOVER = { ...TAKEOVER, serverNoContextTakeover: true, clientNoContextTakeover: true };

function deflateFor(role: Role, agreed: DeflateParameters, options: PerMessageDeflateOptions, maxMessageSize: number) {
  return new PerMessageDeflate(role, agreed, resolvePerMessageDeflate(options, role)!, maxMessageSize);
}

function deflatingPair(agreed: DeflateParameters, options: PerMessageDeflateOptions = {}) {
  const { maxMessageSize } = CONNECTION_DEFAULTS;
  const [a, b] = duplexPair();
  const client = connectionOver(a, 'client', { deflate: deflateFor('client', agreed, options, maxMessageSize) });
  const server = connectionOver(b, 'server', { deflate: deflateFor('server', agreed, options, maxMessageSize) });
  return { client, server };
}

/** A server's connection that agreed on compression, and a peer that sends what the test says. */
function deflatingServer(options: ConnectionOptions = {}) {
  const [socket, other] = duplexPair();
  const maxMessageSize = options.maxMessageSize ?? CONNECTION_DEFAULTS.maxMessageSize;
  const deflate = deflateFor('server', NO_TAKEOVER, {}, maxMessageSize);
  const connection = connectionOver(socket, 'server', { ...options, deflate });
  return { connection, deflate, peer: new FramePeer(other, 'client') };
}

function deflated(data: string | Uint8Array): Uint8Array {
  return deflateRawSync(data, { finishFlush: constants.Z_SYNC_FLUSH }).subarray(0, -4);
}

const compressed = (opcode: number, payload: Uint8Array): Uint8Array =>
  encodeFrame('client', opcode, payload, true, RSV1);
/** Digests of messages, because a matcher compares long ones slowly. */
const digests = (messages: ReadonlyArray<string | Buffer>): string[] =>
  messages.map(data => `${typeof data} ${createHash('sha1').update(data).digest('hex')}`);

/** 315 bytes of JSON, of which a few change from one message to the next. */
function similarMessage(n: number): string {
  const quote = {
    type: 'quote',
    id: 100_000 + n,
    symbol: 'WSCK',
    bid: `101.${10 + (n % 90)}`,
    ask: `101.${11 + (n % 89)}`,
  };
  return JSON.stringify({ ...quote, pad: 'venue, currency, time in force, conditions'.padEnd(230, '.') }).padEnd(315);
}

/** Large enough, and dense enough, to be inflated on the thread pool. */
const LARGE = randomBytes(200_000);

describe.each([
  ['context takeover', TAKEOVER],
  ['no context takeover', NO_TAKEOVER],
])('messages over compressed connections, %s (RFC 7692 §7.2)', (_, agreed) => {
  test('arrive unchanged and in order: small and large text, binary, Blobs and streams [6.2-6] [9.2-1]', async () => {
    const { client, server } = deflatingPair(agreed, { threshold: 0 });
    server.on('message', data => server.send(data));
    const sent = ['', 'x', 'é'.repeat(40_000), LARGE, 'hello '.repeat(500), Buffer.alloc(0), 'hello '.repeat(500)];
    for (const data of sent) client.send(data);
    client.send(new Blob(['from a ', 'blob']));
    void client.sendStream(['in ', 'parts']);
    client.send('last');
    const messages: Array<string | Buffer> = [];
    for await (const message of client) {
      messages.push(message);
      if (message === 'last') break;
    }
    expect(digests(messages)).toEqual(digests([...sent, Buffer.from('from a blob'), 'in parts', 'last']));
    expect(await client.close(1000)).toMatchObject({ wasClean: true, code: 1000 });
  });
});

describe('compressed connections', () => {
  test('send messages below the threshold uncompressed [7692/6.1-2]', async () => {
    const { connection, peer } = deflatingServer();
    connection.send('x'.repeat(1_023));
    // The helper that reads frames knows no extension, so it would throw for RSV1.
    expect(await peer.saw(1)).toEqual([`text ${JSON.stringify('x'.repeat(1_023))}`]);
  });

  /** What a client and a server each write for the same 200 small messages, in bytes. */
  async function sizesOf200(agreed: DeflateParameters, options: PerMessageDeflateOptions, isPrepared: boolean) {
    const [a, b] = duplexPair();
    const ends = [
      {
        connection: connectionOver(a, 'client', { deflate: deflateFor('client', agreed, options, 10_000) }),
        socket: a,
      },
      {
        connection: connectionOver(b, 'server', { deflate: deflateFor('server', agreed, options, 10_000) }),
        socket: b,
      },
    ] as const;
    const sizes: number[] = [];
    for (const [i, { connection, socket }] of ends.entries()) {
      const write = vi.spyOn(socket, 'write');
      const messages = collectMessages(ends[1 - i]!.connection);
      const expected = Array.from({ length: 200 }, (_, n) => similarMessage(n));
      for (const text of expected) connection.send(isPrepared ? prepareMessage(text) : text);
      await expect.poll(() => messages).toEqual(expected);
      sizes.push(write.mock.calls.reduce((sum, [piece]) => sum + (piece as Uint8Array).length, 0));
    }
    a.destroy();
    return sizes;
  }

  test.each([false, true])(
    'compress small messages by default if the context is taken over (prepared: %j)',
    async isPrepared => {
      for (const size of await sizesOf200(TAKEOVER, {}, isPrepared)) expect(size).toBeLessThan(5_000);
    },
  );

  test.each([false, true])(
    'send small messages uncompressed without context takeover (prepared: %j)',
    async isPrepared => {
      for (const size of await sizesOf200(NO_TAKEOVER, {}, isPrepared)) expect(size).toBeGreaterThan(60_000);
    },
  );

  test('use an explicit threshold with and without context takeover', async () => {
    for (const size of await sizesOf200(TAKEOVER, { threshold: 1_024 }, false)) expect(size).toBeGreaterThan(60_000);
    for (const size of await sizesOf200(NO_TAKEOVER, { threshold: 0 }, false)) expect(size).toBeLessThan(50_000);
  });

  test('send payloads as they were when send() was called', async () => {
    const { client, server } = deflatingPair(TAKEOVER, { threshold: 0 });
    const data = Buffer.from(LARGE);
    client.send(data);
    data.fill(0);
    const [received] = await once(server, 'message');
    expect(Buffer.compare(received, LARGE)).toBe(0);
  });

  test('close after messages that are still being compressed', async () => {
    const { client, server } = deflatingPair(TAKEOVER, { threshold: 0 });
    const messages = collectMessages(server);
    client.send(LARGE);
    client.send('and this');
    expect(await client.close(1000)).toMatchObject({ wasClean: true });
    expect(digests(messages)).toEqual(digests([LARGE, 'and this']));
  });

  test('lose no message that was being compressed when the Close frame of the peer arrived (RFC 6455 §5.5.1)', async () => {
    const { client, server } = deflatingPair(NO_TAKEOVER, { threshold: 0 });
    const messages = collectMessages(client);
    server.on('message', () => {
      server.send(LARGE);
      server.send('and this');
    });
    client.send('x');
    expect(await client.close(4000)).toMatchObject({ wasClean: true, code: 4000 });
    expect(await server.closed).toMatchObject({ wasClean: true, sent: { code: 4000 }, initiator: 'remote' });
    expect(digests(messages)).toEqual(digests([LARGE, 'and this']));
  });

  test('answer such a Close frame even after the FIN of the peer', async () => {
    const [socket, other] = duplexPair();
    const deflate = deflateFor('server', NO_TAKEOVER, { threshold: 0 }, 1_000_000);
    const connection = connectionOver(socket, 'server', { deflate });
    const received: Buffer[] = [];
    other.on('data', chunk => received.push(chunk));
    connection.send(LARGE);
    other.end(Buffer.concat([encodeFrame('client', OPCODE.CLOSE, Uint8Array.of(0x03, 0xe8))]));
    expect(await connection.closed).toMatchObject({ wasClean: true, code: 1000 });
    expect(Buffer.concat(received).subarray(-4)).toEqual(Buffer.of(0x88, 0x02, 0x03, 0xe8));
    expect(Buffer.concat(received).length).toBeGreaterThan(LARGE.length);
  });

  test('deliver a message that is being inflated before they answer the Close frame after it', async () => {
    const { connection, peer } = deflatingServer();
    const messages = collectMessages(connection);
    peer.send(compressed(OPCODE.BINARY, deflated(LARGE)), peer.frames.ping('p'), peer.frames.close(1000));
    expect(await peer.saw(2)).toEqual(['pong "p"', 'close 1000']);
    expect(digests(messages)).toEqual(digests([LARGE]));
    expect(await connection.closed).toMatchObject({ wasClean: true });
  });

  test('deliver such a message before they handle the FIN after it', async () => {
    const { connection, peer } = deflatingServer();
    const messages = collectMessages(connection);
    peer.send(compressed(OPCODE.BINARY, deflated(LARGE)));
    peer.socket.end();
    expect(await connection.closed).toMatchObject({ wasClean: false, code: 1006 });
    expect(digests(messages)).toEqual(digests([LARGE]));
  });

  test('read no more than necessary while a message is being inflated', async () => {
    const { connection, peer } = deflatingServer();
    const messages = collectMessages(connection);
    const more = Buffer.alloc(300_000, 1);
    peer.send(compressed(OPCODE.BINARY, deflated(LARGE)));
    for (let i = 0; i < 5; i++) peer.send(peer.frames.binary(more));
    await new Promise<void>(resolve => {
      connection.on('message', () => {
        if (messages.length === 6) resolve();
      });
    });
    expect(digests(messages)).toEqual(digests([LARGE, more, more, more, more, more]));
  });

  test('close when they are terminated while a message is being inflated', async () => {
    const { connection, peer } = deflatingServer();
    const messages = collectMessages(connection);
    peer.send(compressed(OPCODE.BINARY, deflated(LARGE)));
    await new Promise(resolve => setImmediate(resolve));
    connection.terminate();
    expect(await connection.closed).toMatchObject({ cause: { code: 'WS101_TERMINATED' } });
    await new Promise(resolve => setTimeout(resolve, 20));
    expect(messages).toEqual([]);
  });

  test('free their contexts when they close', async () => {
    const { connection, deflate, peer } = deflatingServer();
    peer.send(compressed(OPCODE.TEXT, deflated('x'.repeat(5_000))), peer.frames.close(1000));
    await connection.closed;
    expect(deflate.contextSize).toBe(0);
  });
});

describe('an invalid compressed message fails the connection [8.1-1] [10.4-1]', () => {
  const zeros = deflated(Buffer.alloc(64 * 1024 * 1024));
  test.each<[string, Uint8Array, number, string]>([
    ['data that is not DEFLATE', Uint8Array.of(0xff, 0xff, 0xff), 1007, 'INVALID_COMPRESSED_DATA'],
    ['text that is not UTF-8 after inflating (§8.1)', deflated(Uint8Array.of(0x61, 0xff)), 1007, 'INVALID_UTF8'],
    ['a small bomb', deflated(Buffer.alloc(2_000_000)), 1009, 'MESSAGE_TOO_BIG'],
    ['a bomb of 64 MiB in 65 KB', zeros, 1009, 'MESSAGE_TOO_BIG'],
  ])('%s', async (_, payload, code, violation) => {
    const { connection, peer } = deflatingServer({ maxMessageSize: 1_000_000 });
    const messages = collectMessages(connection);
    peer.send(compressed(OPCODE.TEXT, payload), peer.frames.text('behind it'));
    const { cause, sent } = await connection.closed;
    expect(cause).toMatchObject({ violation: { code: violation }, closeCode: code });
    expect(sent?.code).toBe(code);
    expect(messages).toEqual([]);
  });
});

describe('compress: false (RFC 7692 §6)', () => {
  test.each([TAKEOVER, NO_TAKEOVER])('sends this message, and this one only, without RSV1: %j', async agreed => {
    const { client, server } = deflatingPair(agreed);
    const received = collectMessages(client);
    const rsv: number[] = [];
    const [socket, other] = duplexPair();
    const text = 'compressible '.repeat(200);
    const sink = {
      frameStart: (header: FrameHeader) => void rsv.push(header.rsv),
      framePayload: () => undefined,
      frameEnd: () => undefined,
    };
    const decoder = new FrameDecoder(sink, { from: 'server', assignedRsv: RSV1 });
    other.on('data', (chunk: Buffer) => decoder.push(chunk));
    const connection = connectionOver(socket, 'server', { deflate: deflateFor('server', agreed, {}, 1_000_000) });
    for (const sender of [server, connection]) {
      sender.send(text);
      sender.send(text, { compress: false });
      sender.send(prepareMessage(text, { compress: false }));
      sender.send(prepareMessage(text), { compress: false });
      sender.send(text);
    }
    await vi.waitUntil(() => rsv.length === 5);
    expect(rsv).toEqual([RSV1, 0, 0, 0, RSV1]);
    await vi.waitUntil(() => received.length === 5);
    expect(new Set(received)).toEqual(new Set([text]));
    for (const one of [client, server, connection]) one.terminate();
  });
});

test('messages({ stream: true }) returns a small compressed message as a stream of one part', async () => {
  const { client, server } = deflatingPair(TAKEOVER);
  const text = 'compressible '.repeat(10_000);
  client.send(text);
  client.send('second');
  void client.close();
  const received: Array<[string, unknown[]]> = [];
  for await (const message of server.messages({ stream: true })) {
    const parts: unknown[] = [];
    received.push([message.type, parts]);
    for await (const part of message) parts.push(part);
  }
  expect(received).toEqual([
    ['text', [text]],
    ['text', ['second']],
  ]);
});

test("text: 'buffer' delivers a compressed text as bytes", async () => {
  const { connection, peer } = deflatingServer({ text: 'buffer' });
  const received: unknown[] = [];
  connection.on('message', (data, isBinary) => received.push(data, isBinary));
  peer.send(compressed(OPCODE.TEXT, deflated('größe')));
  await vi.waitUntil(() => received.length === 2);
  expect(received).toEqual([Buffer.from('größe'), false]);
  connection.terminate();
});
