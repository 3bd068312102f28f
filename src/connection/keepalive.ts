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
  sendKeepalivePing(): void;
  keepaliveTimedOut(silence: number): void;
}

interface Watch {
  /** The tick at which the last byte was noticed: the byte itself came up to one tick before. */
  heardAt: number;
  pingedAt: number | undefined;
}

const TICKS_PER_INTERVAL = 40;

/** How many milliseconds beyond twice its time a tick may come and count as one: timers are never exact. */
const LATENESS = 10;

class KeepaliveGroup {
  readonly #key: string;
  readonly #interval: number;
  readonly #timeout: number;
  readonly #tick: number;
  readonly #watches = new Map<KeepaliveMember, Watch>();
  // A timer alone must not keep a process alive; the sockets that it watches do.
  readonly #timer: NodeJS.Timeout;
  #checkedAt = performance.now();

  constructor(key: string, interval: number, timeout: number) {
    this.#key = key;
    this.#interval = interval;
    this.#timeout = timeout;
    this.#tick = Math.max(1, Math.floor(Math.min(interval, timeout) / TICKS_PER_INTERVAL));
    this.#timer = setInterval(() => this.#check(performance.now()), this.#tick).unref();
  }

  add(member: KeepaliveMember): void {
    this.#watches.set(member, { heardAt: performance.now(), pingedAt: undefined });
  }

  remove(member: KeepaliveMember): void {
    if (!this.#watches.delete(member) || this.#watches.size > 0) return;
    clearInterval(this.#timer);
    groups.delete(this.#key);
  }

  #check(now: number): void {
    // A tick that comes late says that this process stood still, with the peer's bytes lying unread: that time does not count.
    const elapsed = now - this.#checkedAt;
    const stoodStill = elapsed > 2 * this.#tick + LATENESS ? elapsed : 0;
    this.#checkedAt = now;
    for (const [member, watch] of this.#watches) {
      watch.heardAt += stoodStill;
      if (watch.pingedAt !== undefined) watch.pingedAt += stoodStill;
      if (member.wasHeard || !member.isListening) {
        member.wasHeard = false;
        watch.heardAt = now;
        watch.pingedAt = undefined;
      } else if (watch.pingedAt !== undefined) {
        if (now - watch.pingedAt >= this.#timeout) member.keepaliveTimedOut(now - watch.heardAt);
      } else if (now - watch.heardAt >= this.#interval - 2 * this.#tick) {
        // Up to two ticks early, so that interval and timeout together are never exceeded: one tick went by unnoticed before
        // `heardAt`, another one may behind `pingedAt`.
        watch.pingedAt = now;
        member.sendKeepalivePing();
      }
    }
  }
}

const groups = new Map<string, KeepaliveGroup>();

/** Watches over `member` until the function given back is called. */
export function keepAlive(member: KeepaliveMember, interval: number, timeout: number): () => void {
  const key = `${interval}/${timeout}`;
  let group = groups.get(key);
  if (group === undefined) {
    group = new KeepaliveGroup(key, interval, timeout);
    groups.set(key, group);
  }
  const watching = group;
  watching.add(member);
  return () => watching.remove(member);
}
