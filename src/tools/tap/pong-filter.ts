import { FrameDecoder, OPCODE } from '../../framing/index.js';

const ALL_RSV = 7;

/** Where a frame is in the stream. */
interface Span {
  readonly start: number;
  readonly end: number;
  readonly isPong: boolean;
}

/**
 * Leaves the Pong frames out of the frames of one side, and passes on every other byte unchanged. A header that is not
 * complete is held back, at most 13 bytes. After a frame that breaks a rule, everything passes.
 */
export class PongFilter {
  readonly #dropped: (payloadLength: number) => void;
  readonly #decoder: FrameDecoder;
  /** The frame that the next byte belongs to, if its header was complete. */
  #current: Span = { start: 0, end: 0, isPong: false };
  #started: Span[] = [];
  #held: Uint8Array = new Uint8Array(0);

  /** @param dropped called with the length of the payload of each Pong */
  constructor(dropped: (payloadLength: number) => void) {
    this.#dropped = dropped;
    const sink = {
      frameStart: ({ offset, headerLength, payloadLength, opcode }: FrameDecoder['header']) => {
        const isPong = opcode === OPCODE.PONG;
        this.#started.push({ start: offset, end: offset + headerLength + payloadLength, isPong });
        if (isPong) this.#dropped(payloadLength);
        return undefined;
      },
      framePayload: () => undefined,
      frameEnd: () => undefined,
    };
    this.#decoder = new FrameDecoder(sink, { from: 'any', assignedRsv: ALL_RSV });
  }

  /** Takes the next bytes, cut anywhere. Returns those that pass. */
  take(chunk: Uint8Array): Uint8Array[] {
    if (this.#decoder.error !== undefined) return [chunk];
    const bytes = this.#held.length === 0 ? chunk : Buffer.concat([this.#held, chunk]);
    const base = this.#decoder.offset - this.#held.length;
    const end = base + bytes.length;
    this.#started = [];
    this.#decoder.push(chunk);
    const passed: Uint8Array[] = [];
    let at = base;
    for (const span of [this.#current, ...this.#started]) {
      const stop = Math.min(span.end, end);
      if (stop > at && !span.isPong) passed.push(bytes.subarray(at - base, stop - base));
      at = Math.max(at, stop);
      this.#current = span;
    }
    const rest = bytes.subarray(at - base);
    if (this.#decoder.error === undefined) {
      this.#held = rest.slice();
    } else {
      this.#held = this.#held.subarray(0, 0);
      if (rest.length > 0) passed.push(rest);
    }
    return passed;
  }

  /** Returns the bytes of a header that was cut off. */
  end(): Uint8Array {
    return this.#held;
  }
}
