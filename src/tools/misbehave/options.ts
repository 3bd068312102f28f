/** What some kinds can be told. */
export interface MisbehaveOptions {
  /** The code of the Close frames of `close-at-once` and `close-code-reserved`. */
  readonly code?: number | undefined;
  /** The reason in the Close frame of `close-at-once`. Needs a code. */
  readonly reason?: string | undefined;
  /**
   * Milliseconds. `accept-late` waits so long before its 101, and `close-late` before its Close frame (default 5,000).
   * `slow-byte` (default 10) and `slow-head` (default 1,000) wait so long after each byte.
   */
  readonly delay?: number | undefined;
  /** How many frames a flood has. Each kind says its default. */
  readonly count?: number | undefined;
  /** Called with what the other endpoint did, when a connection has ended. */
  readonly onReport?: ((report: PeerReport) => void) | undefined;
}

/** What the other endpoint of a misbehaving peer did. */
export interface PeerReport {
  /** The address and port of the other endpoint. */
  readonly peer: string;
  /** The first line of its request or response, if a whole head arrived. */
  readonly head: string | undefined;
  /** Whether a 101 was sent or received. */
  readonly opened: boolean;
  /** How many data frames arrived. */
  readonly dataFrames: number;
  /** Its Close frame. `code` is 1005 if the frame had none. */
  readonly close: { readonly code: number; readonly reason: string } | undefined;
  /** The rule that its frames broke, if they did. */
  readonly violation: string | undefined;
  /** How it ended TCP. `undefined` if this end destroyed the connection first. */
  readonly end: 'fin' | 'reset' | undefined;
}
