import { randomBytes } from 'node:crypto';
import { constants, deflateRawSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import type { ConnectionOptions } from '../../src/connection/options.js';
import type { WebSocketConnection } from '../../src/connection/websocket-connection.js';
import { encodeFrame, OPCODE, RSV1 } from '../../src/framing/index.js';
import { PerMessageDeflate, resolvePerMessageDeflate } from '../../src/permessage-deflate/index.js';
import { connectionOver } from '../helpers/connections.js';
import { duplexPair } from '../helpers/duplex-pair.js';
import { FramePeer } from '../helpers/frame-peer.js';
import { turns } from '../helpers/turns.js';

const AGREED = {
  serverNoContextTakeover: false,
  clientNoContextTakeover: false,
  serverMaxWindowBits: 15,
  clientMaxWindowBits: 15,
};
const MEBIBYTE = 2 ** 20;

/** A server's connection that agreed on compression, and a peer that sends what the test says. */
function setUp(options: ConnectionOptions = {}): { connection: WebSocketConnection; peer: FramePeer } {
  const [socket, other] = duplexPair({ isAsync: true });
  const maxMessageSize = options.maxMessageSize ?? Number.MAX_SAFE_INTEGER;
  const deflate = new PerMessageDeflate('server', AGREED, resolvePerMessageDeflate({}, 'server')!, maxMessageSize);
  const connection = connectionOver(socket, 'server', { ...options, maxMessageSize, deflate });
  return { connection, peer: new FramePeer(other, 'client') };
}

function deflate(data: string | Uint8Array, dictionary?: Uint8Array): Buffer {
  const options = dictionary === undefined ? {} : { dictionary };
  return deflateRawSync(data, { finishFlush: constants.Z_SYNC_FLUSH, ...options }).subarray(0, -4);
}

/** Returns a compressed message in frames of `size` bytes. */
function frames(opcode: number, payload: Uint8Array, size = Number.POSITIVE_INFINITY): Uint8Array[] {
  const result: Uint8Array[] = [];
  for (let at = 0; at < payload.length; at += size) {
    const fin = at + size >= payload.length;
    const piece = payload.subarray(at, Math.min(payload.length, at + size));
    result.push(encodeFrame('client', at === 0 ? opcode : OPCODE.CONTINUATION, piece, fin, at === 0 ? RSV1 : 0));
  }
  return result;
}

/** Reads all messages as streams: the type and the joined parts of each. */
async function readAll(connection: WebSocketConnection): Promise<Array<[string, string]>> {
  const messages: Array<[string, string]> = [];
  for await (const message of connection.messages({ stream: true })) {
    const parts: Array<string | Buffer> = [];
    for await (const part of message) parts.push(part);
    messages.push([message.type, parts.map(part => part.toString('latin1' as never)).join('')]);
  }
  return messages;
}

const close = (): Uint8Array => encodeFrame('client', OPCODE.CLOSE, Uint8Array.of(0x03, 0xe8), true);

describe('messages({ stream: true }) of compressed messages', () => {
  test('delivers the parts of a fragmented message as its frames arrive', async () => {
    const { connection, peer } = setUp();
    const [first, second] = [randomBytes(50_000), randomBytes(50_000)];
    const iterator = connection.messages({ stream: true })[Symbol.asyncIterator]();
    const flushed = deflateRawSync(first, { finishFlush: constants.Z_SYNC_FLUSH });
    peer.send(encodeFrame('client', OPCODE.BINARY, flushed, false, RSV1));
    const { value: message } = await iterator.next();
    const parts = message![Symbol.asyncIterator]();
    const received: Uint8Array[] = [];
    const read = async (size: number) => {
      while (Buffer.concat(received).length < size) received.push((await parts.next()).value as Buffer);
    };
    await read(50_000);
    expect(Buffer.concat(received).equals(first)).toBe(true);
    peer.send(encodeFrame('client', OPCODE.CONTINUATION, deflate(second, first.subarray(-32_768)), true));
    await read(100_000);
    expect(Buffer.concat(received).equals(Buffer.concat([first, second]))).toBe(true);
    expect(await parts.next()).toEqual({ done: true, value: undefined });
    connection.terminate();
  });

  test.each([1, 7, 100, 70_000])(
    'keeps the order of messages and of the Close frame, in frames of %d bytes',
    async size => {
      const { connection, peer } = setUp();
      const all = readAll(connection);
      const binary = randomBytes(3_000);
      const text = 'größe €😀 '.repeat(2_000);
      peer.send(
        ...frames(OPCODE.BINARY, deflate(binary), size),
        peer.frames.text('plain'),
        ...frames(OPCODE.TEXT, deflate(text, binary), size),
        peer.frames.ping('hi'),
        close(),
      );
      expect(await all).toEqual([
        ['binary', binary.toString('latin1')],
        ['text', 'plain'],
        ['text', text],
      ]);
      expect(peer.seen).toEqual(['pong "hi"', expect.stringContaining('close 1000')]);
      connection.terminate();
    },
  );

  test.each(['string', 'buffer'] as const)('never cuts a text within a character (text: %j)', async text => {
    const { connection, peer } = setUp({ text });
    const characters = '€😀é'.repeat(60_000);
    peer.send(...frames(OPCODE.TEXT, deflate(characters), 500), close());
    let joined = '';
    let count = 0;
    for await (const message of connection.messages({ stream: true })) {
      for await (const part of message) {
        expect(typeof part === 'string').toBe(text === 'string');
        const string = String(part);
        expect(string).not.toContain('\ufffd');
        joined += string;
        count++;
      }
    }
    expect(joined === characters).toBe(true);
    expect(count).toBeGreaterThan(5);
  });

  test('answers a Ping between two fragments while the application takes no part', async () => {
    const { connection, peer } = setUp();
    const iterator = connection.messages({ stream: true })[Symbol.asyncIterator]();
    const [first, ...rest] = frames(OPCODE.BINARY, deflate(randomBytes(20_000)), 5_000);
    peer.send(first!, peer.frames.ping('between'), ...rest);
    expect(await peer.saw(1)).toEqual(['pong "between"']);
    expect((await iterator.next()).value?.type).toBe('binary');
    connection.terminate();
  });

  test('stops reading and inflating while the application takes no part', async () => {
    const { connection, peer } = setUp();
    const pieces = frames(OPCODE.BINARY, deflate(Buffer.alloc(64 * MEBIBYTE, 'x')), 16_384);
    const iterator = connection.messages({ stream: true })[Symbol.asyncIterator]();
    const before = process.memoryUsage();
    for (const piece of pieces) peer.send(piece);
    const { value: message } = await iterator.next();
    await turns(300);
    const { external } = process.memoryUsage();
    expect(external - before.external).toBeLessThan(8 * MEBIBYTE);
    let size = 0;
    for await (const part of message!) size += part.length;
    expect(size).toBe(64 * MEBIBYTE);
    connection.terminate();
  });

  test('discards the rest of a message that is left early, and keeps the context for the next one', async () => {
    const { connection, peer } = setUp();
    const abandoned = Buffer.concat([Buffer.alloc(4 * MEBIBYTE, 'a'), randomBytes(100_000)]);
    const window = abandoned.subarray(-32_768);
    const next = Buffer.concat([window.subarray(-2_000), randomBytes(1_000)]);
    peer.send(...frames(OPCODE.BINARY, deflate(abandoned), 10_000), ...frames(OPCODE.BINARY, deflate(next, window)));
    const received: Buffer[] = [];
    let count = 0;
    for await (const message of connection.messages({ stream: true })) {
      for await (const part of message) {
        if (count === 0) break;
        received.push(part as Buffer);
      }
      if (++count === 2) break;
    }
    expect(Buffer.concat(received).equals(next)).toBe(true);
    connection.terminate();
  });

  test('leaves later messages to a listener when the loop is left within a message', async () => {
    const { connection, peer } = setUp();
    const first = randomBytes(300_000);
    peer.send(...frames(OPCODE.BINARY, deflate(first), 10_000));
    for await (const _ of connection.messages({ stream: true })) break;
    const second = new Promise(resolve => connection.on('message', resolve));
    peer.send(...frames(OPCODE.TEXT, deflate('after')));
    expect(await second).toBe('after');
    connection.terminate();
  });

  test.each<[string, number, Uint8Array, number]>([
    ['corrupt data', OPCODE.BINARY, Buffer.alloc(2_000, 0xff), 1007],
    ['data that ends within a block', OPCODE.BINARY, deflate(randomBytes(9_000)).subarray(0, 5_000), 1007],
    ['text that is not UTF-8', OPCODE.TEXT, deflate(Buffer.concat([randomBytes(2_000), Buffer.from([0xff])])), 1007],
    [
      'text whose last character is cut off',
      OPCODE.TEXT,
      deflate(Buffer.from(`${'x'.repeat(1_000_000)}é`).subarray(0, -1)),
      1007,
    ],
    ['more than maxMessageSize', OPCODE.BINARY, deflate(Buffer.alloc(8 * MEBIBYTE)), 1009],
  ])('fails %s with the right code', async (_, opcode, payload, code) => {
    const { connection, peer } = setUp({ maxMessageSize: 4 * MEBIBYTE });
    const loop = readAll(connection);
    loop.catch(() => {});
    peer.send(...frames(opcode, payload, 500), peer.frames.text('never delivered'));
    expect(await peer.saw(1)).toEqual([expect.stringContaining(`close ${code}`)]);
    peer.socket.end();
    await expect(loop).rejects.toMatchObject({ closeCode: code });
  });

  test('delivers parts that were held back when the peer has ended its side', async () => {
    const { connection, peer } = setUp();
    peer.send(...frames(OPCODE.BINARY, deflate(Buffer.alloc(MEBIBYTE)), 100), close());
    peer.socket.end();
    await turns(50);
    let size = 0;
    for await (const message of connection.messages({ stream: true })) {
      for await (const part of message) size += part.length;
    }
    expect(size).toBe(MEBIBYTE);
  });

  test('delivers the parts before a Close frame that cuts the message off', async () => {
    const { connection, peer } = setUp();
    const data = randomBytes(50_000);
    const flushed = deflateRawSync(data, { finishFlush: constants.Z_SYNC_FLUSH });
    peer.send(encodeFrame('client', OPCODE.BINARY, flushed, false, RSV1), close());
    const received: Buffer[] = [];
    const loop = (async () => {
      for await (const message of connection.messages({ stream: true })) {
        for await (const part of message) received.push(part as Buffer);
      }
    })();
    loop.catch(() => {});
    await peer.saw(1);
    peer.socket.end();
    await expect(loop).rejects.toThrow('in the middle of a message');
    expect(Buffer.concat(received).equals(data)).toBe(true);
  });

  test('throws the cause in the loop over the parts if the connection is lost', async () => {
    const { connection, peer } = setUp();
    const [first] = frames(OPCODE.BINARY, deflate(randomBytes(20_000)), 5_000);
    peer.send(first!);
    const loop = (async () => {
      for await (const message of connection.messages({ stream: true })) {
        for await (const _ of message) peer.socket.destroy();
      }
    })();
    await expect(loop).rejects.toThrow();
    await expect(loop).rejects.toBe((await connection.closed).cause);
  });
});
