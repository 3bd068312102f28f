import net, { type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { connectToFirst } from '../../src/client/address-race.js';
import { HandshakeTimeout } from '../../src/client/failure.js';

vi.mock('../../src/timers.js', () => import('../helpers/global-timers.js'));

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }));
afterEach(() => void vi.useRealTimers());

/** A race among sockets that connect and fail when the test says. */
function race(...addresses: string[]) {
  const sockets = new Map<string, Socket>();
  const controller = new AbortController();
  const started: string[] = [];
  const connect = (address: string) => {
    const socket = new net.Socket();
    sockets.set(address, socket);
    started.push(address);
    return socket;
  };
  const winner = connectToFirst(addresses, { connect, attemptDelay: 250 }, controller.signal);
  winner.catch(() => {});
  return {
    winner,
    started,
    controller,
    at: (address: string) => sockets.get(address)!,
    destroyed: () => [...sockets].filter(([, socket]) => socket.destroyed).map(([address]) => address),
  };
}

/** One turn of the event loop, in which sockets that were destroyed give their events. */
function turn(): Promise<void> {
  return new Promise(resolve => setImmediate(resolve));
}

describe('the next attempt starts', () => {
  test('250 ms after the last one, while those before it go on', () => {
    const { started, destroyed } = race('a', 'b', 'c');
    expect(started).toEqual(['a']);
    vi.advanceTimersByTime(249);
    expect(started).toEqual(['a']);
    vi.advanceTimersByTime(1);
    expect(started).toEqual(['a', 'b']);
    vi.advanceTimersByTime(60_000);
    expect(started).toEqual(['a', 'b', 'c']);
    expect(destroyed()).toEqual([]);
  });

  test('as soon as one fails, and the one after it 250 ms later', async () => {
    const { at, started } = race('a', 'b', 'c');
    vi.advanceTimersByTime(100);
    at('a').destroy(new Error('refused'));
    await turn();
    expect(started).toEqual(['a', 'b']);
    vi.advanceTimersByTime(249);
    expect(started).toEqual(['a', 'b']);
    vi.advanceTimersByTime(1);
    expect(started).toEqual(['a', 'b', 'c']);
  });
});

describe('the first that connects wins', () => {
  test.each(['a', 'b'])('%s, and the others are destroyed', async first => {
    const { at, winner, destroyed, started } = race('a', 'b', 'c');
    vi.advanceTimersByTime(250);
    at(first).emit('connect');
    expect(await winner).toBe(at(first));
    expect(destroyed()).toEqual(['a', 'b'].filter(address => address !== first));
    vi.advanceTimersByTime(60_000);
    expect(started).toEqual(['a', 'b']);
    expect(vi.getTimerCount()).toBe(0);
  });

  test('after the others have failed', async () => {
    const { at, winner } = race('a', 'b');
    vi.advanceTimersByTime(250);
    at('b').destroy(new Error('refused'));
    await turn();
    vi.advanceTimersByTime(9_000);
    at('a').emit('connect');
    expect(await winner).toBe(at('a'));
  });

  test('and keeps one listener of ours, which ignores errors', async () => {
    const { at, winner } = race('a');
    const bare = new net.Socket();
    at('a').emit('connect');
    const socket = await winner;
    for (const event of ['connect', 'close', 'error']) {
      const kept = event === 'error' ? 1 : 0;
      expect([event, socket.listenerCount(event)]).toEqual([event, bare.listenerCount(event) + kept]);
    }
    socket.destroy(new Error('nobody listens'));
    await turn();
  });

  test('and a later error of another one does no harm', async () => {
    const { at, winner } = race('a', 'b');
    vi.advanceTimersByTime(250);
    at('b').emit('connect');
    at('a').emit('error', new Error('late'));
    expect(await winner).toBe(at('b'));
  });
});

describe('the race fails', () => {
  test('with the error of the only attempt', async () => {
    const { at, winner } = race('a');
    const error = new Error('refused');
    at('a').destroy(error);
    await expect(winner).rejects.toBe(error);
  });

  test('with those of all attempts, once the last one has failed', async () => {
    const { at, winner } = race('a', 'b');
    const errors = [new Error('refused'), new Error('unreachable')];
    at('a').destroy(errors[0]);
    await turn();
    at('b').destroy(errors[1]);
    await expect(winner).rejects.toMatchObject({ errors });
    expect(vi.getTimerCount()).toBe(0);
  });

  test('if a socket closes without an error', async () => {
    const { at, winner } = race('a');
    at('a').destroy();
    await expect(winner).rejects.toThrow('the connection to a was closed');
  });

  test('if connect() throws', async () => {
    const failing = (address: string): never => {
      throw new Error(`no ${address}`);
    };
    const winner = connectToFirst(['a', 'b'], { connect: failing, attemptDelay: 250 }, new AbortController().signal);
    await expect(winner).rejects.toMatchObject({ errors: [{ message: 'no a' }, { message: 'no b' }] });
  });

  test('with the reason of an abort, which destroys all sockets', async () => {
    const { controller, winner, destroyed } = race('a', 'b', 'c');
    vi.advanceTimersByTime(250);
    const reason = new Error('enough');
    controller.abort(reason);
    await expect(winner).rejects.toBe(reason);
    expect(destroyed()).toEqual(['a', 'b']);
    expect(vi.getTimerCount()).toBe(0);
  });

  test('with the reason of a signal that is already aborted, and opens nothing', async () => {
    const connect = vi.fn<() => Socket>();
    await expect(connectToFirst(['a'], { connect, attemptDelay: 250 }, AbortSignal.abort('before'))).rejects.toBe(
      'before',
    );
    expect(connect).not.toHaveBeenCalled();
  });

  test('by handshakeTimeout: the error names the outcome of each address', async () => {
    const { at, controller, winner } = race('a', 'b', 'c');
    at('a').destroy(new Error('connect ECONNREFUSED a'));
    await turn();
    controller.abort(new HandshakeTimeout(200));
    const error = await winner.catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(HandshakeTimeout);
    expect(error).toMatchObject({
      message:
        'the opening handshake took more than 200 ms (handshakeTimeout): connect ECONNREFUSED a; no answer from b',
    });
  });

  test('by handshakeTimeout with one address: the error is the reason', async () => {
    const { controller, winner } = race('a');
    const reason = new HandshakeTimeout(200);
    controller.abort(reason);
    await expect(winner).rejects.toBe(reason);
  });
});
