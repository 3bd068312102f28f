/** Which end of a connection this is. */
export type Role = 'client' | 'server';

/** Options of Protocol. */
export interface ProtocolOptions {
  /** The most bytes of one message. 16 MiB if left out. */
  readonly maxMessageSize?: number | undefined;
  /** The most fragments of one message, empty ones too. 131,072 if left out. */
  readonly maxFragments?: number | undefined;
  /** Whether chunks given to receive() may be overwritten and kept (see FrameDecoderOptions). False if left out. */
  readonly ownsChunks?: boolean | undefined;
  /** The reserved bits that negotiated extensions use (see FrameDecoderOptions). None if left out. */
  readonly assignedRsv?: number | undefined;
  /** 'buffer' leaves text as bytes, checked to be UTF-8. 'string' if left out. */
  readonly text?: 'string' | 'buffer' | undefined;
  /** Whether each Ping is answered with a Pong. True if left out. */
  readonly autoPong?: boolean | undefined;
  /** Returns a client's masking keys. Uses a secure random source if left out. */
  readonly makeKey?: (() => number) | undefined;
}

export const DEFAULT_MAX_MESSAGE_SIZE: number = 16 * 1024 * 1024;
export const DEFAULT_MAX_FRAGMENTS = 131_072;
