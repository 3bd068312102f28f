import { once } from 'node:events';
import { setImmediate } from 'node:timers/promises';
import { describe, expect, test, vi } from 'vitest';
import { prepareMessage } from '../../src/connection/prepared-message.js';
import { BackpressureError } from '../../src/errors.js';
import { connectionAndPeer, connectionOver } from '../helpers/connections.js';
import { duplexPair } from '../helpers/duplex-pair.js';
import { FramePeer } from '../helpers/frame-peer.js';
import { SlowDuplex } from '../helpers/slow-duplex.js';

/** A connection whose peer does not read, so that everything beyond 100 bytes waits. */
function congested(setup: { highWaterMark?: number; maxBufferedAmount?: number } = {}) {
  const all = connectionAndPeer('server', { highWaterMark: 1_000, ...setup }, { highWaterMark: 100 });
  all.peer.socket.pause();
  return all;
}

async function fill({ connection }: ReturnType<typeof congested>): Promise<void> {
  while (connection.send(Buffer.alloc(300))) await setImmediate();
}

describe('backpressure', () => {
  test('send() returns false above highWaterMark, and drain follows once', async () => {
    const all = congested();
    const { connection, peer } = all;
    const drains = vi.fn();
    connection.on('drain', drains);
    await fill(all);
    expect(connection.bufferedAmount).toBeGreaterThan(1_000);
    expect(connection.send('one more')).toBe(false);
    await setImmediate();
    expect(drains).not.toHaveBeenCalled();
    const drained = once(connection, 'drain');
    peer.socket.resume();
    await drained;
    expect(connection.bufferedAmount).toBeLessThanOrEqual(1_000);
    for (let i = 0; i < 10; i++) await setImmediate();
    expect(drains).toHaveBeenCalledOnce();
    expect(connection.bufferedAmount).toBe(0);
    expect(connection.send('go on')).toBe(true);
    connection.terminate();
  });

  test('send() returns true up to highWaterMark, and false from the next byte on', () => {
    const connection = connectionOver(new SlowDuplex(), 'server', { highWaterMark: 10 });
    expect(connection.send('8 bytes.')).toBe(true);
    expect(connection.bufferedAmount).toBe(10);
    expect(connection.send('')).toBe(false);
    connection.terminate();
  });

  test('tries to write first: bytes that leave at once are no reason to wait', () => {
    const { connection } = connectionAndPeer('server', { highWaterMark: 1_000 });
    expect(connection.send(Buffer.alloc(5_000))).toBe(true);
    expect(connection.bufferedAmount).toBe(0);
    connection.terminate();
  });

  test('counts bytes that wait for a stream, and drains when they have left', async () => {
    const { connection } = connectionAndPeer('server', { highWaterMark: 100 });
    let finish = () => {};
    const sent = connection.sendStream(
      (async function* () {
        yield 'x';
        await new Promise<void>(resolve => {
          finish = resolve;
        });
      })(),
    );
    expect(connection.send('y'.repeat(200))).toBe(false);
    await setImmediate();
    const drained = once(connection, 'drain');
    finish();
    expect(await sent).toBe(true);
    await drained;
    connection.terminate();
  });

  test('drains when the socket is empty, even if the rest waits for a stream that waits itself', async () => {
    const { connection, peer } = connectionAndPeer('server', { highWaterMark: 10_000 }, { highWaterMark: 100_000 });
    peer.socket.pause();
    // The last message finds the pipe full, and this end of it far from full.
    while (connection.bufferedAmount === 0) {
      connection.send(Buffer.alloc(5_000));
      await setImmediate();
    }
    void connection.sendStream(
      (async function* () {
        yield await new Promise<string>(() => {});
      })(),
    );
    expect(connection.send(Buffer.alloc(8_000))).toBe(false);
    const drained = once(connection, 'drain');
    peer.socket.resume();
    await drained;
    expect(connection.bufferedAmount).toBe(8_000);
    connection.terminate();
  });

  test('drained() resolves to true at once if nothing waits, and otherwise with drain', async () => {
    const all = congested();
    const { connection, peer } = all;
    expect(await connection.drained()).toBe(true);
    await fill(all);
    const order: string[] = [];
    connection.on('drain', () => order.push('drain'));
    const both = Promise.all([
      connection.drained().then(isOpen => order.push(`first ${isOpen}`)),
      connection.drained().then(isOpen => order.push(`second ${isOpen}`)),
    ]);
    peer.socket.resume();
    await both;
    expect(order.sort()).toEqual(['drain', 'first true', 'second true']);
    connection.terminate();
  });

  test('drained() resolves to false if the connection closes first', async () => {
    const all = congested();
    await fill(all);
    const waiting = all.connection.drained();
    all.connection.terminate();
    expect(await waiting).toBe(false);
    expect(await all.connection.drained()).toBe(false);
  });

  test('drained() rejects when aborted, before or during the wait, and other waits continue', async () => {
    const all = congested();
    const { connection, peer } = all;
    await expect(connection.drained({ signal: AbortSignal.abort(new Error('before')) })).rejects.toThrow('before');
    await fill(all);
    const controller = new AbortController();
    const remove = vi.spyOn(controller.signal, 'removeEventListener');
    const aborted = connection.drained({ signal: controller.signal });
    const other = connection.drained({ signal: new AbortController().signal });
    controller.abort(new Error('meanwhile'));
    await expect(aborted).rejects.toThrow('meanwhile');
    peer.socket.resume();
    expect(await other).toBe(true);
    const late = new AbortController();
    const quiet = vi.spyOn(late.signal, 'removeEventListener');
    all.peer.socket.pause();
    await fill(all);
    const answered = connection.drained({ signal: late.signal });
    all.peer.socket.resume();
    expect(await answered).toBe(true);
    expect(quiet).toHaveBeenCalledOnce();
    expect(remove).not.toHaveBeenCalled();
    connection.terminate();
  });

  test('ends a connection with a BackpressureError if more than maxBufferedAmount waits', async () => {
    const all = congested({ maxBufferedAmount: 5_000 });
    const { connection } = all;
    let sent = 0;
    while (connection.state === 'open') {
      connection.send(Buffer.alloc(2_000));
      sent++;
      await setImmediate();
    }
    // The bytes of the turn that crossed the cap are exempt. One more message may cross it; the next one ends the
    // connection.
    expect(sent).toBe(5);
    const { cause, ...info } = await connection.closed;
    expect(info).toMatchObject({ code: 1006, wasClean: false, initiator: 'local' });
    expect(cause).toBeInstanceOf(BackpressureError);
    expect(cause).toMatchObject({ code: 'WS101_BACKPRESSURE', fault: 'peer', bufferedAmount: expect.any(Number) });
    expect(cause?.message).toMatch(/the peer took \S+( bytes)? in the \d+ ms since it fell behind/);
    expect(connection.send('x')).toBeUndefined();
  });

  test('counts the memory that many pieces take in addition to their bytes', async () => {
    const { connection } = congested({ maxBufferedAmount: 10_000_000 });
    await setImmediate();
    const message = prepareMessage(Buffer.alloc(17_000));
    let before = 0;
    while (connection.state === 'open') {
      before = connection.bufferedAmount;
      connection.send(message);
      await setImmediate();
    }
    expect(before).toBeLessThan(10_000_000);
    expect((await connection.closed).cause).toMatchObject({
      bufferedAmount: expect.toSatisfy(size => size > 10_000_000),
    });
  });

  test('holds no unsent bytes of a closed connection', async () => {
    const { connection } = congested();
    connection.send(Buffer.alloc(1_000_000));
    await setImmediate();
    expect(connection.bufferedAmount).toBeGreaterThan(900_000);
    connection.terminate();
    await connection.closed;
    // What remains is the write that this Duplex never completes, and that the Duplex itself counts.
    expect(connection.bufferedAmount).toBe(262_144);
  });

  test('does not end a connection for a single message above the cap', async () => {
    const all = congested({ maxBufferedAmount: 1_000 });
    expect(all.connection.send(Buffer.alloc(100_000))).toBe(false);
    await setImmediate();
    expect(all.connection.state).toBe('open');
    all.connection.terminate();
  });

  test('also counts empty messages that wait for a stream', async () => {
    const { connection } = connectionAndPeer('server', { maxBufferedAmount: 10_000 });
    const stream = connection.sendStream(
      (async function* () {
        yield 'x';
        await new Promise(() => {});
      })(),
    );
    let sent = 0;
    let result: boolean | undefined = true;
    while (connection.state === 'open' && sent < 1_000) {
      result = connection.send('');
      sent++;
      await setImmediate();
    }
    expect(sent).toBeLessThan(100);
    // The message that ended the connection was not sent.
    expect(result).toBeUndefined();
    expect((await connection.closed).cause).toBeInstanceOf(BackpressureError);
    expect(await stream).toBe(false);
  });
});

