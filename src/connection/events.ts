import type { HandlerError } from '../errors.js';
import type { CloseInfo } from './close-info.js';
import type { Message } from './inbox.js';

/** The events of a connection, with the arguments of their listeners. No listener is required. */
export interface ConnectionEvents {
  /**
   * A message: text as a string, binary as a Buffer. The ArrayBuffer of a Buffer may contain other messages too, even
   * some that have not been delivered yet. To transfer a message to a worker, copy it first. With the option
   * `text: 'buffer'`, text is a Buffer too, and `isBinary` is false.
   */
  message: [data: Message, isBinary: boolean];
  /** The connection has closed. No event follows. */
  close: [info: CloseInfo];
  /** After send() returned false: no more than `highWaterMark` bytes wait. */
  drain: [];
  ping: [payload: Buffer];
  pong: [payload: Buffer];
  /**
   * A listener threw or rejected, so the connection was closed with 1011. Only the first failure is reported, and only
   * `close` follows. Without a listener, the process is warned.
   */
  handlerError: [error: HandlerError];
}
