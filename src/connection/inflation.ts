import { decodeUtf8, isUtf8 } from '#platform';
import type { Failure } from '../framing/frame-decoder.js';
import { MAX_TEXT_SIZE } from '../framing/message-assembler.js';
import { VIOLATION } from '../framing/violations.js';
import { isThenable } from '../host-values.js';
import { type Inflated, InflateFault, type PerMessageDeflate } from '../permessage-deflate/index.js';
import type { Reading } from './reading.js';
import { failureOf, StreamInflation } from './stream-inflation.js';

/** The result of inflating a message: text, binary, or a broken rule. */
export type InflatedMessage = string | Uint8Array | Failure;

/** Inflates compressed messages, then checks them as the assembler checks other messages (RFC 6455 §8.1, §10.4). */
export class Inflation {
  readonly #deflate: PerMessageDeflate;
  readonly #decodesText: boolean;

  constructor(deflate: PerMessageDeflate, decodesText: boolean) {
    this.#deflate = deflate;
    this.#decodesText = decodesText;
  }

  /**
   * Inflates a message. Returns a promise if that takes time, and the next message must wait for it. The promise
   * resolves to undefined after close().
   */
  inflate(bytes: Uint8Array, isText: boolean): InflatedMessage | Promise<InflatedMessage | undefined> {
    const inflated = this.#deflate.inflate(bytes);
    if (!isThenable(inflated)) return messageOf(inflated, isText, this.#decodesText);
    return inflated.then(result => (result === undefined ? undefined : messageOf(result, isText, this.#decodesText)));
  }

  /** Inflates the next message in parts, for messages({ stream: true }). */
  inflateStream(reading: Reading, isText: boolean): StreamInflation {
    return new StreamInflation(reading, this.#deflate, isText, this.#decodesText);
  }

  /** Frees the contexts. */
  close(): void {
    this.#deflate.close();
  }
}

function messageOf(inflated: Inflated, isText: boolean, decodesText: boolean): InflatedMessage {
  if (inflated instanceof InflateFault) return failureOf(inflated);
  if (!isText) return inflated;
  if (decodesText && inflated.length > MAX_TEXT_SIZE) {
    return { violation: VIOLATION.MESSAGE_TOO_BIG, detail: `a text of ${inflated.length} bytes` };
  }
  // "When an endpoint is to interpret a byte stream as UTF-8 but finds that the byte stream is not, in fact, a valid
  // UTF-8 stream, that endpoint MUST _Fail the WebSocket Connection_" (§8.1). This can be checked only after inflating.
  if (!isUtf8(inflated, 0, inflated.length)) return { violation: VIOLATION.INVALID_UTF8, detail: 'once inflated' };
  if (!decodesText) return inflated;
  try {
    return decodeUtf8(inflated, 0, inflated.length);
  } catch {
    return {
      violation: VIOLATION.MESSAGE_TOO_BIG,
      detail: `there is not enough memory for a text of ${inflated.length} bytes`,
    };
  }
}
