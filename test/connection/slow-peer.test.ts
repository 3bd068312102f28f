import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { setImmediate } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { BackpressureError } from '../../src/errors.js';
import { collectMessages, connectionAndPeer, connectionOver } from '../helpers/connections.js';
import { FRAMES } from '../helpers/frames.js';
import { IS_MUTATION_RUN } from '../helpers/mutation-run.js';
import { SlowDuplex } from '../helpers/slow-duplex.js';
import { tcpPair } from '../helpers/sockets.js';

vi.mock('../../src/timers.js', () => import('../helpers/global-timers.js'));

afterEach(() => void vi.useRealTimers());

/** Lets fake time pass, and real turns of the event loop. */
function fakeTime(): void {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'performance'] });
}

/** Lets `socket` take one write every `pace` ms, for as long as it has any or until `time` is over. */
async function takeSlowly(socket: SlowDuplex, pace: number, time: number): Promise<void> {
  for (let passed = 0; passed < time && !socket.destroyed; passed += pace) {
    vi.advanceTimersByTime(pace);
    socket.takeWrite();
    await setImmediate();
  }
}

describe.each(['client', 'server'] as const)('keepalive of a %s', role => {
  const OPTIONS = { pingInterval: 1_000, pingTimeout: 1_000 };

  test('does not end a silent peer that reads a long message slowly', async () => {
    fakeTime();
    const socket = new SlowDuplex();
    const connection = connectionOver(socket, role, OPTIONS);
    connection.send(new Uint8Array(8 * 1024 * 1024));
    await takeSlowly(socket, 500, 20_000);
    expect(connection.state).toBe('open');
    expect(connection.bufferedAmount).toBeLessThan(1_000);
    connection.terminate();
    await connection.closed;
  });

  test('does not end a peer that reads a long stream slowly', async () => {
    fakeTime();
    const socket = new SlowDuplex();
    const connection = connectionOver(socket, role, OPTIONS);
    const sent = connection.sendStream(
      (function* () {
        for (let i = 0; i < 100; i++) yield Buffer.alloc(65_536);
      })(),
    );
    await takeSlowly(socket, 500, 60_000);
    expect(connection.state).toBe('open');
    expect(await sent).toBe(true);
    connection.terminate();
    await connection.closed;
  });

  test('ends a peer that reads nothing', async () => {
    fakeTime();
    const connection = connectionOver(new SlowDuplex(), role, OPTIONS);
    connection.send(new Uint8Array(1_000_000));
    await setImmediate();
    vi.advanceTimersByTime(6_000);
    await setImmediate();
    expect(await connection.closed).toMatchObject({ cause: { code: 'WS101_KEEPALIVE_TIMEOUT' } });
  });

  test('ends a vanished peer even if the kernel accepts everything that is sent to it', async () => {
    fakeTime();
    const connection = connectionOver(new SlowDuplex(100_000_000), role, OPTIONS);
    for (let passed = 0; passed < 2_000; passed += 25) {
      connection.send('news');
      await setImmediate();
      vi.advanceTimersByTime(25);
    }
    await setImmediate();
    expect(await connection.closed).toMatchObject({ cause: { code: 'WS101_KEEPALIVE_TIMEOUT' } });
  });
});

describe('close() with much data in transit', () => {
  const SOURCES: ReadonlyArray<[string, (connection: ReturnType<typeof connectionOver>) => unknown]> = [
    ['a message', connection => connection.send(new Uint8Array(8 * 1024 * 1024))],
    ['a Blob', connection => connection.send(new Blob([new Uint8Array(8 * 1024 * 1024)]))],
    ['a stream', connection => connection.sendStream(new Array(128).fill(Buffer.alloc(65_536)))],
  ];

  test.each(SOURCES)('%s: waits for a peer that reads slowly, and then for its answer', async (_what, send) => {
    fakeTime();
    const socket = new SlowDuplex();
    const connection = connectionOver(socket, 'server', { closeTimeout: 10_000 });
    send(connection);
    const closed = connection.close(1000, 'done');
    for (let i = 0; i < 3; i++) await setImmediate();
    while (connection.bufferedAmount > 0) await takeSlowly(socket, 600, 600);
    expect(connection.state).toBe('closing');
    socket.push(FRAMES.client.close(1000));
    for (let i = 0; i < 3; i++) await setImmediate();
    socket.push(null);
    expect(await closed).toMatchObject({ code: 1000, wasClean: true, sent: { code: 1000, reason: 'done' } });
    expect(Buffer.concat(socket.written).length).toBeGreaterThan(8 * 1024 * 1024);
  });

  test('does not blame the peer for a message whose source is slow', async () => {
    fakeTime();
    const { connection, peer } = connectionAndPeer('server', { closeTimeout: 1_000 });
    let finish!: () => void;
    const sent = connection.sendStream(
      (async function* () {
        yield 'first';
        await new Promise<void>(resolve => {
          finish = resolve;
        });
        yield 'last';
      })(),
    );
    await peer.saw(1);
    const closed = connection.close(1000);
    for (let i = 0; i < 9; i++) {
      vi.advanceTimersByTime(1_000);
      await setImmediate();
    }
    finish();
    expect((await peer.saw(4)).at(-1)).toBe('close 1000');
    peer.send(peer.frames.close(1000));
    expect(await sent).toBe(true);
    expect((await closed).wasClean).toBe(true);
  });

  test('ends a peer that reads nothing, and does not report the Close frame as sent', async () => {
    fakeTime();
    const socket = new SlowDuplex();
    const connection = connectionOver(socket, 'server', { closeTimeout: 5_000 });
    connection.send(new Uint8Array(1_000_000));
    const closed = connection.close(1000);
    await setImmediate();
    vi.advanceTimersByTime(5_001);
    expect(await closed).toMatchObject({
      code: 1006,
      wasClean: false,
      sent: undefined,
      cause: { code: 'WS101_CLOSE_TIMEOUT' },
    });
  });
});

