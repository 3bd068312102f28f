import { now } from '../timers.js';

type Answer = (roundTrip: number | undefined) => void;

/** A Ping that was sent, as an entry of a list in the order of sending. */
export interface SentPing {
  readonly payload: string;
  readonly sentAt: number;
  readonly answer: Answer;
  /** The last one before it with the same payload, if that still waited. */
  readonly twin: SentPing | undefined;
  isWaiting: boolean;
  before: SentPing | undefined;
  after: SentPing | undefined;
}

/** What a Ping that awaits its Pong holds: its payload, and a promise with what it refers to. */
const PING_COST = 1_024;

/**
 * Pings that await their Pong, and the round trips measured by them (RFC 6455 §5.5.2, §5.5.3).
 *
 * Ten thousands of Pings may wait, and a Pong comes for each. So neither a Pong nor forget() looks through them.
 */
export class Pinger {
  #last: SentPing | undefined;
  /** The last of the waiting Pings with one payload, by its bytes as characters. */
  readonly #lastByPayload = new Map<string, SentPing>();
  #waiting = 0;
  #count = 0;
  #latency: number | undefined;

  /** The last round trip, in milliseconds. */
  get latency(): number | undefined {
    return this.#latency;
  }

  /** Bytes of memory that the waiting Pings hold, roughly. */
  get held(): number {
    return PING_COST * this.#waiting;
  }

  /** A payload that no other Ping of this connection bears: 4 bytes, counting up. */
  nextPayload(): Buffer {
    const payload = Buffer.alloc(4);
    payload.writeUInt32BE(this.#count++ >>> 0);
    return payload;
  }

  /** Notes a Ping just sent. `answer` gets the round trip in milliseconds, or undefined where none will come. */
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

  /** Forgets a Ping whose sender no longer wants the answer. If the answer has come, this changes nothing. */
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
   * "A Pong frame sent in response to a Ping frame must have identical Application data", and may be sent "for only the most
   * recently processed Ping frame" (§5.5.3): so it answers the Pings before that one too. One that matches none was
   * unsolicited, and means nothing.
   */
  receivePong(payload: Uint8Array): void {
    const answered = this.#lastByPayload.get(toKey(payload));
    if (answered === undefined) return;
    const receivedAt = now();
    this.#latency = receivedAt - answered.sentAt;
    for (const { answer, sentAt } of this.#takeUpTo(answered)) answer(receivedAt - sentAt);
  }

  /** No Pong will come any more. */
  end(): void {
    for (const { answer } of this.#takeUpTo(this.#last)) answer(undefined);
  }

  /** Forgets `last` and all that were sent before it. Returns them in order. */
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
