import type { CloseEvent, ErrorEvent } from './events.js';

/** The events of a WebSocket. */
export interface WebSocketEventMap {
  /** The connection is open. */
  open: Event;
  /** A message: `data` is a string, or for a binary message a Blob or an ArrayBuffer, as `binaryType` says. */
  message: MessageEvent;
  /** The connection failed. `close` follows. */
  error: ErrorEvent;
  /** The connection has closed, or could not be opened. No event follows. */
  close: CloseEvent;
}

/** A listener of addEventListener(). */
export type Listener<E> = ((event: E) => unknown) | { handleEvent(event: E): unknown };

/** Options of addEventListener(). */
export interface ListenerOptions {
  readonly capture?: boolean;
  readonly once?: boolean;
  readonly passive?: boolean;
  readonly signal?: AbortSignal;
}

/** The value of an event handler attribute such as `onmessage`. */
export type Handler<E> = ((event: E) => unknown) | null;

/**
 * The event that `onerror` gets: an ErrorEvent. Its properties are optional so that this class can be used where the
 * compiler expects the WebSocket of lib.dom, whose `onerror` gets an Event.
 */
export interface ErrorHandlerEvent extends Event {
  readonly message?: string;
  readonly error?: unknown;
}
