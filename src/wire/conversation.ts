/** The bytes of a WebSocket connection, as a capture or a live tap delivers them. */

/** The endpoint that sent something. */
export type Side = 'client' | 'server';

/** Something that happened on a connection. `time` is in milliseconds since 1970, with fractions if available. */
export type WireEvent =
  | { readonly type: 'bytes'; readonly from: Side; readonly time: number | undefined; readonly bytes: Uint8Array }
  /** Bytes that were sent but are missing from the capture. */
  | { readonly type: 'gap'; readonly from: Side; readonly time: number | undefined; readonly length: number }
  /** The end of the bytes of one side. */
  | { readonly type: 'end'; readonly from: Side; readonly time: number | undefined; readonly how: 'fin' | 'reset' }
  /** A whole message or control frame, from a source that records no frames, such as a HAR file. */
  | {
      readonly type: 'message';
      readonly from: Side;
      readonly time: number | undefined;
      readonly opcode: number;
      readonly data: Uint8Array;
    };

/** One TCP connection. */
export interface Conversation {
  /** Counts from 1, in the order in which the connections were opened. */
  readonly id: number;
  /** The address and port of the client, such as `127.0.0.1:50000`, if known. */
  readonly client: string | undefined;
  /** The address and port of the server, if known. */
  readonly server: string | undefined;
  /** Whether the bytes were sent through TLS, which a tap has taken off. */
  readonly isTls?: boolean | undefined;
  readonly events: readonly WireEvent[];
  /** What the reader of the capture could not read or had to assume, for people. */
  readonly notes: readonly string[];
}
