import { decodeUtf8, isUtf8 } from '#platform';
import type { Failure } from '../framing/frame-decoder.js';
import { MAX_TEXT_SIZE } from '../framing/message-assembler.js';
import { VIOLATION } from '../framing/violations.js';
import { isThenable } from '../host-values.js';
import { type Inflated, InflateFault, type PerMessageDeflate } from '../permessage-deflate/index.js';

/** What a compressed message turns out to be: text, binary, or a broken rule. */
export type InflatedMessage = string | Uint8Array | Failure;

/** Compressed messages to messages: what the assembler does for the others (RFC 6455 §8.1, §10.4), behind the inflating. */
export class Inflation {
  readonly #deflate: PerMessageDeflate;

  constructor(deflate: PerMessageDeflate) {
    this.#deflate = deflate;
  }

  /** The promise is for a message that takes its time; the next one must wait for it. It gives undefined behind close(). */
  inflate(bytes: Uint8Array, isText: boolean): InflatedMessage | Promise<InflatedMessage | undefined> {
    const inflated = this.#deflate.inflate(bytes);
    if (!isThenable(inflated)) return messageOf(inflated, isText);
    return inflated.then(result => (result === undefined ? undefined : messageOf(result, isText)));
  }

  /** Frees the contexts. */
  close(): void {
    this.#deflate.close();
  }
}

function messageOf(inflated: Inflated, isText: boolean): InflatedMessage {
  if (inflated instanceof InflateFault) {
    const { kind, detail } = inflated;
    return { violation: kind === 'too-big' ? VIOLATION.MESSAGE_TOO_BIG : VIOLATION.INVALID_COMPRESSED_DATA, detail };
  }
  if (!isText) return inflated;
  if (inflated.length > MAX_TEXT_SIZE) {
    return { violation: VIOLATION.MESSAGE_TOO_BIG, detail: `a text of ${inflated.length} bytes` };
  }
  // "the endpoint … finds that the byte stream is not, in fact, a valid UTF-8 stream" can only be found behind the inflating (§8.1).
  if (!isUtf8(inflated, 0, inflated.length)) return { violation: VIOLATION.INVALID_UTF8, detail: 'once inflated' };
  try {
    return decodeUtf8(inflated, 0, inflated.length);
  } catch {
    return {
      violation: VIOLATION.MESSAGE_TOO_BIG,
      detail: `there is not enough memory for a text of ${inflated.length} bytes`,
    };
  }
}
