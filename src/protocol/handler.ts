import type { ProtocolError } from '../errors.js';

/**
 * What a Protocol calls while receive() or stopBefore() runs. None of these methods may throw, because the position in
 * the bytes would be lost.
 */
export interface ProtocolHandler {
  /**
   * A message: text as a string, or as bytes if `text` is 'buffer', binary as bytes. Bytes are not overwritten. Their
   * ArrayBuffer may contain other messages too.
   */
  message(data: string | Uint8Array, isText: boolean): void;
  /**
   * A message begins whose parts follow as they arrive. Needed if streamMessages() is called, like the next two. If
   * `isCompressed`, its parts are still compressed (RFC 7692 §6). If inflating takes time, do as for
   * compressedMessage().
   */
  messageStart?(isText: boolean, isCompressed: boolean): void;
  /** The next part of a message, not empty. A text that is not compressed is never cut within a character. */
  messagePart?(data: string | Uint8Array): void;
  messageEnd?(): void;
  /**
   * A compressed message, still compressed (RFC 7692 §6). Needed if `assignedRsv` has RSV1. If inflating takes time,
   * call stopBefore('message') now and stopBefore('nothing') when it is done. If the message is invalid, call fail().
   */
  compressedMessage?(bytes: Uint8Array, isText: boolean): void;
  /**
   * A Ping arrived. Its Pong is queued, unless `autoPong` is false. `payload` may be overwritten after the call: copy
   * what you keep.
   */
  ping(payload: Uint8Array): void;
  /** A Pong arrived. `payload` may be overwritten after the call. */
  pong(payload: Uint8Array): void;
  /**
   * The peer's Close frame arrived (code 1005 if it had none). In state CLOSE_RECEIVED, this method may send last
   * messages. The Close frame is answered when it returns, unless it calls deferClose().
   */
  closeReceived(code: number, reason: string): void;
  /** The peer broke a rule. Our Close frame, which names the rule, is queued. */
  failed(error: ProtocolError): void;
}
