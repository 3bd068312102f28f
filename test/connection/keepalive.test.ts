import { afterEach, describe, expect, test, vi } from 'vitest';
import { type KeepaliveMember, keepAlive as watch } from '../../src/connection/keepalive.js';
import { connectedPair, connectionAndPeer } from '../helpers/connections.js';
import { turns } from '../helpers/turns.js';

vi.mock('../../src/timers.js', () => import('../helpers/global-timers.js'));

afterEach(() => vi.useRealTimers());

function keepAlive(member: KeepaliveMember, interval: number, timeout: number): () => void {
  const group = watch(member, interval, timeout);
  return () => group.remove(member);
}

class Member implements KeepaliveMember {
  wasHeard = false;
  isListening = true;
  heardAt = 0;
  pingedAt = 0;
  /** Whether the peer takes output that waited for it, in each tick. */
  takesOutput = false;
  readonly events: string[] = [];
  tookOutput(): boolean {
    return this.takesOutput;
  }
  sendKeepalivePing(): void {
    this.events.push(`ping at ${Math.round(performance.now() - this.start)}`);
  }
  keepaliveTimedOut(silence: number): void {
    this.events.push(`lost after ${Math.round(silence)}`);
  }
  readonly start: number = performance.now();
}

describe('keepAlive()', () => {
  test('pings after the interval and gives up after the timeout, never later than both together', () => {
    vi.useFakeTimers();
    const member = new Member();
    const stop = keepAlive(member, 20_000, 20_000);
    vi.advanceTimersByTime(18_999);
    expect(member.events).toEqual([]);
    vi.advanceTimersByTime(1_001);
    expect(member.events).toEqual(['ping at 19000']);
    vi.advanceTimersByTime(20_000);
    expect(member.events[1]).toBe('lost after 39000');
    stop();
  });

  test('is no later if each tick is late', () => {
    vi.useFakeTimers();
    const begin = performance.now();
    const spy = vi.spyOn(performance, 'now');
    const epoch = Date.now();
    spy.mockImplementation(() => begin + (Date.now() - epoch) * 1.4);
    const member = new Member();
    const stop = keepAlive(member, 20_000, 20_000);
    vi.advanceTimersByTime(20_000 / 1.4);
    expect(member.events).toEqual([expect.stringMatching(/^ping at 1[89]\d{3}$/)]);
    vi.advanceTimersByTime(20_000 / 1.4);
    expect(member.events[1]).toMatch(/^lost after (38|39)\d{3}$/);
    stop();
    spy.mockRestore();
  });

  test('does neither while bytes arrive, and restarts after the last of them', () => {
    vi.useFakeTimers();
    const member = new Member();
    const stop = keepAlive(member, 1_000, 1_000);
    for (let i = 0; i < 50; i++) {
      member.wasHeard = true;
      vi.advanceTimersByTime(100);
    }
    expect(member.events).toEqual([]);
    vi.advanceTimersByTime(1_000);
    expect(member.events).toHaveLength(1);
    member.wasHeard = true;
    vi.advanceTimersByTime(900);
    expect(member.events).toHaveLength(1);
    vi.advanceTimersByTime(100);
    expect(member.events).toHaveLength(2);
    stop();
  });

  test('stops while the member does not read, because silence then has no meaning', () => {
    vi.useFakeTimers();
    const member = new Member();
    const stop = keepAlive(member, 1_000, 1_000);
    vi.advanceTimersByTime(1_000);
    expect(member.events).toHaveLength(1);
    member.isListening = false;
    vi.advanceTimersByTime(10_000);
    expect(member.events).toHaveLength(1);
    member.isListening = true;
    vi.advanceTimersByTime(900);
    expect(member.events).toHaveLength(1);
    vi.advanceTimersByTime(100);
    expect(member.events).toHaveLength(2);
    expect(member.events[1]).toMatch(/^ping/);
    stop();
  });

  test('shares one timer among members with the same times, and stops it with the last one', () => {
    vi.useFakeTimers();
    const members = [new Member(), new Member(), new Member()];
    const stops = members.map(member => keepAlive(member, 1_000, 500));
    const stopOther = keepAlive(new Member(), 1_000, 600);
    expect(vi.getTimerCount()).toBe(2);
    stopOther();
    stops[0]?.();
    expect(vi.getTimerCount()).toBe(1);
    vi.advanceTimersByTime(1_000);
    expect(members.map(member => member.events.length)).toEqual([0, 1, 1]);
    stops[1]?.();
    stops[2]?.();
    expect(vi.getTimerCount()).toBe(0);
  });

  test('may be stopped twice without affecting a later group with the same times', () => {
    vi.useFakeTimers();
    const stop = keepAlive(new Member(), 1_000, 500);
    stop();
    const stops = [keepAlive(new Member(), 1_000, 500)];
    stop();
    stops.push(keepAlive(new Member(), 1_000, 500));
    expect(vi.getTimerCount()).toBe(1);
    for (const each of stops) each();
    expect(vi.getTimerCount()).toBe(0);
  });

  test('treats output that the peer reads as a sign of life', () => {
    vi.useFakeTimers();
    const member = new Member();
    const stop = keepAlive(member, 1_000, 1_000);
    member.takesOutput = true;
    vi.advanceTimersByTime(10_000);
    expect(member.events).toEqual([]);
    member.takesOutput = false;
    vi.advanceTimersByTime(1_000);
    expect(member.events).toEqual([expect.stringMatching(/^ping/)]);
    stop();
  });

  test('pings, and detects a dead peer, even if every tick of the process is late', () => {
    vi.useFakeTimers();
    const member = new Member();
    const stop = keepAlive(member, 1_000, 1_000);
    let time = performance.now();
    vi.spyOn(performance, 'now').mockImplementation(() => time);
    // Each turn of the event loop takes 200 ms, where a tick is 25.
    for (let i = 0; i < 90 && member.events.length < 2; i++) {
      time += 200;
      vi.advanceTimersToNextTimer();
    }
    expect(member.events).toEqual([expect.stringMatching(/^ping/), expect.stringMatching(/^lost/)]);
    vi.restoreAllMocks();
    stop();
  });

  test('does not blame the peer for time in which this process was blocked', () => {
    vi.useFakeTimers();
    const member = new Member();
    const stop = keepAlive(member, 1_000, 1_000);
    vi.advanceTimersByTime(1_000);
    expect(member.events).toHaveLength(1);
    // A long computation: no tick for a minute, while the Pong waits to be read.
    const now = performance.now();
    vi.spyOn(performance, 'now').mockImplementation(() => now + 60_000);
    vi.advanceTimersToNextTimer();
    expect(member.events).toHaveLength(1);
    member.wasHeard = true;
    vi.advanceTimersToNextTimer();
    expect(member.events).toHaveLength(1);
    vi.restoreAllMocks();
    stop();
  });
});

