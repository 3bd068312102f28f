import { BINARY, CLOSE, CONTINUATION, type Frame, PING, PONG, type SentFrame, TEXT } from './wire.js';

/**
 * One conversation with an endpoint, and how it must end. The expectation is the strictest behaviour that the RFC
 * allows: these frames in this order, this close code, and nothing more.
 */
export interface ConformanceCase {
  /**
   * Section, group and number, e.g. `5.2.1`. Sections have the numbers of the Autobahn|Testsuite. The cases are our
   * own.
   */
  readonly id: string;
  /** The behaviour, and the section of the RFC. */
  readonly title: string;
  /** What the tester sends and what it expects, in order, including Close frames. */
  readonly dialogue: readonly Line[];
  readonly ending: Ending;
  /** What the application at the endpoint does with a message. By default it sends the message back. */
  readonly application?: Application;
  /** The extension that the case uses, e.g. `permessage-deflate`. By default none, and none may be negotiated. */
  readonly extension?: CaseExtension;
  /** The only endpoint that the case is for. By default it is for both. */
  readonly only?: 'client' | 'server';
}

/**
 * - clean: both Close frames were exchanged. The server ends TCP, and the client waits for that (§7.1.1).
 * - failed: the endpoint ends TCP, whatever its role (§7.1.7).
 * - dropped: the tester ends TCP without a Close frame, and the endpoint ends it too.
 */
export type Ending = 'clean' | 'failed' | 'dropped';

export type Line = Sends | Gets | GetsMessage | GetsCompressed;

export interface Sends {
  readonly kind: 'sends';
  /** A frame, or bytes that are not a frame. */
  readonly what: SentFrame | Uint8Array;
  /** Send it in pieces of this many bytes, even in the segmentation `whole`. */
  readonly inPiecesOf?: number;
}

export interface Gets {
  readonly kind: 'gets';
  readonly frame: Frame;
  /** Compare only the code of the Close frame, not its reason. */
  readonly anyReason?: boolean;
}

/** A message in at least this many fragments, split anywhere. */
export interface GetsMessage {
  readonly kind: 'gets message';
  readonly opcode: number;
  readonly payload: Uint8Array;
  readonly fragments: number;
}

/** A message in one frame with RSV1, as in permessage-deflate (RFC 7692 §7.2.1). */
export interface GetsCompressed {
  readonly kind: 'gets compressed';
  readonly opcode: number;
  /** The message before compression. */
  readonly message: Uint8Array;
  readonly windowBits: number;
  /** What the endpoint may refer to: its earlier messages if it takes over its context, or nothing. */
  readonly history: Uint8Array;
}

export type Application =
  /** Closes on the first message. With `sendsAfterClose`, it still sends that message back, and all later ones. */
  | { readonly does: 'close'; readonly code?: number; readonly reason?: string; readonly sendsAfterClose?: true }
  /** Sends a message back as a stream of pieces of this many bytes. */
  | { readonly does: 'stream'; readonly pieceSize: number };

/** How the tester negotiates an extension, and which reserved bits the extension uses. */
export interface CaseExtension {
  readonly name: string;
  /** What the tester offers to a server. */
  readonly offer: string;
  /** The response that a server must send (its parameters in any order), and that the tester sends to a client. */
  readonly response: string;
  readonly assignedBits: number;
  /** The options that the endpoint's application sets. Cases with equal options must share one object. */
  readonly settings: Readonly<Record<string, boolean | number>>;
}

// Frames

type FrameOptions = Partial<Omit<SentFrame, 'opcode' | 'payload'>>;
type Payload = string | Uint8Array;

export function frame(opcode: number, payload: Payload = '', options: FrameOptions = {}): SentFrame {
  const bytes = typeof payload === 'string' ? Buffer.from(payload) : payload;
  return { fin: true, rsv: 0, opcode, payload: bytes, ...options };
}

export function text(payload: Payload = '', options: FrameOptions = {}): SentFrame {
  return frame(TEXT, payload, options);
}

export function binary(payload: Payload = '', options: FrameOptions = {}): SentFrame {
  return frame(BINARY, payload, options);
}

