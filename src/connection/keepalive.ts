import { clearInterval, now, setInterval } from '../timers.js';

/**
 * Keepalive sends a Ping after `pingInterval` without traffic, and ends the connection if the peer shows no sign of
 * life within `pingTimeout`. This finds half-open TCP connections, which the kernel does not report.
 *
 * Connections with the same times share one timer, and arriving bytes only set a flag. So a connection needs no timer
 * of its own, and receiving does not read the clock. Times are measured in ticks of a fortieth of the shorter time.
 */

export interface KeepaliveMember {
  /** Set when bytes arrive. Keepalive resets it. */
  wasHeard: boolean;
  /**
   * Whether arriving bytes would be noticed. They would not while the socket is paused, so silence then does not mean
   * that the peer is dead.
   */
  readonly isListening: boolean;
  /** Whether the peer has taken output that waited for it since the last call. Called once a tick. */
  tookOutput(): boolean;
  /** For keepalive only: the tick at which the last byte was noticed. It arrived up to one tick before. */
  heardAt: number;
  /** For keepalive only: the tick at which the unanswered Ping was sent, or NEVER. */
  pingedAt: number;
  sendKeepalivePing(): void;
  /** @param silence how long nothing was heard from the peer, in milliseconds */
  keepaliveTimedOut(silence: number): void;
}

const NEVER = -1;

const TICKS_PER_INTERVAL = 40;

/**
 * A tick counts as late if it comes more than two ticks and this many milliseconds after the last one. Timers are never
 * exact.
 */
const LATENESS = 10;

/** The connections with the same times. */
export class KeepaliveGroup {
  readonly #key: string;
  readonly #tick: number;
  /** The interval and the timeout, in ticks. */
  readonly #interval: number;
  readonly #timeout: number;
  readonly #members = new Set<KeepaliveMember>();
  // Unreferenced, so that it doesn't keep the process alive. The sockets do that.
  readonly #timer: NodeJS.Timeout;
  #now = 0;
  #checkedAt = now();

  constructor(key: string, interval: number, timeout: number) {
    this.#key = key;
    this.#tick = Math.max(1, Math.floor(Math.min(interval, timeout) / TICKS_PER_INTERVAL));
    // Two ticks less, so that the sum of interval and timeout is never exceeded: a byte is noticed up to one tick late,
    // and the end of the timeout up to one more tick.
    this.#interval = Math.max(1, Math.ceil(interval / this.#tick) - 2);
    this.#timeout = Math.ceil(timeout / this.#tick);
    this.#timer = setInterval(() => this.#check(), this.#tick).unref();
  }

  add(member: KeepaliveMember): void {
    member.heardAt = this.#now;
    member.pingedAt = NEVER;
    this.#members.add(member);
  }

  /** Stops watching a member. Does nothing if it is not watched. */
  remove(member: KeepaliveMember): void {
    if (!this.#members.delete(member) || this.#members.size > 0) return;
    clearInterval(this.#timer);
    groups.delete(this.#key);
  }

  #check(): void {
    const elapsed = now() - this.#checkedAt;
    if (elapsed > 2 * this.#tick + LATENESS) {
      // This process was blocked, and bytes of the peer may not have been read yet. So the time counts as one tick
      // only. It can't count as none, or a process that is always late would never find a dead peer.
      this.#now++;
      this.#checkedAt += elapsed;
    } else {
      const ticks = Math.round(elapsed / this.#tick);
      this.#now += ticks;
      // The rest counts towards the next tick. Otherwise ticks that are all a little late would make the clock slow.
      this.#checkedAt += ticks * this.#tick;
    }
    for (const member of this.#members) {
      // Called in each tick, because it compares with the previous tick.
      const tookOutput = member.tookOutput();
      if (member.wasHeard || tookOutput || !member.isListening) {
        member.wasHeard = false;
        member.heardAt = this.#now;
        member.pingedAt = NEVER;
      } else if (member.pingedAt !== NEVER) {
        if (this.#now - member.pingedAt >= this.#timeout) {
          member.keepaliveTimedOut((this.#now - member.heardAt) * this.#tick);
        }
      } else if (this.#now - member.heardAt >= this.#interval) {
        member.pingedAt = this.#now;
        member.sendKeepalivePing();
      }
    }
  }
}

const groups = new Map<string, KeepaliveGroup>();

/** Watches `member` until it is removed from the returned group. */
export function keepAlive(member: KeepaliveMember, interval: number, timeout: number): KeepaliveGroup {
  const key = `${interval}/${timeout}`;
  let group = groups.get(key);
  if (group === undefined) {
    group = new KeepaliveGroup(key, interval, timeout);
    groups.set(key, group);
  }
  group.add(member);
  return group;
}
