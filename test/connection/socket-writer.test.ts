import { once } from 'node:events';
import { setImmediate } from 'node:timers/promises';
import { describe, expect, test, vi } from 'vitest';
import { SocketWriter, type WriterOwner } from '../../src/connection/socket-writer.js';
import { Protocol } from '../../src/protocol/protocol.js';
import { connectionOver } from '../helpers/connections.js';
import { duplexPair } from '../helpers/duplex-pair.js';
import { FramePeer } from '../helpers/frame-peer.js';
import { SlowDuplex } from '../helpers/slow-duplex.js';
import { tcpPair, tlsPair } from '../helpers/sockets.js';

vi.mock('../../src/timers.js', () => import('../helpers/global-timers.js'));

const HANDLER = { message() {}, ping() {}, pong() {}, closeReceived() {}, failed() {} };

function writerTo(socket: SlowDuplex) {
  const protocol = new Protocol('server', HANDLER);
  const events: unknown[] = [];
  const owner: WriterOwner = {
    written: () => events.push('written'),
    writeFailed: error => events.push(error),
  };
  return { protocol, events, writer: new SocketWriter(socket, protocol, owner, true, undefined) };
}

describe('a transport that accepts everything at once', () => {
  test('gets all output in one write, without events', async () => {
    const socket = new SlowDuplex(1_000);
    const { protocol, writer, events } = writerTo(socket);
    protocol.send('hello');
    protocol.send('you');
    writer.flush();
    await setImmediate();
    expect(socket.writes).toEqual([12]);
    expect(writer).toMatchObject({ taken: 12, inTransit: 0, isBlocked: false, busyUntil: 0 });
    expect(events).toEqual([]);
  });

  test('gets a large message in slices of at most 256 KiB', () => {
    const socket = new SlowDuplex(10_000_000);
    const { protocol, writer } = writerTo(socket);
    protocol.send(new Uint8Array(1_000_000));
    writer.flush();
    expect(Math.max(...socket.writes)).toBeLessThanOrEqual(262_144);
    expect(writer.taken).toBe(1_000_010);
  });
});

describe('writes', () => {
  test('have no callback while the transport accepts everything, and their memory is reused', () => {
    const socket = new SlowDuplex(1_000);
    const write = vi.spyOn(socket, 'write');
    const { protocol, writer } = writerTo(socket);
    for (let i = 0; i < 3; i++) {
      protocol.send('hello');
      writer.flush();
    }
    expect(write.mock.calls.map(([, callback]) => callback)).toEqual([undefined, undefined, undefined]);
    const places = write.mock.calls.map(([piece]) => (piece as Uint8Array).byteOffset);
    expect(new Set(places)).toEqual(new Set([0]));
  });

  test('use shared memory only while the connection is not blocked', () => {
    const socket = new SlowDuplex(1_000);
    const write = vi.spyOn(socket, 'write');
    const { protocol, writer } = writerTo(socket);
    const other = new Protocol('server', HANDLER);
    other.send('y');
    protocol.send('x');
    writer.flush();
    expect((write.mock.calls[0]![0] as Uint8Array).buffer).toBe(other.takeOutput()[0]!.buffer);
  });

  test('have one callback, on the last piece, after the transport has blocked', async () => {
    const socket = new SlowDuplex();
    const write = vi.spyOn(socket, 'write');
    const { protocol, writer } = writerTo(socket);
    protocol.send('x');
    writer.flush();
    // The first write had no callback, so the callback of an empty write tells when it has left.
    expect(write.mock.calls.map(([piece, callback]) => [piece.length, typeof callback])).toEqual([
      [3, 'undefined'],
      [0, 'function'],
    ]);
    socket.takeWrite();
    await setImmediate();
    write.mockClear();
    protocol.send('x');
    protocol.sendEncoded(new Uint8Array(20_000));
    writer.flush();
    expect(write.mock.calls.map(([piece, callback]) => [piece.length, typeof callback])).toEqual([
      [3, 'undefined'],
      [20_000, 'function'],
    ]);
  });

  test('get a callback at exactly 64 KiB', () => {
    const { protocol, writer } = writerTo(new SlowDuplex(1_000_000));
    protocol.send(new Uint8Array(65_532));
    writer.flush();
    expect(writer.busyUntil).toBeGreaterThan(0);
  });

  test('that block are not completed by the late callback of an earlier write', async () => {
    const socket = new SlowDuplex();
    const { protocol, writer } = writerTo(socket);
    protocol.send('x');
    writer.flush();
    socket.takeWrite();
    await setImmediate();
    socket.addCapacity(3);
    protocol.send('a');
    writer.flush();
    expect(writer.isBlocked).toBe(false);
    protocol.send('bcd');
    writer.flush();
    expect(writer.isBlocked).toBe(true);
    await setImmediate();
    expect(writer).toMatchObject({ isBlocked: true, taken: 6 });
    socket.takeWrite();
    await setImmediate();
    expect(writer).toMatchObject({ isBlocked: false, taken: 11 });
  });
});

