import { decodeUtf8 } from '#platform';
import type { Failure } from '../framing/frame-decoder.js';
import { Utf8Validator } from '../framing/utf8-validator.js';
import { VIOLATION } from '../framing/violations.js';
import { WholeCharacters } from '../framing/whole-characters.js';
import type { InflateFault, InflateReceiver, InflateStream, PerMessageDeflate } from '../permessage-deflate/index.js';
import type { Message } from './inbox.js';
import { STOPPED_BY } from './read-gate.js';
import type { Reading } from './reading.js';

/**
 * Inflates a compressed message in parts as its frames arrive, and delivers each part. Reading stops before later
 * frames, except Pings and Pongs, until all parts so far have been delivered.
 *
 *     Protocol ──▶ write() ──▶ InflateStream ──▶ part() ──▶ UTF-8 ──▶ Delivery
 *                                   ▲ waits while the application has stopped reading
 */
export class StreamInflation implements InflateReceiver {
  readonly #reading: Reading;
  readonly #stream: InflateStream;
  readonly #decodesText: boolean;
  readonly #validator: Utf8Validator | undefined;
  readonly #characters = new WholeCharacters();

  constructor(reading: Reading, deflate: PerMessageDeflate, isText: boolean, decodesText: boolean) {
    this.#reading = reading;
    this.#decodesText = decodesText;
    if (isText) this.#validator = new Utf8Validator();
    this.#stream = deflate.inflateStream(this);
  }

  /** How many bytes wait to be inflated. */
  get waiting(): number {
    return this.#stream.waiting;
  }

  write(bytes: Uint8Array): void {
    this.#reading.gate.add(STOPPED_BY.INFLATING);
    this.#stream.write(bytes);
  }

  end(): void {
    this.#reading.gate.add(STOPPED_BY.INFLATING);
    this.#stream.end();
  }

  /** Continues after the application had stopped reading. */
  resume(): void {
    this.#stream.resume();
  }

  // The stream

  get isStopped(): boolean {
    return this.#reading.gate.isStoppedByApplication;
  }

  part(bytes: Uint8Array): void {
    const { protocol, delivery } = this.#reading;
    if (!protocol.reads) return;
    if (this.#validator === undefined) {
      delivery.streamPart(bytes as Buffer);
      return;
    }
    // "When an endpoint is to interpret a byte stream as UTF-8 but finds that the byte stream is not, in fact, a valid
    // UTF-8 stream, that endpoint MUST _Fail the WebSocket Connection_" (§8.1).
    if (this.#validator.check(bytes, 0, bytes.length) !== -1) {
      this.#fail({ violation: VIOLATION.INVALID_UTF8, detail: 'once inflated' });
      return;
    }
    const whole = this.#characters.take(bytes, 0, bytes.length);
    delivery.streamPart((this.#decodesText ? decodeUtf8(whole, 0, whole.length) : whole) as Message);
  }

  needsInput(): void {
    this.#reading.readOn(STOPPED_BY.INFLATING);
  }

  complete(): void {
    if (this.#validator?.isComplete === false) {
      this.#fail({ violation: VIOLATION.INVALID_UTF8, detail: 'the last character is cut off' });
      return;
    }
    this.#reading.streamInflated();
  }

  failed(fault: InflateFault): void {
    this.#fail(failureOf(fault));
  }

  #fail({ violation, detail }: Failure): void {
    this.#stream.close();
    this.#reading.protocol.fail(violation, detail);
    this.#reading.readOn(STOPPED_BY.INFLATING);
  }
}

/** Returns the rule that a message breaks if it cannot be inflated. */
export function failureOf({ kind, detail }: InflateFault): Failure {
  return { violation: kind === 'too-big' ? VIOLATION.MESSAGE_TOO_BIG : VIOLATION.INVALID_COMPRESSED_DATA, detail };
}
