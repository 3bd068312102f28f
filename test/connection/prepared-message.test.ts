import { randomBytes } from 'node:crypto';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { CONNECTION_DEFAULTS } from '../../src/connection/options.js';
import { type PreparedMessage, prepareMessage, toMessage, toPrepared } from '../../src/connection/prepared-message.js';
import {
  type DeflateParameters,
  PerMessageDeflate,
  resolvePerMessageDeflate,
} from '../../src/permessage-deflate/index.js';
import type { Role } from '../../src/protocol/options.js';
import { collectMessages, connectedPair, connectionAndPeer, connectionOver } from '../helpers/connections.js';
import { duplexPair } from '../helpers/duplex-pair.js';

afterEach(() => void vi.restoreAllMocks());

const TEXT = 'ein Satz, der sich wiederholt; '.repeat(50);

function deflatingPair(noContextTakeover: boolean, level = 1) {
  const agreed: DeflateParameters = {
    serverNoContextTakeover: noContextTakeover,
    clientNoContextTakeover: noContextTakeover,
    serverMaxWindowBits: 15,
    clientMaxWindowBits: 15,
  };
  const deflate = (role: Role) =>
    new PerMessageDeflate(role, agreed, resolvePerMessageDeflate({ level }, role)!, CONNECTION_DEFAULTS.maxMessageSize);
  const [a, b] = duplexPair();
  const client = connectionOver(a, 'client', { deflate: deflate('client') });
  const server = connectionOver(b, 'server', { deflate: deflate('server') });
  return { client, server, messages: collectMessages(client) };
}

describe('a prepared message', () => {
  test.each([
    ['text', 'grüß Gott'],
    ['an empty text', ''],
    ['a Buffer', Buffer.from('bytes')],
    ['a view of 16-bit words', Uint16Array.of(0x0101, 0x0202)],
    ['an ArrayBuffer', new ArrayBuffer(3)],
    ['a message too large to copy', Buffer.alloc(20_000, 7)],
  ])('arrives unchanged: %s', async (_, data) => {
    const message = prepareMessage(data);
    const { client, server } = connectedPair();
    const [received, returned] = [collectMessages(client), collectMessages(server)];
    server.send('before');
    for (const end of [server, server, client]) end.send(message);
    server.send('behind');
    const expected =
      typeof data === 'string' ? data : Buffer.from((data instanceof Uint16Array ? data.buffer : data) as ArrayBuffer);
    await expect.poll(() => received.length).toBe(4);
    await expect.poll(() => returned.length).toBe(1);
    expect(received).toEqual(['before', expected, expected, 'behind']);
    expect(returned).toEqual([expected]);
    client.terminate();
  });

  test('does not change when the memory of its payload changes', async () => {
    const bytes = Buffer.from('one');
    const message = prepareMessage(bytes);
    expect(message.payload).not.toBe(bytes);
    bytes.write('two');
    const { client, server } = connectedPair();
    const messages = collectMessages(client);
    server.send(message);
    await expect.poll(() => messages).toEqual([Buffer.from('one')]);
    client.terminate();
  });

  test('is the same memory for all connections: none of them has a copy', async () => {
    const message = prepareMessage('for all');
    const all = Array.from({ length: 3 }, () => connectionAndPeer());
    const writes = all.map(({ socket }) => vi.spyOn(socket, 'write'));
    for (const { connection } of all) connection.send(message);
    await Promise.all(all.map(({ peer }) => peer.saw(1)));
    for (const write of writes) expect(write.mock.calls[0]?.[0]).toBe(message.frame);
    for (const { connection } of all) connection.terminate();
  });

  test('is sent after an earlier Blob', async () => {
    const { client, server } = connectedPair();
    const messages = collectMessages(client);
    server.send(new Blob(['first']));
    server.send(prepareMessage('second'));
    expect(server.bufferedAmount).toBeGreaterThanOrEqual(11);
    await expect.poll(() => messages).toEqual([Buffer.from('first'), 'second']);
    client.terminate();
  });

  test('cannot be made of a Blob or a number, and cannot be a Ping', async () => {
    expect(() => prepareMessage(new Blob([]) as never)).toThrow(/'?data'?.* a string, a Buffer/);
    expect(() => prepareMessage(5 as never)).toThrow(TypeError);
    const { client } = connectedPair();
    await expect(client.ping(prepareMessage('x') as never)).rejects.toThrow(TypeError);
    client.terminate();
  });
});

