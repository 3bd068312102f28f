import { clearInterval, now, setInterval } from '../timers.js';

/**
 * Keepalive: after `pingInterval` without a byte from the peer a Ping goes out, and where nothing comes within `pingTimeout`, the
 * connection is lost. This is what finds a half-open TCP connection, of which neither end is ever told.
 *
 * Connections with the same times share one timer, and the arrival of bytes only sets a flag: a connection costs no timer and no
 * look at the clock of its own. The price is a granularity of one tick, a fortieth of the shorter time.
 */

export interface KeepaliveMember {
  /** Set when bytes come; keepalive resets it. */
  wasHeard: boolean;
  /** Whether bytes would be seen at all. A paused socket shows neither bytes nor FIN, so silence then means nothing. */
  readonly isListening: boolean;
  /** Whether the peer has taken output that waited for it, since the last call: asked once a tick. */
  tookOutput(): boolean;
  /** Keepalive's own: the tick at which the last byte was noticed. The byte itself came up to one tick before. */
  heardAt: number;
  /** Keepalive's own: the tick at which a Ping went out that has not been answered, or NEVER. */
  pingedAt: number;
  sendKeepalivePing(): void;
  keepaliveTimedOut(silence: number): void;
}

const NEVER = -1;

const TICKS_PER_INTERVAL = 40;

/** How many milliseconds beyond twice its time a tick may come and count as one: timers are never exact. */
const LATENESS = 10;

/** The connections with the same times. */
export class KeepaliveGroup {
  readonly #key: string;
  readonly #tick: number;
  /** Both in ticks. */
  readonly #interval: number;
  readonly #timeout: number;
  readonly #members = new Set<KeepaliveMember>();
  // A timer alone must not keep a process alive; the sockets that it watches do.
  readonly #timer: NodeJS.Timeout;
  #now = 0;
  #checkedAt = now();

  constructor(key: string, interval: number, timeout: number) {
    this.#key = key;
    this.#tick = Math.max(1, Math.floor(Math.min(interval, timeout) / TICKS_PER_INTERVAL));
    // Up to two ticks early, so that interval and timeout together are never exceeded: one tick went by unnoticed before
    // `heardAt`, another one may behind `pingedAt`.
    this.#interval = Math.max(1, Math.ceil(interval / this.#tick) - 2);
    this.#timeout = Math.ceil(timeout / this.#tick);
    this.#timer = setInterval(() => this.#check(), this.#tick).unref();
  }

  add(member: KeepaliveMember): void {
    member.heardAt = this.#now;
    member.pingedAt = NEVER;
    this.#members.add(member);
  }

  /** Ends the watching; where it has ended, this changes nothing. */
  remove(member: KeepaliveMember): void {
    if (!this.#members.delete(member) || this.#members.size > 0) return;
    clearInterval(this.#timer);
    groups.delete(this.#key);
  }

  #check(): void {
    const elapsed = now() - this.#checkedAt;
    if (elapsed > 2 * this.#tick + LATENESS) {
      // A tick that comes late says that this process stood still, and the peer's bytes may lie unread: that time counts as one tick. It
      // must count for something, or a process that is always late would never find a dead peer.
      this.#now++;
      this.#checkedAt += elapsed;
    } else {
      const ticks = Math.round(elapsed / this.#tick);
      this.#now += ticks;
      // What is left over counts towards the next one: or else ticks that are all a little late would make a slow clock.
      this.#checkedAt += ticks * this.#tick;
    }
    for (const member of this.#members) {
      // Asked in any case, since it compares with the tick before.
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

/** Watches over `member` until it is removed from the group given back. */
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
