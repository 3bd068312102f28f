/** Which end of a connection this is. */
export type Role = 'client' | 'server';

/** Options of Protocol. */
export interface ProtocolOptions {
  /** The maximum size of one message, in bytes. Default 16 MiB. */
  readonly maxMessageSize?: number | undefined;
  /** The maximum number of fragments in one message, including empty ones. Default 131,072. */
  readonly maxFragments?: number | undefined;
  /** Whether chunks passed to receive() may be overwritten and kept (see FrameDecoderOptions). Default false. */
  readonly ownsChunks?: boolean | undefined;
  /** The reserved bits that negotiated extensions use (see FrameDecoderOptions). Default none. */
  readonly assignedRsv?: number | undefined;
  /** 'buffer' delivers text as bytes, which were checked to be UTF-8. Default 'string'. */
  readonly text?: 'string' | 'buffer' | undefined;
  /** Whether each Ping is answered with a Pong. Default true. */
  readonly autoPong?: boolean | undefined;
  /** Returns the masking key for the next frame of a client. By default, keys come from a secure random source. */
  readonly makeKey?: (() => number) | undefined;
}

export const DEFAULT_MAX_MESSAGE_SIZE: number = 16 * 1024 * 1024;
export const DEFAULT_MAX_FRAGMENTS = 131_072;
