import { setImmediate } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { collectMessages, connectedPair, connectionAndPeer } from '../helpers/connections.js';
import { turns } from '../helpers/turns.js';

const FLOATS = new Float32Array([0.5, 1, 2, 4]);

describe.each(['client', 'server'] as const)('send() of a %s', role => {
  test.each<[string, unknown, string | Buffer]>([
    ['a string', 'grüezi ☃', 'grüezi ☃'],
    ['an empty string', '', ''],
    ['a Buffer', Buffer.from([0, 1]), Buffer.from([0, 1])],
    ['an empty Uint8Array', new Uint8Array(0), Buffer.alloc(0)],
    ['a part of a Float32Array', FLOATS.subarray(1, 3), Buffer.from(FLOATS.buffer, 4, 8)],
    ['a DataView with an offset', new DataView(FLOATS.buffer, 3, 6), Buffer.from(FLOATS.buffer, 3, 6)],
    ['an ArrayBuffer', FLOATS.buffer, Buffer.from(FLOATS.buffer)],
    ['a SharedArrayBuffer', new SharedArrayBuffer(20_000), Buffer.alloc(20_000)],
    ['a Blob', new Blob(['ab', new Uint8Array([0])]), Buffer.from('ab\0')],
    ['100 KB of text', 'x'.repeat(100_000), 'x'.repeat(100_000)],
    ['1 MiB of bytes', Buffer.alloc(1024 * 1024, 7), Buffer.alloc(1024 * 1024, 7)],
  ])('accepts %s', async (_, data, arrives) => {
    const { client, server } = connectedPair();
    const [sender, receiver] = role === 'client' ? [client, server] : [server, client];
    const arrived = receiver[Symbol.asyncIterator]().next();
    sender.send(data as never);
    const { value } = await arrived;
    expect(typeof value).toBe(typeof arrives);
    if (typeof value === 'string') expect(value).toBe(arrives);
    else expect(Buffer.isBuffer(value) && value.equals(arrives as Buffer)).toBe(true);
    client.terminate();
  });

  test.each<[string, unknown]>([
    ['a number', 200],
    ['undefined', undefined],
    ['null', null],
    ['an array', [1, 2]],
    ['an object', { data: 'x' }],
    ['a promise', Promise.resolve('x')],
  ])('throws for %s, and sends nothing', async (_, data) => {
    const { connection, peer } = connectionAndPeer(role);
    expect(() => connection.send(data as never)).toThrow(TypeError);
    expect(connection.bufferedAmount).toBe(0);
    await turns();
    expect(peer.received).toBe(0);
    expect(connection.state).toBe('open');
    connection.terminate();
  });
});

describe('arguments that disclosed memory in other libraries', () => {
  test('close(1000, new Float32Array(20)) throws a TypeError, and the connection stays open (ws CVE-2026-45736)', async () => {
    const { connection, peer } = connectionAndPeer();
    await expect(connection.close(1000, new Float32Array(20) as never)).rejects.toThrow(TypeError);
    await expect(connection.close(9999)).rejects.toThrow(RangeError);
    await expect(connection.close(undefined, 'why')).rejects.toThrow(TypeError);
    await turns();
    expect([peer.received, connection.state]).toEqual([0, 'open']);
    connection.terminate();
  });

  test('ping(number) throws a TypeError, and sends nothing (ws CVE-2016-10518)', async () => {
    const { connection, peer } = connectionAndPeer();
    for (const data of [125, null, {}, [1], new Blob(['x'])]) {
      await expect(connection.ping(data as never)).rejects.toThrow(TypeError);
      expect(() => connection.pong(data as never)).toThrow(TypeError);
    }
    await expect(connection.ping('x'.repeat(126))).rejects.toThrow('at most 125 bytes in a Ping');
    await expect(connection.ping('é'.repeat(63))).rejects.toThrow(RangeError);
    expect(() => connection.pong('x'.repeat(126))).toThrow('at most 125 bytes in a Pong');
    await turns();
    expect([peer.received, connection.state]).toEqual([0, 'open']);
    connection.terminate();
  });
});

describe('one turn of the event loop', () => {
  test('sends everything in one write [2.1-1] [6.1-9]', async () => {
    const { connection, socket, peer } = connectionAndPeer();
    const writes: number[] = [];
    const write = socket.write;
    socket.write = function (this: typeof socket, ...args: unknown[]) {
      writes.push((args[0] as Uint8Array).length);
      return (write as (...args: unknown[]) => boolean).apply(this, args);
    } as never;
    for (let i = 0; i < 10; i++) connection.send(`message ${i}`);
    expect(peer.received).toBe(0);
    await peer.saw(10);
    expect(writes).toHaveLength(1);
    connection.terminate();
  });

  test('keeps the order of small and large messages, for several connections that share memory', async () => {
    const pairs = [connectedPair(), connectedPair(), connectedPair({}, { isAsync: true })];
    const received = pairs.map(({ client }) => collectMessages(client));
    for (let i = 0; i < 50; i++) {
      pairs.forEach(({ server }, at) => {
        server.send(`${at}-${i} `.repeat(1 + ((i * 37) % 300)));
        if (i % 10 === 0) server.send(Buffer.alloc(20_000, at * 50 + i));
      });
      if (i % 7 === 0) await setImmediate();
    }
    await Promise.all(pairs.map(({ server }) => server.close()));
    received.forEach((messages, at) => {
      const texts = messages.filter(message => typeof message === 'string');
      expect(texts).toEqual(Array.from({ length: 50 }, (_, i) => `${at}-${i} `.repeat(1 + ((i * 37) % 300))));
      const binaries = messages.filter(message => typeof message !== 'string');
      expect(binaries.map(bytes => bytes.equals(Buffer.alloc(20_000, bytes[0])) && bytes[0])).toEqual(
        [0, 10, 20, 30, 40].map(i => at * 50 + i),
      );
    });
  });
});

describe('send() of a connection that is not open', () => {
  test('returns undefined while closing, when terminated and when closed [6.1-2]', async () => {
    const { connection, peer } = connectionAndPeer();
    const closed = connection.close();
    expect(connection.state).toBe('closing');
    expect(connection.send('x')).toBeUndefined();
    expect(connection.send(new Blob(['x']))).toBeUndefined();
    expect(connection.send('x', { compress: false })).toBeUndefined();
    connection.terminate();
    await closed;
    expect(connection.state).toBe('closed');
    expect(connection.send('x')).toBeUndefined();
    expect(await connection.sendStream(['x'])).toBe(false);
    expect(await connection.drained()).toBe(false);
    expect(await connection.ping()).toBeUndefined();
    expect(peer.seen).toEqual([]);
  });

  test('returns undefined right after terminate()', async () => {
    const { connection } = connectionAndPeer();
    connection.terminate();
    expect(connection.state).toBe('closing');
    expect(connection.send('x')).toBeUndefined();
    expect((await connection.closed).cause).toMatchObject({ code: 'WS101_TERMINATED' });
  });
});
