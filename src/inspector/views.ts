/**
 * What the components show. They know nothing of sockets or decoders: the inspector fills these from a live
 * conversation, and another page from whatever it has.
 */
import type { Side } from '../wire/conversation.js';

/** A field of a frame's header. */
export interface FieldView {
  /** The name in RFC 6455 §5.2, such as `FIN`. */
  readonly name: string;
  /** Counts from the first bit of the header. */
  readonly bitOffset: number;
  readonly bitLength: number;
  readonly value: string;
  readonly meaning: string;
  readonly section: string;
  /** The rule that the field breaks. */
  readonly error?: string | undefined;
}

export interface FrameView {
  /** Counts from 1 in each conversation, both directions together. */
  readonly number: number;
  readonly from: Side;
  /** In milliseconds since 1970. */
  readonly time: number | undefined;
  readonly opcode: number;
  readonly opcodeName: string;
  readonly fin: boolean;
  /** The names of the reserved bits that are set. */
  readonly rsv: readonly string[];
  readonly payloadLength: number;
  /** The bytes on the wire: header and payload. */
  readonly size: number;
  /** The position after the opening handshake, in bytes. */
  readonly offset: number;
  /** The header as on the wire. */
  readonly header: Uint8Array;
  /** The payload as far as it is known, unmasked. */
  readonly payload: Uint8Array;
  /** Whether the payload is text, or part of a text message. */
  readonly isText: boolean;
  readonly isCompressed: boolean;
  /** The masking key, 4 bytes. */
  readonly maskingKey: Uint8Array | undefined;
  /** What the payload says, in words, such as a close code. */
  readonly note: string;
  /** The rule that the frame breaks. */
  readonly error: ErrorView | undefined;
}

export interface ErrorView {
  readonly text: string;
  readonly section: string;
}

/** A line of an HTTP head, with a verdict. */
export interface HeadLineView {
  readonly text: string;
  readonly note: string;
  readonly verdict: 'good' | 'bad' | 'neutral';
}

export interface HeadView {
  readonly from: Side;
  readonly time: number | undefined;
  readonly lines: readonly HeadLineView[];
}
