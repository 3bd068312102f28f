import { GUID } from '../handshake/http1/key.js';

/** Constants that several files of this folder share. Their names and values are those of the package `ws`. */

/** The payload of every empty message and control frame. */
export const EMPTY_BUFFER: Buffer = Buffer.alloc(0);

export const hasBlob: boolean = typeof Blob !== 'undefined';

/** The form in which binary messages are delivered. */
export type BinaryType = 'nodebuffer' | 'arraybuffer' | 'fragments' | 'blob';

export const BINARY_TYPES: readonly string[] = ['nodebuffer', 'arraybuffer', 'fragments', 'blob'];

export const CLOSE_TIMEOUT = 30_000;

export const MAX_PAYLOAD: number = 100 * 1024 * 1024;
export const MAX_FRAGMENTS: number = 16 * 1024;
export const MAX_BUFFERED_CHUNKS: number = 256 * 1024;
export const MAX_PENDING_AUTO_PONGS = 60;

/** The close code of an error that fails the connection. */
export const kStatusCode: unique symbol = Symbol('status-code');
/** The listener that was passed to addEventListener(), on the one that was added to the emitter. */
export const kListener: unique symbol = Symbol('kListener');
/** Whether a listener was set by an `on…` attribute. */
export const kForOnEventAttribute: unique symbol = Symbol('kIsForOnEventAttribute');
/** The WebSocket of a socket. */
export const kWebSocket: unique symbol = Symbol('websocket');

export const NOOP = (): void => {};

export { GUID };
