import { now } from '../timers.js';

interface SentPing {
  readonly payload: Buffer;
  readonly sentAt: number;
  readonly answer: (roundTrip: number | undefined) => void;
}

/** What a Ping that awaits its Pong holds: its payload, and a promise with what it refers to. */
const PING_COST = 1_024;

/** Pings that await their Pong, and the round trips measured by them (RFC 6455 §5.5.2, §5.5.3). */
export class Pinger {
  readonly #sent: SentPing[] = [];
  #count = 0;
  #latency: number | undefined;

  /** The last round trip, in milliseconds. */
  get latency(): number | undefined {
    return this.#latency;
  }

  /** Bytes of memory that the waiting Pings hold, roughly. */
  get held(): number {
    return PING_COST * this.#sent.length;
  }

  /** A payload that no other Ping of this connection bears: 4 bytes, counting up. */
  nextPayload(): Buffer {
    const payload = Buffer.alloc(4);
    payload.writeUInt32BE(this.#count++ >>> 0);
    return payload;
  }

  /** Notes a Ping just sent. `answer` gets the round trip in milliseconds, or undefined where none will come. */
  await(payload: Buffer, answer: SentPing['answer']): void {
    this.#sent.push({ payload, sentAt: now(), answer });
  }

  /** Forgets a Ping whose sender no longer wants the answer. */
  forget(answer: SentPing['answer']): void {
    const index = this.#sent.findIndex(ping => ping.answer === answer);
    if (index !== -1) this.#sent.splice(index, 1);
  }

  /**
   * "A Pong frame sent in response to a Ping frame must have identical Application data", and may be sent "for only the most
   * recently processed Ping frame" (§5.5.3): so it answers the Pings before that one too. One that matches none was
   * unsolicited, and means nothing.
   */
  receivePong(payload: Uint8Array): void {
    const index = this.#sent.findLastIndex(ping => ping.payload.equals(payload));
    if (index === -1) return;
    const receivedAt = now();
    const answered = this.#sent.splice(0, index + 1);
    this.#latency = receivedAt - answered[index]!.sentAt;
    for (const { answer, sentAt } of answered) answer(receivedAt - sentAt);
  }

  /** No Pong will come any more. */
  end(): void {
    for (const { answer } of this.#sent.splice(0)) answer(undefined);
  }
}