export function continuation(payload: Payload = '', options: FrameOptions = {}): SentFrame {
  return frame(CONTINUATION, payload, options);
}

export function ping(payload: Payload = '', options: FrameOptions = {}): SentFrame {
  return frame(PING, payload, options);
}

export function pong(payload: Payload = '', options: FrameOptions = {}): SentFrame {
  return frame(PONG, payload, options);
}

export function close(code?: number, reason: Payload = '', options: FrameOptions = {}): SentFrame {
  if (code === undefined) return frame(CLOSE, reason, options);
  return frame(CLOSE, Buffer.concat([Buffer.of(code >> 8, code & 0xff), Buffer.from(reason as string)]), options);
}

/** Clears FIN: more fragments follow. */
export const more: FrameOptions = { fin: false };

/** The frame with a header that announces `missing` more bytes than are sent. */
export function cutShort(whole: SentFrame, missing: number): SentFrame {
  return { ...whole, announces: BigInt(whole.payload.length + missing) };
}

// Lines

export function sends(what: SentFrame | Uint8Array, inPiecesOf?: number): Sends {
  return inPiecesOf === undefined ? { kind: 'sends', what } : { kind: 'sends', what, inPiecesOf };
}

export function gets(expected: Frame): Gets {
  return { kind: 'gets', frame: expected };
}

export function getsMessage(opcode: number, payload: Payload, fragments: number): GetsMessage {
  const bytes = typeof payload === 'string' ? Buffer.from(payload) : payload;
  return { kind: 'gets message', opcode, payload: bytes, fragments };
}

/** Expects a Close frame with this code and any reason, or with an empty body. */
export function getsClose(code?: number): Gets {
  return { kind: 'gets', frame: close(code), anyReason: code !== undefined };
}

/** Sends a frame and expects the same frame back. */
export function echo(sent: SentFrame): Line[] {
  return [sends(sent), gets(sent)];
}

// Cases

type CaseOptions = Pick<ConformanceCase, 'application' | 'extension' | 'only'>;

/** The endpoint accepts every line. Then the tester closes, and the endpoint answers. */
export function accepts(id: string, title: string, lines: readonly Line[], options: CaseOptions = {}): ConformanceCase {
  const dialogue = [...lines, sends(close(1000)), getsClose(1000)];
  return { id, title, dialogue, ending: 'clean', ...options };
}

/** The endpoint fails the connection: it sends a Close frame with this code and ends TCP (§7.1.7). */
export function fails(
  id: string,
  title: string,
  lines: readonly Line[],
  code: number,
  options: CaseOptions = {},
): ConformanceCase {
  return { id, title, dialogue: [...lines, getsClose(code)], ending: 'failed', ...options };
}

export function conversation(
  id: string,
  title: string,
  dialogue: readonly Line[],
  ending: Ending,
  options: CaseOptions = {},
): ConformanceCase {
  return { id, title, dialogue, ending, ...options };
}

/** Returns `count` bytes that are always the same. */
export function someBytes(count: number): Uint8Array {
  const bytes = new Uint8Array(count);
  for (let i = 0; i < count; i++) bytes[i] = i * 31 + (i >> 8);
  return bytes;
}

/** Returns `count` bytes of text, not only ASCII. */
export function someText(count: number): Uint8Array {
  const bytes = Buffer.alloc(count, 'wörter κόσμε 🦊 ');
  // Replace an incomplete character at the end by dots.
  for (let i = Math.max(0, count - 4); i < count; i++) bytes[i] = 0x2e;
  let last = count - 5;
  while (last >= 0 && bytes[last]! >= 0x80) bytes[last--] = 0x2e;
  return bytes;
}

/** Splits a message into frames of at most `size` bytes of payload. */
export function fragments(first: SentFrame, size: number): SentFrame[] {
  const { payload, opcode } = first;
  const frames: SentFrame[] = [];
  for (let start = 0; start < payload.length; start += size) {
    const end = Math.min(start + size, payload.length);
    frames.push({
      ...first,
      opcode: start === 0 ? opcode : CONTINUATION,
      rsv: start === 0 ? first.rsv : 0,
      payload: payload.subarray(start, end),
      fin: end === payload.length,
    });
  }
  return frames;
}