describe('a client after both Close frames', () => {
  test('waits 2 s for the server to end TCP, and the close is clean', async () => {
    fakeTime();
    const { connection, peer, socket } = connectionAndPeer('client');
    const closed = connection.close(1000);
    await peer.saw(1);
    peer.send(peer.frames.close(1000));
    for (let i = 0; i < 3; i++) await setImmediate();
    vi.advanceTimersByTime(1_999);
    expect(socket.destroyed).toBe(false);
    vi.advanceTimersByTime(1);
    expect(socket.destroyed).toBe(true);
    expect(await closed).toMatchObject({ code: 1000, wasClean: true, cause: undefined });
  });
});

describe('maxBufferedAmount', () => {
  test.each([
    ['20 MiB and a small message', [20 * 1024 * 1024, 4]],
    ['200 messages of 100 KB', new Array<number>(200).fill(100_000)],
  ])('a burst in one turn arrives completely at a peer that reads: %s', async (_what, sizes) => {
    const [near, far] = await tcpPair();
    const server = connectionOver(near, 'server');
    const client = connectionOver(far, 'client', { maxMessageSize: 64 * 1024 * 1024 });
    const messages = collectMessages(client);
    for (const size of sizes) server.send(Buffer.alloc(size, 1));
    await setImmediate();
    server.send('in the next turn');
    while (messages.length <= sizes.length) await once(client, 'message');
    expect(messages.map(message => message.length)).toEqual([...sizes, 16]);
    expect(server.state).toBe('open');
    client.terminate();
    server.terminate();
  });

  const WAYS: ReadonlyArray<[string, (connection: ReturnType<typeof connectionOver>) => unknown]> = [
    ['send()', connection => connection.send('x'.repeat(1_000))],
    ['send() of a Blob', connection => connection.send(new Blob(['x'.repeat(1_000)]))],
    ['sendStream()', connection => connection.sendStream(['x'.repeat(1_000)])],
    ['ping()', connection => connection.ping('x'.repeat(125))],
  ];

  test.each(WAYS)('limits the bytes that %s queues for a peer that reads nothing', async (_way, queue) => {
    const connection = connectionOver(new SlowDuplex(), 'server', { maxBufferedAmount: 100_000 });
    let count = 0;
    while (connection.state === 'open') {
      for (let i = 0; i < 50; i++) queue(connection);
      count += 50;
      await setImmediate();
      expect(count).toBeLessThan(2_000);
    }
    expect((await connection.closed).cause).toBeInstanceOf(BackpressureError);
  });
});

describe.skipIf(IS_MUTATION_RUN)('an empty queue after a long wait', () => {
  test('20,000 Blobs in one turn do not block the event loop', async () => {
    const { connection, peer } = connectionAndPeer('server', {}, { isAsync: true });
    for (let i = 0; i < 20_000; i++) connection.send(new Blob([`${i}`]));
    let longest = 0;
    let at = performance.now();
    while (connection.bufferedAmount > 0 && peer.seen.length < 20_000) {
      await setImmediate();
      longest = Math.max(longest, performance.now() - at);
      at = performance.now();
    }
    await peer.saw(20_000);
    expect(peer.seen.at(-1)).toBe('binary 5');
    expect(longest).toBeLessThan(500);
    connection.terminate();
    await connection.closed;
  });

  test('60,000 messages after a stream leave in order, and do not block the event loop', async () => {
    const { connection, peer } = connectionAndPeer('server', { maxBufferedAmount: 64 * 1024 * 1024 });
    let finish!: () => void;
    const finished = new Promise<void>(resolve => {
      finish = resolve;
    });
    void connection.sendStream(
      (async function* () {
        yield 'first';
        await finished;
      })(),
    );
    for (let i = 0; i < 60_000; i++) connection.send(`${i}`);
    await setImmediate();
    finish();
    let longest = 0;
    let at = performance.now();
    while (peer.seen.length < 60_002) {
      await setImmediate();
      longest = Math.max(longest, performance.now() - at);
      at = performance.now();
    }
    expect(peer.seen.slice(2)).toEqual(Array.from({ length: 60_000 }, (_, i) => `text "${i}"`));
    expect(longest).toBeLessThan(1_000);
    connection.terminate();
    await connection.closed;
  });
});

describe.skipIf(IS_MUTATION_RUN)('the output of a connection whose peer does not read', () => {
  test.each(['messages', 'pings', 'prepared'])(
    'holds little more than its own bytes: %s',
    { timeout: 60_000 },
    async what => {
      const program = fileURLToPath(new URL('blocked-memory.ts', import.meta.url));
      const flags = ['--expose-gc', '--conditions=ws101-source', '--import', 'tsx'];
      const { stdout } = await promisify(execFile)(process.execPath, [...flags, program, what]);
      // If they lay in slabs that other connections fill, each would hold 64 KiB.
      // A Ping holds 1 KiB until its Pong comes, which the cap counts.
      expect(JSON.parse(stdout).held).toBeLessThan(what === 'pings' ? 6_000_000 : 1_000_000);
    },
  );
});
