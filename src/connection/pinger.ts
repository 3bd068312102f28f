import { now } from '../timers.js';

type Answer = (roundTrip: number | undefined) => void;

/** A Ping that was sent: an entry of a linked list in sending order. */
export interface SentPing {
  readonly payload: string;
  readonly sentAt: number;
  readonly answer: Answer;
  /** The last earlier Ping with the same payload, if it was still waiting when this one was sent. */
  readonly twin: SentPing | undefined;
  isWaiting: boolean;
  before: SentPing | undefined;
  after: SentPing | undefined;
}

/**
 * How much memory a waiting Ping holds, in bytes: its payload, a promise, and the objects that the promise refers to.
 */
const PING_COST = 1_024;

/**
 * Matches Pongs with the Pings that wait for them, and measures the round trips (RFC 6455 §5.5.2, §5.5.3).
 *
 * Tens of thousands of Pings may wait, and each gets a Pong. So neither a Pong nor forget() searches the list.
 */
export class Pinger {
  #last: SentPing | undefined;
  /** The last waiting Ping of each payload. The keys are payloads in latin1. */
  readonly #lastByPayload = new Map<string, SentPing>();
  #waiting = 0;
  #count = 0;
  #latency: number | undefined;

  /** The last round trip, in milliseconds. */
  get latency(): number | undefined {
    return this.#latency;
  }

  /** Roughly how much memory the waiting Pings hold, in bytes. */
  get held(): number {
    return PING_COST * this.#waiting;
  }

  /** Returns the payload of a Ping for which the application has no data: a counter of 4 bytes. */
  nextPayload(): Buffer {
    const payload = Buffer.alloc(4);
    payload.writeUInt32BE(this.#count++ >>> 0);
    return payload;
  }

  /**
   * Notes that a Ping was sent. `answer` is called with the round trip in milliseconds, or with undefined if no Pong
   * will come.
   */
  await(payload: Uint8Array, answer: Answer): SentPing {
    const before = this.#last;
    const key = toKey(payload);
    const twin = this.#lastByPayload.get(key);
    const ping = { payload: key, sentAt: now(), answer, twin, isWaiting: true, before, after: undefined };
    if (before !== undefined) before.after = ping;
    this.#last = ping;
    this.#lastByPayload.set(key, ping);
    this.#waiting++;
    return ping;
  }

  /** Forgets a Ping whose sender no longer waits for the answer. Does nothing if it was answered. */
  forget(ping: SentPing): void {
    if (!ping.isWaiting) return;
    ping.isWaiting = false;
    this.#waiting--;
    const { before, after } = ping;
    if (before !== undefined) before.after = after;
    if (after !== undefined) after.before = before;
    if (this.#last === ping) this.#last = before;
    if (this.#lastByPayload.get(ping.payload) === ping) this.#forgetLastOf(ping);
  }

  #forgetLastOf({ payload, twin }: SentPing): void {
    let last = twin;
    while (last?.isWaiting === false) last = last.twin;
    if (last === undefined) this.#lastByPayload.delete(payload);
    else this.#lastByPayload.set(payload, last);
  }

  /**
   * "A Pong frame sent in response to a Ping frame must have identical Application data", and may be sent "for only the
   * most recently processed Ping frame" (§5.5.3). So a Pong also answers all earlier Pings. A Pong that matches none is
   * unsolicited and ignored.
   */
  receivePong(payload: Uint8Array): void {
    const answered = this.#lastByPayload.get(toKey(payload));
    if (answered === undefined) return;
    const receivedAt = now();
    this.#latency = receivedAt - answered.sentAt;
    for (const { answer, sentAt } of this.#takeUpTo(answered)) answer(receivedAt - sentAt);
  }

  /** Answers all Pings with undefined, because no Pong will come. */
  end(): void {
    for (const { answer } of this.#takeUpTo(this.#last)) answer(undefined);
  }

  /** Forgets `last` and all Pings before it. Returns them in sending order. */
  #takeUpTo(last: SentPing | undefined): SentPing[] {
    const taken: SentPing[] = [];
    for (let ping = last; ping !== undefined; ping = ping.before) {
      taken.push(ping);
      this.forget(ping);
    }
    return taken.reverse();
  }
}

function toKey(payload: Uint8Array): string {
  return Buffer.from(payload.buffer, payload.byteOffset, payload.length).toString('latin1');
}
