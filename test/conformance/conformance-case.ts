import { BINARY, CLOSE, CONTINUATION, type Frame, PING, PONG, type SentFrame, TEXT } from './wire.js';

/**
 * One conversation with an endpoint, and all that may become of it. The expectation is the strictest behaviour that the RFC
 * allows: these frames in this order, this close code, nothing more.
 */
export interface ConformanceCase {
  /** Section, group and number, e.g. `5.2.1`. The sections bear the Autobahn|Testsuite's numbers; the cases are our own. */
  readonly id: string;
  /** The behaviour, and the RFC's section. */
  readonly title: string;
  /** What the tester sends and what it must get, in order, Close frames included. */
  readonly dialogue: readonly Line[];
  readonly ending: Ending;
  /** What the application at the endpoint does with messages. Left out: it sends them back. */
  readonly application?: Application;
  /** The extension that the case stands on, e.g. `permessage-deflate`. Left out: none, and none may be agreed on. */
  readonly extension?: CaseExtension;
  /** The endpoint that it is for. Left out: both. */
  readonly only?: 'client' | 'server';
}

/** - clean: both Close frames went over the wire; the server ends TCP, the client waits for that (§7.1.1).
 *  - failed: the endpoint ends TCP by itself, whatever its role (§7.1.7).
 *  - dropped: the tester ends TCP without a Close frame, and the endpoint does likewise. */
export type Ending = 'clean' | 'failed' | 'dropped';

export type Line = Sends | Gets | GetsMessage | GetsCompressed;

export interface Sends {
  readonly kind: 'sends';
  /** A frame, or bytes that are none. */
  readonly what: SentFrame | Uint8Array;
  /** Sent in pieces of so many bytes, even where everything else goes whole. */
  readonly inPiecesOf?: number;
}

export interface Gets {
  readonly kind: 'gets';
  readonly frame: Frame;
  /** A Close frame need only bear the code: its reason is for people. */
  readonly anyReason?: boolean;
}

/** A message in at least so many fragments, wherever they are cut. */
export interface GetsMessage {
  readonly kind: 'gets message';
  readonly opcode: number;
  readonly payload: Uint8Array;
  readonly fragments: number;
}

/** A message in one frame with RSV1, as permessage-deflate has it (RFC 7692 §7.2.1). */
export interface GetsCompressed {
  readonly kind: 'gets compressed';
  readonly opcode: number;
  /** The message before it was compressed. */
  readonly message: Uint8Array;
  readonly windowBits: number;
  /** What the endpoint may refer to: its earlier messages, where it takes over its context. */
  readonly history: Uint8Array;
}

export type Application =
  /** Closes at the first message, by this code and reason; `goesOn` has it send that one back all the same, and all behind it. */
  | { readonly does: 'close'; readonly code?: number; readonly reason?: string; readonly goesOn?: true }
  /** Sends a message back as a stream of pieces of so many bytes. */
  | { readonly does: 'stream'; readonly pieceSize: number };

/** What the tester says in Sec-WebSocket-Extensions, and to which reserved bits it gives a meaning. */
export interface CaseExtension {
  readonly name: string;
  /** The tester's offer, towards a server. */
  readonly offer: string;
  /** The response: what a server must answer, its parameters in any order, and what the tester answers a client that offered it. */
  readonly response: string;
  readonly assignedBits: number;
  /** What the endpoint's application asks for, by the names of its own API; the same object for the same settings. */
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

/** FIN is clear: more fragments follow. */
export const more: FrameOptions = { fin: false };

/** The header announces more than follows. */
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

/** A Close frame with this code, or with no body. */
export function getsClose(code?: number): Gets {
  return { kind: 'gets', frame: close(code), anyReason: code !== undefined };
}

/** The same frame there and back. */
export function echo(sent: SentFrame): Line[] {
  return [sends(sent), gets(sent)];
}

// Cases

type CaseOptions = Pick<ConformanceCase, 'application' | 'extension' | 'only'>;

/** The endpoint takes all of it; then the tester closes, and the endpoint answers. */
export function takes(id: string, title: string, lines: readonly Line[], options: CaseOptions = {}): ConformanceCase {
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

/** `count` bytes, each of them known. */
export function someBytes(count: number): Uint8Array {
  const bytes = new Uint8Array(count);
  for (let i = 0; i < count; i++) bytes[i] = i * 31 + (i >> 8);
  return bytes;
}

/** Text of `count` bytes, not all of them ASCII. */
export function someText(count: number): Uint8Array {
  const bytes = Buffer.alloc(count, 'wörter κόσμε 🦊 ');
  // The last character may be cut off.
  for (let i = Math.max(0, count - 4); i < count; i++) bytes[i] = 0x2e;
  let last = count - 5;
  while (last >= 0 && bytes[last]! >= 0x80) bytes[last--] = 0x2e;
  return bytes;
}

/** A message in frames of at most `size` bytes of payload. */
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
