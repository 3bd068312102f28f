import { setImmediate } from 'node:timers/promises';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { beginShare, countMessage, isShareUsedUp } from '../../src/connection/turn-share.js';
import { collectMessages, connectionAndPeer } from '../helpers/connections.js';

vi.mock('../../src/timers.js', () => import('../helpers/global-timers.js'));

afterEach(() => vi.restoreAllMocks());

/** A clock that stands still unless a test moves it. */
function clock() {
  const time = { now: 1_000 };
  vi.spyOn(performance, 'now').mockImplementation(() => time.now);
  return time;
}

describe('the share of a turn', () => {
  test('is used up after 5 ms of a turn, and is new in the next turn', async () => {
    const time = clock();
    const connection = {};
    beginShare(connection);
    time.now += 5;
    beginShare(connection);
    expect(isShareUsedUp()).toBe(false);
    time.now += 0.1;
    expect(isShareUsedUp()).toBe(true);
    await setImmediate();
    beginShare(connection);
    expect(isShareUsedUp()).toBe(false);
  });

  test('is not used up by others in the same turn', () => {
    const time = clock();
    beginShare({});
    time.now += 6;
    expect(isShareUsedUp()).toBe(true);
    beginShare({});
    expect(isShareUsedUp()).toBe(false);
  });

  test('reads the clock at every 16th message', () => {
    const time = clock();
    beginShare({});
    time.now += 6;
    const looks = Array.from({ length: 64 }, () => Number(countMessage())).join('');
    expect(looks).toMatch(/^0{0,15}(10{15}){3}10*$/);
  });
});

describe('a busy peer', () => {
  /** A connection that has received 100 messages in one chunk, and whose listener takes a millisecond for each. */
  function busyConnection(onMessage: (count: number) => void = () => {}) {
    const time = clock();
    const { connection, peer, socket } = connectionAndPeer();
    const messages = collectMessages(connection);
    connection.on('message', () => {
      time.now += 1;
      onMessage(messages.length);
    });
    const texts = Array.from({ length: 100 }, (_, i) => String(i));
    peer.send(...texts.map(text => peer.frames.text(text)));
    return { connection, peer, socket, messages, texts };
  }

  test('yields to the others in each turn, and loses nothing', async () => {
    const { connection, messages, texts } = busyConnection();
    const turns: number[] = [];
    while (messages.length < 100) {
      turns.push(messages.length);
      await setImmediate();
    }
    expect(turns.filter(count => count > 0)).toEqual([16, 32, 48, 64, 80, 96]);
    expect(messages).toEqual(texts);
    connection.terminate();
  });

  test('also yields after a chunk without a message', async () => {
    const time = clock();
    const { connection, peer, socket } = connectionAndPeer();
    connection.on('ping', () => {
      time.now += 6;
    });
    const pause = vi.spyOn(socket, 'pause');
    peer.send(peer.frames.ping());
    await peer.saw(1);
    expect(pause).toHaveBeenCalledTimes(1);
    peer.send(peer.frames.ping());
    await peer.saw(2);
    connection.terminate();
  });

  test('stays paused if the application pauses while it yields, until resume()', async () => {
    const { connection, messages, texts } = busyConnection();
    while (messages.length === 0) await setImmediate();
    connection.pause();
    const { length } = messages;
    for (let i = 0; i < 5; i++) await setImmediate();
    expect(messages).toHaveLength(length);
    connection.resume();
    connection.pause();
    connection.resume();
    while (messages.length < 100) await setImmediate();
    expect(messages).toEqual(texts);
    connection.terminate();
  });

  test('keeps yielding despite pause() and resume() in a listener', async () => {
    const { connection, messages, texts } = busyConnection(() => {
      connection.pause();
      connection.resume();
    });
    const turns = new Set<number>();
    while (messages.length < 100) {
      turns.add(messages.length);
      await setImmediate();
    }
    expect(turns.size).toBeGreaterThan(5);
    expect(messages).toEqual(texts);
    connection.terminate();
  });

  test('has everything read that arrived before its FIN', async () => {
    const { connection, peer, messages, texts } = busyConnection();
    peer.socket.end();
    expect(await connection.closed).toMatchObject({ code: 1006, initiator: 'network' });
    expect(messages).toEqual(texts);
  });

  test('has everything read that arrived before its Close frame, and gets an answer', async () => {
    const { connection, peer, messages, texts } = busyConnection();
    peer.send(peer.frames.close(1000));
    expect(await connection.closed).toMatchObject({ code: 1000, wasClean: true });
    expect(messages).toEqual(texts);
    expect(peer.seen).toEqual(['close 1000']);
  });

  test('may be terminated while it yields: nothing more is delivered', async () => {
    const { connection, messages } = busyConnection();
    while (messages.length === 0) await setImmediate();
    connection.terminate();
    const { length } = messages;
    await connection.closed;
    for (let i = 0; i < 3; i++) await setImmediate();
    expect(messages).toHaveLength(length);
    expect(length).toBeLessThan(100);
  });
});
