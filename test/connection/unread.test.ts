import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { FRAMES } from '../helpers/frames.js';
import { IS_MUTATION_RUN } from '../helpers/mutation-run.js';
import { turns } from '../helpers/turns.js';

vi.mock('../../src/timers.js', () => import('../helpers/global-timers.js'));

const client = FRAMES.client;

let warnings: unknown[][];
/** The helper, in a module graph that has not warned yet. */
let connectionAndPeer: typeof import('../helpers/connections.js').connectionAndPeer;

beforeEach(async () => {
  vi.resetModules();
  ({ connectionAndPeer } = await import('../helpers/connections.js'));
  warnings = [];
  vi.spyOn(process, 'emitWarning').mockImplementation((...args: unknown[]) => void warnings.push(args));
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
});

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

async function pass(milliseconds: number): Promise<void> {
  vi.advanceTimersByTime(milliseconds);
  await turns();
}

/** `small` small messages, and one that alone is more than may be kept. */
function backlog(small: number): Uint8Array {
  return Buffer.concat([
    ...Array.from({ length: small }, () => client.text('x')),
    client.binary(Buffer.alloc(200_000)),
    ...Array.from({ length: 10 }, () => client.text('y')),
  ]);
}

describe('unreadTimeout', () => {
  test('restarts with each message that an iterator takes, even while too much waits', async () => {
    const { connection, peer, socket } = connectionAndPeer('server', { unreadTimeout: 1_000 });
    peer.send(backlog(6));
    await turns();
    const iterator = connection[Symbol.asyncIterator]();
    for (let i = 0; i < 6; i++) {
      expect(await iterator.next()).toMatchObject({ value: 'x' });
      expect(socket.isPaused()).toBe(true);
      await pass(999);
      expect(connection.state).toBe('open');
    }
    await pass(1);
    expect(connection.state).toBe('closed');
  });

  test('restarts with each message that a listener takes before it pauses', async () => {
    const { connection, peer } = connectionAndPeer('server', { unreadTimeout: 1_000 });
    peer.send(backlog(6));
    await turns();
    const taken: unknown[] = [];
    connection.on('message', message => {
      taken.push(message);
      connection.pause();
    });
    await turns();
    for (let i = 1; i <= 5; i++) {
      expect(taken).toHaveLength(i);
      await pass(999);
      connection.resume();
    }
    expect(connection.state).toBe('open');
    await pass(1_000);
    expect(connection.state).toBe('closed');
  });

  /** Ways to take messages one by one, each slower than the peer sends. `pause` is 40 times shorter than the timeout. */
  const TAKERS: ReadonlyArray<
    [string, (connection: import('../../src/index.js').WebSocketConnection, wait: () => Promise<void>) => Promise<void>]
  > = [
    [
      'for await',
      async (connection, wait) => {
        for await (const _ of connection) await wait();
      },
    ],
    [
      'messages()',
      async (connection, wait) => {
        for await (const _ of connection.messages()) await wait();
      },
    ],
    [
      'messages({ stream: true })',
      async (connection, wait) => {
        for await (const message of connection.messages({ stream: true })) for await (const _ of message) await wait();
      },
    ],
    [
      'a listener that calls pause() and resume()',
      async (connection, wait) => {
        connection.on('message', () => {
          connection.pause();
          void wait().then(() => connection.resume());
        });
        await connection.closed;
      },
    ],
  ];

  test.each(TAKERS)('never ends a connection whose messages are taken slowly by %s', async (_, take) => {
    const { connection, peer } = connectionAndPeer('server', { unreadTimeout: 1_000, maxUnreadBytes: 1_000 });
    let waiting: (() => void) | undefined;
    let taken = 0;
    let isOver = false;
    const taking = take(connection, () => {
      taken++;
      return new Promise(resolve => {
        waiting = resolve;
        if (isOver) resolve();
      });
    });
    for (let round = 0; round < 100; round++) {
      // One chunk fills the inbox several times.
      peer.send(Buffer.concat(Array.from({ length: 3 }, () => client.binary(Buffer.alloc(2_000)))));
      await turns(5);
      expect(vi.getTimerCount()).toBeLessThanOrEqual(1);
      await pass(100);
      expect(connection.state).toBe('open');
      waiting?.();
      await turns(5);
    }
    expect(taken).toBeGreaterThan(50);
    isOver = true;
    connection.terminate();
    waiting?.();
    await taking.catch(() => {});
    await turns();
    expect(vi.getTimerCount()).toBe(0);
  });

  test('leaves no timer when the connection ends', async () => {
    const { connection, peer } = connectionAndPeer('server', { unreadTimeout: 1_000 });
    peer.send(backlog(6));
    await turns();
    connection.terminate();
    await connection[Symbol.asyncIterator]().next();
    await turns();
    await connection[Symbol.asyncIterator]().next();
    expect(vi.getTimerCount()).toBe(0);
  });

  test.each<[string, (connection: import('../../src/index.js').WebSocketConnection) => void, string]>([
    ['pause() without resume()', connection => connection.pause(), 'pause() was called without resume()'],
    [
      'nobody listening',
      () => {},
      "there is no listener for 'message' and no iterator. If the application only sends, set the option incoming: 'discard'",
    ],
    [
      'a loop that is stuck',
      connection => void connection[Symbol.asyncIterator]().next(),
      'the application stopped taking messages or takes them too slowly',
    ],
  ])('names %s as the likely cause', async (_, act, why) => {
    const { connection, peer } = connectionAndPeer('server', { unreadTimeout: 1_000 });
    act(connection);
    peer.send(backlog(6));
    await turns();
    await pass(1_000);
    const { cause } = await connection.closed;
    expect(cause).toMatchObject({ code: 'WS101_UNREAD_TIMEOUT', fault: 'caller' });
    expect(cause!.message).toBe(`no message was taken for 1000 ms (unreadTimeout): ${why}`);
  });
});