describe('a prepared message of another copy of this package', () => {
  const BRAND = Symbol.for('ws101.PreparedMessage');

  test('is recognised by its brand, which ours have too', () => {
    expect(Reflect.get(prepareMessage('x'), BRAND)).toBe(true);
  });

  test('is prepared again from its payload, with the same type', () => {
    for (const payload of ['text', Buffer.from('bytes')]) {
      const foreign = { [BRAND]: true, payload } as never;
      const isText = typeof payload === 'string';
      for (const prepared of [toMessage(foreign), toPrepared(foreign)] as PreparedMessage[]) {
        expect(Buffer.from(prepared.payload)).toEqual(Buffer.from(payload));
        expect([prepared.isText, prepared.mayCompress]).toEqual([isText, true]);
      }
    }
    const text = { [BRAND]: true, payload: Buffer.from('text'), isText: true, mayCompress: false } as never;
    for (const prepared of [toMessage(text), toPrepared(text)] as PreparedMessage[]) {
      expect([prepared.isText, prepared.mayCompress]).toEqual([true, false]);
    }
  });

  test.each([{ payload: 'x' }, null, undefined, 5, () => {}])('is not taken for one without the brand: %o', value => {
    for (const take of [toMessage, toPrepared]) {
      expect(() => take(value as never)).toThrow(
        expect.objectContaining({ name: 'TypeError', code: 'WS101_INVALID_ARGUMENT' }),
      );
    }
  });

  test('is not created from one of our own, which is used unchanged', () => {
    const message = prepareMessage('x');
    expect(toMessage(message)).toBe(message);
    expect(toPrepared(message)).toBe(message);
    expect(toPrepared('x')).toMatchObject({ payload: 'x' });
  });
});

describe('a prepared message and permessage-deflate (RFC 7692)', () => {
  test('is compressed once for all connections without context takeover', async () => {
    const pairs = Array.from({ length: 3 }, () => deflatingPair(true));
    const message = prepareMessage(TEXT);
    const compress = vi.spyOn(message, 'compressedFrame');
    for (const { server } of pairs) server.send(message);
    for (const { messages } of pairs) await expect.poll(() => messages).toEqual([TEXT]);
    const frames = new Set(compress.mock.results.map(({ value }) => value as Uint8Array));
    expect([compress.mock.calls.length, frames.size]).toEqual([3, 1]);
    expect([...frames][0]!.length).toBeLessThan(TEXT.length / 5);
    for (const { client } of pairs) client.terminate();
  });

  test('is compressed once for each set of parameters', () => {
    const message = prepareMessage(TEXT);
    const options = { windowBits: 15, noContextTakeover: true, level: 1, memLevel: 8 };
    const frame = message.compressedFrame(options);
    expect(message.compressedFrame({ ...options })).toBe(frame);
    for (const other of [{ windowBits: 10 }, { level: 9 }, { memLevel: 1 }]) {
      expect(message.compressedFrame({ ...options, ...other })).not.toBe(frame);
    }
  });

  test('is compressed anew with context takeover, and by a client', async () => {
    const { client, server, messages } = deflatingPair(false);
    const message = prepareMessage(TEXT);
    const returned = collectMessages(server);
    server.send('before');
    for (const end of [server, server, client]) end.send(message);
    await expect.poll(() => messages).toEqual(['before', TEXT, TEXT]);
    await expect.poll(() => returned).toEqual([TEXT]);
    client.terminate();
  });

  test('may be large, and is then deflated on the thread pool: in order, and once', async () => {
    const [one, two] = [deflatingPair(true), deflatingPair(true)];
    const large = Buffer.concat([randomBytes(100_000), Buffer.alloc(100_000)]);
    const message = prepareMessage(large);
    for (const { server } of [one, two]) {
      server.send(message);
      server.send('behind');
    }
    for (const { messages, client } of [one, two]) {
      await expect.poll(() => messages.length).toBe(2);
      expect(Buffer.compare(messages[0] as Buffer, large)).toBe(0);
      expect(messages[1]).toBe('behind');
      client.terminate();
    }
  });

  test('is sent uncompressed below the threshold', async () => {
    const { client, server, messages } = deflatingPair(true);
    server.send(prepareMessage('short'));
    await expect.poll(() => messages).toEqual(['short']);
    client.terminate();
  });
});