describe('a transport that accepts less', () => {
  test('gets one write at a time, and the next when it completes', async () => {
    const socket = new SlowDuplex();
    const { protocol, writer, events } = writerTo(socket);
    protocol.send(new Uint8Array(600_000));
    writer.flush();
    expect(socket.writes).toEqual([262_144]);
    expect(writer).toMatchObject({ taken: 0, inTransit: 600_010, isBlocked: true });
    protocol.send('behind it');
    writer.flush();
    expect(socket.writes).toHaveLength(1);
    socket.takeWrite();
    await setImmediate();
    expect(socket.writes).toEqual([262_144, 262_144]);
    expect(writer.taken).toBe(262_144);
    expect(events).toEqual(['written']);
    socket.takeAll();
    await setImmediate();
    expect(socket.writes).toEqual([262_144, 262_144, 75_733]);
    expect(writer).toMatchObject({ taken: 600_021, inTransit: 0, isBlocked: false });
    expect(Buffer.concat(socket.written).subarray(-9).toString()).toBe('behind it');
  });

  test('holds no memory that other connections write to', () => {
    const socket = new SlowDuplex();
    const { protocol, writer } = writerTo(socket);
    const other = new Protocol('server', HANDLER);
    protocol.send('x');
    writer.flush();
    protocol.send('y');
    writer.flush();
    other.send('z');
    protocol.send('x');
    const [shared] = other.takeOutput();
    expect(protocol.takeOutput().map(piece => piece.buffer === shared!.buffer)).toEqual([false]);
  });

  test('is not affected by the late callback of a write that was accepted at once', async () => {
    const socket = new SlowDuplex(3);
    const { protocol, writer } = writerTo(socket);
    protocol.send('');
    protocol.send('');
    writer.flush();
    expect(writer.isBlocked).toBe(true);
    socket.takeAll();
    await setImmediate();
    // This write has a callback, because the last one had to wait. It is called in the next tick.
    protocol.send('a');
    writer.flush();
    expect(writer.isBlocked).toBe(false);
    await setImmediate();
    expect(writer).toMatchObject({ taken: 7, isBlocked: false });
  });
});

