import { OutputLimitError } from './zlib-job.js';

/** The reason why a message cannot be inflated. It is returned, not thrown, since the peer is at fault. */
export class InflateFault {
  /**
   * 'too-big': larger than allowed, or than memory permits (close code 1009). 'corrupt': not DEFLATE data (close code
   * 1007).
   */
  readonly kind: 'too-big' | 'corrupt';
  /** What is wrong, as a sentence for people. */
  readonly detail: string;

  constructor(kind: InflateFault['kind'], detail: string) {
    this.kind = kind;
    this.detail = detail;
  }
}

/**
 * §7.2.2: "Append 4 octets of 0x00 0x00 0xff 0xff to the tail end of the payload of the message." The last two octets
 * are an empty final block. zlib reaches it only if the message is complete, and otherwise fails instead of waiting for
 * more.
 */
export const TAIL: Uint8Array = Uint8Array.of(0x00, 0x00, 0xff, 0xff, 0x03, 0x00);

/**
 * How many DEFLATE streams a message may contain. Most have one. A stream costs microseconds, but a peer needs only two
 * bytes for it.
 */
export const MAX_STREAMS = 256;

/** Returns the fault that an error of zlib, of Buffer or an OutputLimitError stands for. */
export function inflateFault(error: unknown, maxMessageSize: number): InflateFault {
  if (isOutputLimit(error)) return new InflateFault('too-big', `it inflates to more than ${maxMessageSize} bytes`);
  if (isOutOfMemory(error)) {
    return new InflateFault('too-big', `there is not enough memory: ${(error as Error).message}`);
  }
  return new InflateFault('corrupt', (error as Error).message);
}

export function isOutputLimit(error: unknown): boolean {
  return error instanceof OutputLimitError || (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE';
}

/** Buffer and zlib report this in several ways. Their other errors are TypeErrors, or have another code. */
function isOutOfMemory(error: unknown): boolean {
  const { name, code } = error as NodeJS.ErrnoException;
  return name === 'RangeError' || code === 'Z_MEM_ERROR' || code === 'ERR_MEMORY_ALLOCATION_FAILED';
}