describe('the keepalive of a connection', () => {
  test('pings an idle peer, measures the latency, and continues while Pings are answered [5.5.2-4] [7.1.7-8] [7.2.1-3] [7.3-2]', async () => {
    const { client, server } = connectedPair({ pingInterval: 40, pingTimeout: 1_000 });
    let pings = 0;
    await new Promise<void>(resolve => {
      server.on('ping', () => {
        if (++pings === 3) resolve();
      });
    });
    await turns();
    expect(client.latency).toBeGreaterThan(0);
    expect([client.state, server.state]).toEqual(['open', 'open']);
    client.terminate();
    await server.closed;
  });

  test('ends a connection with a silent peer, with 1006', async () => {
    const { connection, peer } = connectionAndPeer('server', { pingInterval: 40, pingTimeout: 40 });
    const start = performance.now();
    const info = await connection.closed;
    expect(performance.now() - start).toBeGreaterThan(60);
    expect(info).toMatchObject({
      code: 1006,
      wasClean: false,
      initiator: 'network',
      cause: {
        code: 'WS101_KEEPALIVE_TIMEOUT',
        fault: 'network',
        message: expect.stringMatching(/^no sign of life from the peer for \d+ ms, and no answer to a ping/),
      },
    });
    expect(peer.seen).toHaveLength(1);
    expect(peer.seenFrames[0]?.opcode).toBe(9);
  });

  test('accepts any byte as an answer, and remembers only its last Ping', async () => {
    const { connection, peer } = connectionAndPeer('server', { pingInterval: 20, pingTimeout: 1_000 });
    for (let pings = 1; pings <= 4; pings++) {
      await peer.saw(pings);
      peer.send(peer.frames.text('not a pong'));
    }
    expect(connection.state).toBe('open');
    const payloads = peer.seenFrames.map(frame => frame.payload);
    expect(new Set(payloads.map(String)).size).toBe(payloads.length);
    // The answer to a forgotten Ping measures nothing.
    peer.send(peer.frames.pong(payloads[0]!));
    await turns();
    expect(connection.latency).toBeUndefined();
    peer.send(peer.frames.pong(payloads.at(-1)!));
    await turns();
    expect(connection.latency).toBeGreaterThan(0);
    connection.terminate();
  });

  test('stops while the connection is paused, and starts again with resume()', async () => {
    const { connection, peer } = connectionAndPeer('server', { pingInterval: 20, pingTimeout: 20, unreadTimeout: 150 });
    connection.pause();
    // Waits for several intervals and timeouts: until unreadTimeout ends another connection.
    const other = connectionAndPeer('server', { unreadTimeout: 110 });
    other.connection.pause();
    expect((await other.connection.closed).cause).toMatchObject({ code: 'WS101_UNREAD_TIMEOUT' });
    expect(peer.seen).toEqual([]);
    expect(connection.state).toBe('open');
    connection.resume();
    expect((await connection.closed).cause).toMatchObject({ code: 'WS101_KEEPALIVE_TIMEOUT' });
    expect(peer.seen).toHaveLength(1);
  });

  test('stops with the closing handshake, which has its own deadline', async () => {
    const { connection, peer } = connectionAndPeer('server', { pingInterval: 20, pingTimeout: 20, closeTimeout: 150 });
    const info = await connection.close();
    expect(info.cause).toMatchObject({ code: 'WS101_CLOSE_TIMEOUT' });
    expect(peer.seen).toEqual(['close']);
  });

  test('is off with pingInterval: 0', () => {
    vi.useFakeTimers();
    const { connection } = connectionAndPeer('server', { pingInterval: 0 });
    expect(vi.getTimerCount()).toBe(0);
    connection.terminate();
  });
});
