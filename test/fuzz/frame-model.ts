/**
 * RFC 6455 §5 once more, as plainly as it can be written: the whole stream at hand, no state between bytes, BigInt lengths. Nothing of
 * src/ is used, so that a fault there cannot hide itself. Client and server differ in the mask bit alone.
 */

/** A frame as it stands in the bytes, legal or not, whole or cut off. */
export interface WireFrame {
  readonly offset: number;
  readonly fin: boolean;
  readonly rsv: number;
  readonly opcode: number;
  readonly key: Uint8Array | undefined;
  readonly length: bigint;
  /** How many bytes the extended length takes. */
  readonly lengthBytes: 0 | 2 | 8;
  readonly payloadOffset: number;
  /** As much as has come, unmasked. */
  readonly payload: Uint8Array;
  readonly isWhole: boolean;
}

/** The frame that begins at `offset`; undefined where its header is not whole. */
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

/** The frames of a stream, up to the first one that is not whole, which comes too if its header is. */
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

/** What a receiver of these bytes must say, event by event, and the frames it must answer with: opcode and payload. */
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

/** A rule was broken: its name, the close code, and the place. */
class Broken extends Error {
  readonly closeCode: number;
  readonly offset: number;

  constructor(rule: string, closeCode: number, offset: number) {
    super(rule);
    this.closeCode = closeCode;
    this.offset = offset;
  }
}

/** What becomes of the bytes that `from` has sent. */
export function traceOf(bytes: Uint8Array, from: 'client' | 'server', limits: Limits): Trace {
  const events: string[] = [];
  const answers: Array<[number, Uint8Array]> = [];
  try {
    let message: Message | undefined;
    for (const frame of framesIn(bytes)) {
      judgeHeader(frame, from);
      if (frame.opcode < 8) {
        message = joined(message, frame, limits);
        if (message.isText) judgeText(message, frame);
      }
      if (!frame.isWhole) break;
      if (frame.opcode < 8 && frame.fin) {
        events.push(shownMessage(message!));
        message = undefined;
      } else if (frame.opcode === 8) {
        events.push(judgeClose(frame));
        answers.push([8, frame.payload.subarray(0, 2)]);
        return { events, answers };
      } else if (frame.opcode > 8) {
        events.push(`${frame.opcode === 9 ? 'ping' : 'pong'} ${hex(frame.payload)}`);
        if (frame.opcode === 9) answers.push([10, frame.payload]);
      }
    }
    return { events, answers };
  } catch (error) {
    if (!(error instanceof Broken)) throw error;
    events.push(`failed ${error.closeCode} ${error.message} at ${error.offset}`);
    answers.push([8, Uint8Array.of(error.closeCode >> 8, error.closeCode)]);
    return { events, answers };
  }
}

function judgeHeader(frame: WireFrame, from: 'client' | 'server'): void {
  const { offset, opcode, length, lengthBytes } = frame;
  const isMasked = frame.key !== undefined;
  const breaks = (rule: string, closeCode = 1002) => {
    throw new Broken(rule, closeCode, offset);
  };
  if (frame.rsv !== 0) breaks('RESERVED_BITS');
  if (![0, 1, 2, 8, 9, 10].includes(opcode)) breaks('RESERVED_OPCODE');
  if (from === 'client' && !isMasked) breaks('UNMASKED_CLIENT_FRAME');
  if (from === 'server' && isMasked) breaks('MASKED_SERVER_FRAME');
  if (opcode >= 8 && !frame.fin) breaks('FRAGMENTED_CONTROL_FRAME');
  if (opcode >= 8 && length > 125n) breaks('CONTROL_FRAME_TOO_LONG');
  if (lengthBytes === 2 && length < 126n) breaks('LENGTH_NOT_MINIMAL');
  if (lengthBytes === 8 && length < 65_536n) breaks('LENGTH_NOT_MINIMAL');
  if (length >= 2n ** 63n) breaks('LENGTH_SIGN_BIT');
  if (length >= 2n ** 53n) breaks('MESSAGE_TOO_BIG', 1009);
}

function joined(open: Message | undefined, frame: WireFrame, limits: Limits): Message {
  if (frame.opcode === 0 && open === undefined) throw new Broken('CONTINUATION_OF_NOTHING', 1002, frame.offset);
  if (frame.opcode !== 0 && open !== undefined) throw new Broken('MESSAGE_INTERRUPTED', 1002, frame.offset);
  const message = open ?? { isText: frame.opcode === 1, parts: [], fragments: 0, announced: 0n };
  message.announced += frame.length;
  message.fragments++;
  if (message.announced > BigInt(limits.maxMessageSize)) throw new Broken('MESSAGE_TOO_BIG', 1009, frame.offset);
  if (message.fragments > limits.maxFragments) throw new Broken('TOO_MANY_FRAGMENTS', 1008, frame.offset);
  message.parts.push(frame.payload);
  return message;
}

/** UTF-8 is judged byte by byte; a character that the end of the message cuts off, at the last frame. */
function judgeText(message: Message, frame: WireFrame): void {
  const text = Buffer.concat(message.parts);
  const { wrong, owed } = firstWrongByte(text);
  if (wrong !== -1) {
    const inFrame = wrong - (text.length - frame.payload.length);
    throw new Broken('INVALID_UTF8', 1007, frame.payloadOffset + inFrame);
  }
  if (frame.fin && frame.isWhole && owed > 0) throw new Broken('INVALID_UTF8', 1007, frame.offset);
}

/** The index of the first byte that no character of RFC 3629 §4 can have there, or -1; and how many bytes the last one lacks. */
function firstWrongByte(text: Uint8Array): { wrong: number; owed: number } {
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
    if (length === 0) return { wrong: at, owed: 0 };
    for (let i = 1; i < length; i++) {
      const byte = text[at + i];
      if (byte === undefined) return { wrong: -1, owed: length - i };
      const isTail = byte >> 6 === 0b10;
      const isOverlong = i === 1 && ((lead === 0xe0 && byte < 0xa0) || (lead === 0xf0 && byte < 0x90));
      const isBeyond = i === 1 && ((lead === 0xed && byte > 0x9f) || (lead === 0xf4 && byte > 0x8f));
      if (!isTail || isOverlong || isBeyond) return { wrong: at + i, owed: 0 };
    }
    at += length;
  }
  return { wrong: -1, owed: 0 };
}

function judgeClose(frame: WireFrame): string {
  const { payload, offset } = frame;
  if (payload.length === 0) return 'close 1005 ""';
  if (payload.length === 1) throw new Broken('CLOSE_PAYLOAD_TOO_SHORT', 1002, offset);
  const code = payload[0]! * 256 + payload[1]!;
  const isAssigned = (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014);
  if (!isAssigned && !(code >= 3000 && code <= 4999)) throw new Broken('INVALID_CLOSE_CODE', 1002, offset);
  const { wrong, owed } = firstWrongByte(payload.subarray(2));
  if (wrong !== -1 || owed > 0) throw new Broken('INVALID_CLOSE_REASON', 1007, offset);
  return `close ${code} ${JSON.stringify(Buffer.from(payload.subarray(2)).toString())}`;
}

/** Joins what judgeText() has let pass, so the decoder here must not find it wrong. */
function shownMessage({ isText, parts }: Message): string {
  const bytes = Buffer.concat(parts);
  return isText
    ? `text ${JSON.stringify(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes))}`
    : `binary ${hex(bytes)}`;
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}
