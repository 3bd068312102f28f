import type { ProtocolError } from '../errors.js';

/**
 * The methods that a Protocol calls while receive() or stopBefore() runs. None of these methods may throw, because the
 * position in the bytes would be lost.
 */
export interface ProtocolHandler {
  /**
   * A message arrived. Text is a string, or bytes if `text` is 'buffer'. Binary is bytes. The bytes are not
   * overwritten, but their ArrayBuffer may contain other messages too.
   */
  message(data: string | Uint8Array, isText: boolean): void;
  /**
   * A message has begun, and its parts follow as they arrive. Like the next two methods, this one is required if
   * streamMessages() is called. If `isCompressed`, the parts are still compressed (RFC 7692 §6). If inflating takes
   * time, call stopBefore() as for compressedMessage().
   */
  messageStart?(isText: boolean, isCompressed: boolean): void;
  /** The next part of the message. It is not empty, and text that is not compressed is never cut within a character. */
  messagePart?(data: string | Uint8Array): void;
  /** The message is complete. */
  messageEnd?(): void;
  /**
   * A compressed message arrived. It is still compressed (RFC 7692 §6). Required if `assignedRsv` includes RSV1. If
   * inflating takes time, call stopBefore('message') now and stopBefore('nothing') when it is done. If the message is
   * invalid, call fail().
   */
  compressedMessage?(bytes: Uint8Array, isText: boolean): void;
  /**
   * A Ping arrived. Its Pong is queued, unless `autoPong` is false. `payload` may be overwritten after the call, so
   * copy it to keep it.
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
