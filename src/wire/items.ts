/** What a ConversationDecoder finds in the bytes of a connection. */
import type { Violation } from '../errors.js';
import type { ClosePayload } from '../framing/close-payload.js';
import type { Side } from './conversation.js';
import type { WatchedFrame } from './frame-watcher.js';

/** Something found in what one side sent. */
export interface Found {
  /** The side that sent it. */
  readonly from: Side;
  /** When its last byte was seen, in milliseconds since 1970, if known. */
  readonly time: number | undefined;
  /** Where it begins in the bytes of its side, from 0. The opening handshake counts too. */
  readonly offset: number;
}

/** Whether a part of the opening handshake follows the RFC. `note` says something about a part that breaks no rule. */
export type Verdict = 'right' | 'note' | 'wrong';

/** What is to be said about a part of a head. */
export interface Finding {
  readonly verdict: Verdict;
  /** A few words for people, or ''. */
  readonly note: string;
  /** The section that has the rule, such as `§4.1` of RFC 6455, or `RFC 9112 §5`. */
  readonly section?: string | undefined;
}

/** One line of a head. */
export interface JudgedLine extends Finding {
  /** The line without its end, one character per byte. Only the first 4096 bytes are kept. */
  readonly text: string;
  /** The name of a header in lower case; undefined in a first line, and in a line that is no header. */
  readonly name: string | undefined;
  /** Where the line begins in the bytes of its side. */
  readonly offset: number;
  /** The number of its bytes, without the line end. */
  readonly length: number;
}

/** The head of an HTTP request or response. */
export interface HeadItem extends Found {
  readonly type: 'head';
  readonly kind: 'request' | 'response';
  readonly lines: readonly JudgedLine[];
  /** About the head as a whole, such as headers that are missing. */
  readonly findings: readonly Finding[];
  /** The status of a response, if it has a valid first line. */
  readonly status: number | undefined;
  /** Whether the request asks for a WebSocket, or the response agrees to open one. */
  readonly isWebSocket: boolean;
  /** How Sec-WebSocket-Accept of a 101 is computed, if the request is known. */
  readonly accept: AcceptArithmetic | undefined;
  /** Whether the bytes end before the head does. */
  readonly isCutOff: boolean;
}

/** base64(SHA-1(key + guid)) = expected (RFC 6455 §4.2.2). */
export interface AcceptArithmetic {
  readonly key: string;
  readonly guid: string;
  readonly expected: string;
  /** What the server sent. */
  readonly actual: string | undefined;
}

/** The content of an HTTP message that opens no WebSocket. */
export interface BodyItem extends Found {
  readonly type: 'body';
  /** The first bytes. */
  readonly bytes: Uint8Array;
  /** The number of its bytes. */
  readonly length: number;
}

/** A frame. Its `offset` and that of its error count from the first byte of its side. */
export interface FrameItem extends Found, Omit<WatchedFrame, 'offset'> {
  readonly type: 'frame';
  /** Counts the frames of both sides, from 1. */
  readonly index: number;
  /** Whether permessage-deflate was agreed on, or may have been. */
  readonly mayCompress: boolean;
  /** The code and the reason of a valid Close frame. */
  readonly close: ClosePayload | undefined;
  /** For a Pong that answers a Ping: the index of that Ping, and the milliseconds between them. */
  readonly answers?: { readonly ping: number; readonly after: number | undefined } | undefined;
}

/** A whole message. */
export interface MessageItem extends Found {
  readonly type: 'message';
  /** Counts the messages of both sides, from 1. */
  readonly index: number;
  readonly opcode: number;
  /** The indexes of its first and last frame; undefined if the source has no frames. */
  readonly frames: readonly [first: number, last: number] | undefined;
  /** The bytes of the message, inflated. Only the first are kept of a long one. */
  readonly data: Uint8Array;
  /** The number of its bytes after inflating, or before, if it could not be inflated. */
  readonly length: number;
  /** The number of its bytes on the wire, if it was compressed. */
  readonly compressedLength: number | undefined;
  /** Why `data` is not the whole message, or is still compressed. */
  readonly note?: string | undefined;
}

/** A rule of RFC 6455 that a frame or a message breaks. After a frame that breaks one, nothing of its side is decoded. */
export interface ViolationItem extends Found {
  readonly type: 'violation';
  readonly violation: Violation;
  /** What broke the rule, or ''. */
  readonly detail: string;
  /** The index of the frame. */
  readonly frame: number;
}

/** Bytes that the capture misses. */
export interface GapItem extends Found {
  readonly type: 'gap';
  readonly length: number;
  /** Whether what follows is decoded. That is so only if the whole gap is within the payload of a frame or in a body. */
  readonly isBridged: boolean;
}

/** Something else to know about the bytes of one side. */
export interface RemarkItem extends Found, Finding {
  readonly type: 'remark';
  /** Identifies the remark for programs. */
  readonly code: RemarkCode;
}

/** What a RemarkItem is about. */
export type RemarkCode =
  /** The bytes are TLS records. */
  | 'tls'
  /** The bytes are HTTP/2. */
  | 'http2'
  /** The bytes are neither HTTP nor frames. */
  | 'foreign'
  /** There is no opening handshake, so what it agreed on is unknown. */
  | 'no-handshake'
  /** The server sent an HTTP response after the 101. */
  | 'second-response'
  /** Data after a Close frame. */
  | 'frame-after-close'
  /** The client sent frames before the server accepted. */
  | 'frames-before-101'
  /** A frame is cut off, or its header. */
  | 'cut-off'
  /** Bytes that were not decoded. */
  | 'not-decoded';

/** The end of what one side sent. */
export interface EndItem extends Found {
  readonly type: 'end';
  readonly how: 'fin' | 'reset';
}

/** What a ConversationDecoder finds. */
export type WireItem = HeadItem | BodyItem | FrameItem | MessageItem | ViolationItem | GapItem | RemarkItem | EndItem;