describe('a full socket', () => {
  test('after the opening handshake gets our first bytes when it drains', async () => {
    const [socket, other] = duplexPair({ highWaterMark: 10, isAsync: true });
    socket.write('a long response head of the opening handshake');
    expect(socket.writableNeedDrain).toBe(true);
    const connection = connectionOver(socket, 'server');
    connection.send('first words');
    await once(other, 'readable');
    other.read();
    const peer = new FramePeer(other, 'client');
    expect(await peer.saw(1)).toEqual(['text "first words"']);
    connection.terminate();
  });

  test('gets a limited amount, and the rest stays in bufferedAmount', async () => {
    const all = congested();
    const { connection, socket } = all;
    await fill(all);
    const inSocket = socket.writableLength;
    connection.send('more');
    await setImmediate();
    expect(socket.writableLength).toBe(inSocket);
    expect(connection.bufferedAmount).toBeGreaterThan(inSocket);
    connection.terminate();
  });

  test('holds a bounded number of Pongs for a flood of Pings, and answers the latest', async () => {
    const { connection, peer, socket } = connectionAndPeer('server', {}, { highWaterMark: 1_000 });
    peer.socket.pause();
    for (let i = 0; i < 200; i++) {
      peer.send(...Array.from({ length: 50 }, (_, j) => peer.frames.ping(`${i}-${j}`.padStart(100, '.'))));
      await setImmediate();
    }
    expect(connection.bufferedAmount).toBeLessThan(40_000);
    expect(socket.writableLength).toBeLessThan(40_000);
    peer.socket.resume();
    await peer.until(() => peer.seen.at(-1)?.includes('199-49') === true);
    expect(peer.seen.length).toBeLessThan(500);
    connection.terminate();
  });
});

describe('memory', () => {
  test('passed to another Duplex is not reused before its reader is done with it', async () => {
    const [socket, other] = duplexPair();
    const connection = connectionOver(socket, 'server');
    const chunks: Buffer[] = [];
    other.on('data', chunk => chunks.push(chunk));
    for (let i = 0; i < 200; i++) {
      connection.send(`message ${String(i).padStart(3, '0')}`);
      await setImmediate();
    }
    const texts = chunks.map(chunk => chunk.subarray(2).toString());
    expect(texts).toEqual(Array.from({ length: 200 }, (_, i) => `message ${String(i).padStart(3, '0')}`));
    connection.terminate();
  });

  test('of a chunk from another Duplex is not changed', async () => {
    const { connection, peer } = connectionAndPeer();
    const frame = Buffer.from(peer.frames.binary(Buffer.alloc(100, 1)));
    const before = Buffer.from(frame);
    const message = once(connection, 'message');
    peer.socket.write(frame);
    expect((await message)[0].equals(Buffer.alloc(100, 1))).toBe(true);
    expect(frame.equals(before)).toBe(true);
    connection.terminate();
  });
});