describe('the pace of a peer', () => {
  test('allows a peer the time to read at 128 KiB/s, for at most 8 MiB', async () => {
    vi.useFakeTimers({ toFake: ['performance'] });
    try {
      const { protocol, writer } = writerTo(new SlowDuplex(100_000_000));
      const left = () => Math.round(writer.busyUntil - performance.now());
      protocol.send(new Uint8Array(65_000));
      writer.flush();
      expect(writer.busyUntil).toBe(0);
      protocol.send(new Uint8Array(66_000));
      writer.flush();
      expect(left()).toBe(Math.round(131_014 / 131.072));
      vi.advanceTimersByTime(60_000);
      protocol.send(new Uint8Array(131_062));
      writer.flush();
      expect(left()).toBe(1_000);
      protocol.send(new Uint8Array(131_062));
      writer.flush();
      expect(left()).toBe(2_000);
      protocol.send(new Uint8Array(20_000_000));
      writer.flush();
      expect(left()).toBe(64_000);
    } finally {
      vi.useRealTimers();
    }
  });

  test('allows a blocked peer twice the time between its signs of life, and at least 3 s', async () => {
    vi.useFakeTimers({ toFake: ['performance'] });
    try {
      const socket = new SlowDuplex();
      const { protocol, writer } = writerTo(socket);
      protocol.send(new Uint8Array(2_000_000));
      writer.flush();
      for (const [gap, expected] of [
        [1_000, 3_000],
        [5_000, 10_000],
        [100, 10_000],
        [40_000, 60_000],
      ] as const) {
        vi.advanceTimersByTime(gap);
        socket.takeWrite();
        await setImmediate();
        expect(writer.busyUntil - performance.now()).toBe(expected);
      }
      expect(writer.pace).toMatch(/^the peer took 1048576 bytes in the 46100 ms since it fell behind$/);
      socket.takeAll();
      await setImmediate();
      expect(writer.pace).toBe('the peer took all that was sent before this turn');
    } finally {
      vi.useRealTimers();
    }
  });

  test('says so if nothing was read', () => {
    const { protocol, writer } = writerTo(new SlowDuplex());
    expect(writer.pace).toBe('the peer took all that was sent before this turn');
    protocol.send('x');
    writer.flush();
    expect(writer.pace).toMatch(/^the peer took nothing in the \d+ ms since it fell behind$/);
  });

  test('says how much was read so far', async () => {
    const socket = new SlowDuplex();
    const { protocol, writer } = writerTo(socket);
    protocol.send(new Uint8Array(600_000));
    writer.flush();
    socket.takeWrite();
    await setImmediate();
    expect(writer.pace).toMatch(/^the peer took 262144 bytes in the \d+ ms since it fell behind$/);
  });
});

describe('a Duplex whose write() throws', () => {
  test('fails only its own connection, not others that are flushed in the same turn', async () => {
    const fault = new Error('no more');
    const broken = connectionOver(
      Object.assign(new SlowDuplex(), {
        write() {
          throw fault;
        },
      }),
      'server',
    );
    const [socket, other] = duplexPair();
    const healthy = connectionOver(socket, 'server');
    const peer = new FramePeer(other, 'client');
    broken.send('lost');
    healthy.send('arrives');
    expect(await peer.saw(1)).toEqual(['text "arrives"']);
    expect(await broken.closed).toMatchObject({ code: 1006, cause: { code: 'WS101_CONNECTION_LOST', cause: fault } });
    healthy.terminate();
  });
});

describe('a Duplex that does not accept empty chunks', () => {
  test('never gets one, even if its writes are slow', async () => {
    const socket = new SlowDuplex();
    const sizes: number[] = [];
    const { write } = socket;
    socket.write = ((...args: Parameters<typeof write>) => {
      sizes.push((args[0] as Uint8Array).length);
      return write.apply(socket, args);
    }) as typeof write;
    const connection = connectionOver(socket, 'server');
    connection.send('hello');
    connection.send('you');
    await setImmediate();
    expect(connection.bufferedAmount).toBe(12);
    socket.takeAll();
    await setImmediate();
    expect(connection.bufferedAmount).toBe(0);
    expect(sizes).toEqual([12]);
    connection.terminate();
  });
});

describe.each([
  ['TCP', tcpPair],
  ['TLS', tlsPair],
])('a large message over %s to a peer that pauses repeatedly', (_transport, makePair) => {
  test('arrives complete, with small ones before and after it', async () => {
    const [near, far] = await makePair();
    const server = connectionOver(near, 'server');
    const client = connectionOver(far, 'client', { maxUnreadMessages: 1 });
    const payload = Buffer.alloc(8_000_000, 'ws101 is a course');
    server.send('before');
    server.send(payload);
    server.send('after');
    const iterator = client[Symbol.asyncIterator]();
    const received: Array<string | Buffer> = [];
    for (let i = 0; i < 3; i++) {
      await setImmediate();
      received.push((await iterator.next()).value!);
    }
    expect(received[0]).toBe('before');
    expect(Buffer.compare(received[1] as Buffer, payload)).toBe(0);
    expect(received[2]).toBe('after');
    expect(server.bufferedAmount).toBe(0);
    expect((await client.close()).wasClean).toBe(true);
    await once(near, 'close');
  });
});