describe('a connection that stops reading for lack of a listener', () => {
  test('causes a warning, once per process', async () => {
    const text =
      "A WebSocket connection has stopped reading: there is no listener for 'message' and no iterator. " +
      "If the application only sends, set the option incoming: 'discard'.";
    for (const unreadTimeout of [1_000, 1_000]) {
      const { connection, peer } = connectionAndPeer('server', { unreadTimeout });
      peer.send(client.text('x'));
      await turns();
      peer.send(backlog(0));
      await turns();
      connection.terminate();
    }
    expect(warnings).toEqual([
      [
        `${text} It will be terminated after 1000 ms (unreadTimeout).`,
        { type: 'WebSocketWarning', code: 'WS101_UNREAD_MESSAGES' },
      ],
    ]);
  });

  test('causes no warning if the application has paused, iterates or listens', async () => {
    const paused = connectionAndPeer();
    paused.connection.pause();
    const looping = connectionAndPeer();
    void looping.connection[Symbol.asyncIterator]().next();
    const listening = connectionAndPeer();
    listening.connection.on('message', () => listening.connection.pause());
    const few = connectionAndPeer();
    few.peer.send(client.text('x'));
    for (const { peer } of [paused, looping, listening]) peer.send(backlog(3));
    await turns();
    expect(warnings).toEqual([]);
    for (const { connection } of [paused, looping, listening, few]) connection.terminate();
  });
});

test.skipIf(IS_MUTATION_RUN)(
  'unread messages of one byte do not pin the pool that others fill',
  { timeout: 60_000 },
  async () => {
    vi.useRealTimers();
    const program = fileURLToPath(new URL('unread-memory.ts', import.meta.url));
    const flags = ['--expose-gc', '--conditions=ws101-source', '--import', 'tsx'];
    const { stdout } = await promisify(execFile)(process.execPath, [...flags, program]);
    // In Node's pool, they would hold 7.7 MB.
    expect(Number(stdout)).toBeLessThan(1_000_000);
  },
);
