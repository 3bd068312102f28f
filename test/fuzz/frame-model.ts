/**
 * A second, naive implementation of RFC 6455 §5: it sees the whole stream at once, keeps no state between bytes, and
 * uses BigInt for lengths. It uses nothing from src/, so that a fault there cannot hide itself. Client and server
 * differ only in masking.
 */

/** A frame in the stream, legal or not, complete or not. */
export interface WireFrame {
  readonly offset: number;
  readonly fin: boolean;
  readonly rsv: number;
  readonly opcode: number;
  readonly key: Uint8Array | undefined;
  readonly length: bigint;
  /** How many bytes the extended length has. */
  readonly lengthBytes: 0 | 2 | 8;
  readonly payloadOffset: number;
  /** The part of the payload that has arrived, unmasked. */
  readonly payload: Uint8Array;
  readonly isWhole: boolean;
}

/** Returns the frame at `offset`, or undefined if its header is incomplete. */
function frameAt(bytes: Uint8Array, offset: number): WireFrame | undefined {
  const [first, second] = [bytes[offset], bytes[offset + 1]];
  if (first === undefined || second === undefined) return undefined;
  const short = second & 0x7f;
  const lengthBytes = short === 127 ? 8 : short === 126 ? 2 : 0;
  const keyLength = second & 0x80 ? 4 : 0;
  const payloadOffset = offset + 2 + lengthBytes + keyLength;
  if (payloadOffset > bytes.length) return undefined;
  let length = lengthBytes === 0 ? BigInt(short) : 0n;
  for (let i = 0; i < lengthBytes; i++) length = length * 256n + BigInt(bytes[offset + 2 + i]!);
  const key = keyLength === 0 ? undefined : bytes.subarray(payloadOffset - 4, payloadOffset);
  const end = BigInt(payloadOffset) + length;
  const isWhole = end <= BigInt(bytes.length);
  const payload = bytes.subarray(payloadOffset, isWhole ? Number(end) : bytes.length);
  return {
    offset,
    fin: first >= 0x80,
    rsv: first & 0x70,
    opcode: first & 0x0f,
    key,
    length,
    lengthBytes,
    payloadOffset,
    payload: key === undefined ? payload : payload.map((byte, i) => byte ^ key[i % 4]!),
    isWhole,
  };
}

/** Yields the frames of a stream. The last one may be incomplete, if its header is complete. */
export function* framesIn(bytes: Uint8Array): Generator<WireFrame> {
  for (let offset = 0; ; ) {
    const frame = frameAt(bytes, offset);
    if (frame === undefined) return;
    yield frame;
    if (!frame.isWhole) return;
    offset = frame.payloadOffset + frame.payload.length;
  }
}

export interface Limits {
  readonly maxMessageSize: number;
  readonly maxFragments: number;
}

/** The events that a receiver must report, and the frames that it must answer with. */
export interface Trace {
  readonly events: string[];
  readonly answers: ReadonlyArray<readonly [opcode: number, payload: Uint8Array]>;
}

interface Message {
  readonly isText: boolean;
  readonly parts: Uint8Array[];
  fragments: number;
  announced: bigint;
}

/** A violated rule: its name, the close code, and the offset. */
class RuleViolation extends Error {
  readonly closeCode: number;
  readonly offset: number;

  constructor(rule: string, closeCode: number, offset: number) {
    super(rule);
    this.closeCode = closeCode;
    this.offset = offset;
  }
}

/** Returns what a receiver must do with the bytes that `from` has sent. */
export function traceOf(bytes: Uint8Array, from: 'client' | 'server', limits: Limits): Trace {
  const events: string[] = [];
  const answers: Array<[number, Uint8Array]> = [];
  try {
    let message: Message | undefined;
    for (const frame of framesIn(bytes)) {
      checkHeader(frame, from);
      if (frame.opcode < 8) {
        message = append(message, frame, limits);
        if (message.isText) checkText(message, frame);
      }
      if (!frame.isWhole) break;
      if (frame.opcode < 8 && frame.fin) {
        events.push(describeMessage(message!));
        message = undefined;
      } else if (frame.opcode === 8) {
        events.push(checkClose(frame));
        answers.push([8, frame.payload.subarray(0, 2)]);
        return { events, answers };
      } else if (frame.opcode > 8) {
        events.push(`${frame.opcode === 9 ? 'ping' : 'pong'} ${hex(frame.payload)}`);
        if (frame.opcode === 9) answers.push([10, frame.payload]);
      }
    }
    return { events, answers };
  } catch (error) {
    if (!(error instanceof RuleViolation)) throw error;
    events.push(`failed ${error.closeCode} ${error.message} at ${error.offset}`);
    answers.push([8, Uint8Array.of(error.closeCode >> 8, error.closeCode)]);
    return { events, answers };
  }
}

function checkHeader(frame: WireFrame, from: 'client' | 'server'): void {
  const { offset, opcode, length, lengthBytes } = frame;
  const isMasked = frame.key !== undefined;
  const fail = (rule: string, closeCode = 1002) => {
    throw new RuleViolation(rule, closeCode, offset);
  };
  if (frame.rsv !== 0) fail('RESERVED_BITS');
  if (![0, 1, 2, 8, 9, 10].includes(opcode)) fail('RESERVED_OPCODE');
  if (from === 'client' && !isMasked) fail('UNMASKED_CLIENT_FRAME');
  if (from === 'server' && isMasked) fail('MASKED_SERVER_FRAME');
  if (opcode >= 8 && !frame.fin) fail('FRAGMENTED_CONTROL_FRAME');
  if (opcode >= 8 && length > 125n) fail('CONTROL_FRAME_TOO_LONG');
  if (lengthBytes === 2 && length < 126n) fail('LENGTH_NOT_MINIMAL');
  if (lengthBytes === 8 && length < 65_536n) fail('LENGTH_NOT_MINIMAL');
  if (length >= 2n ** 63n) fail('LENGTH_SIGN_BIT');
  if (length >= 2n ** 53n) fail('MESSAGE_TOO_BIG', 1009);
}

function append(open: Message | undefined, frame: WireFrame, limits: Limits): Message {
  if (frame.opcode === 0 && open === undefined) throw new RuleViolation('CONTINUATION_OF_NOTHING', 1002, frame.offset);
  if (frame.opcode !== 0 && open !== undefined) throw new RuleViolation('MESSAGE_INTERRUPTED', 1002, frame.offset);
  const message = open ?? { isText: frame.opcode === 1, parts: [], fragments: 0, announced: 0n };
  message.announced += frame.length;
  message.fragments++;
  if (message.announced > BigInt(limits.maxMessageSize)) throw new RuleViolation('MESSAGE_TOO_BIG', 1009, frame.offset);
  if (message.fragments > limits.maxFragments) throw new RuleViolation('TOO_MANY_FRAGMENTS', 1008, frame.offset);
  message.parts.push(frame.payload);
  return message;
}

/** Checks UTF-8 byte by byte. An incomplete character at the end of the message is reported at the last frame. */
function checkText(message: Message, frame: WireFrame): void {
  const text = Buffer.concat(message.parts);
  const { wrong, missing } = firstInvalidByte(text);
  if (wrong !== -1) {
    const inFrame = wrong - (text.length - frame.payload.length);
    throw new RuleViolation('INVALID_UTF8', 1007, frame.payloadOffset + inFrame);
  }
  if (frame.fin && frame.isWhole && missing > 0) throw new RuleViolation('INVALID_UTF8', 1007, frame.offset);
}

/** Returns the index of the first invalid byte (RFC 3629 §4), or -1, and how many bytes the last character lacks. */
function firstInvalidByte(text: Uint8Array): { wrong: number; missing: number } {
  for (let at = 0; at < text.length; ) {
    const lead = text[at]!;
    const length =
      lead < 0x80
        ? 1
        : lead >= 0xc2 && lead < 0xe0
          ? 2
          : lead >= 0xe0 && lead < 0xf0
            ? 3
            : lead >= 0xf0 && lead < 0xf5
              ? 4
              : 0;
    if (length === 0) return { wrong: at, missing: 0 };
    for (let i = 1; i < length; i++) {
      const byte = text[at + i];
      if (byte === undefined) return { wrong: -1, missing: length - i };
      const isTail = byte >> 6 === 0b10;
      const isOverlong = i === 1 && ((lead === 0xe0 && byte < 0xa0) || (lead === 0xf0 && byte < 0x90));
      const isBeyond = i === 1 && ((lead === 0xed && byte > 0x9f) || (lead === 0xf4 && byte > 0x8f));
      if (!isTail || isOverlong || isBeyond) return { wrong: at + i, missing: 0 };
    }
    at += length;
  }
  return { wrong: -1, missing: 0 };
}

function checkClose(frame: WireFrame): string {
  const { payload, offset } = frame;
  if (payload.length === 0) return 'close 1005 ""';
  if (payload.length === 1) throw new RuleViolation('CLOSE_PAYLOAD_TOO_SHORT', 1002, offset);
  const code = payload[0]! * 256 + payload[1]!;
  const isAssigned = (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014);
  if (!isAssigned && !(code >= 3000 && code <= 4999)) throw new RuleViolation('INVALID_CLOSE_CODE', 1002, offset);
  const { wrong, missing } = firstInvalidByte(payload.subarray(2));
  if (wrong !== -1 || missing > 0) throw new RuleViolation('INVALID_CLOSE_REASON', 1007, offset);
  return `close ${code} ${JSON.stringify(Buffer.from(payload.subarray(2)).toString())}`;
}

/** Describes a message. checkText() has accepted its text, so the decoder must accept it too. */
function describeMessage({ isText, parts }: Message): string {
  const bytes = Buffer.concat(parts);
  return isText
    ? `text ${JSON.stringify(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes))}`
    : `binary ${hex(bytes)}`;
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}
