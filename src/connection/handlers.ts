import { captureRejectionSymbol } from 'node:events';
import { callSafely, emitTo, warn } from '../application-code.js';
import { HandlerError } from '../errors.js';
import { CLOSE_CODE } from '../framing/close-code.js';
import type { ConnectionEvents } from './events.js';
import type { Reading } from './reading.js';
import type { WebSocketConnection } from './websocket-connection.js';

/** Calls the listeners of a connection. If one of them fails, the connection ends with 1011. */
export class Handlers {
  readonly #reading: Reading;
  /** After the first failure, only `close` is emitted, because the state of the application may be inconsistent. */
  #hasFailed = false;

  constructor(reading: Reading) {
    this.#reading = reading;
  }

  /** Whether a listener has failed. If so, only `close` is still emitted. */
  get hasFailed(): boolean {
    return this.#hasFailed;
  }

  /** Emits an event other than `message`, which Delivery emits. */
  notify<E extends keyof ConnectionEvents>(event: E, value: ConnectionEvents[E][0]): void {
    if (!this.#hasFailed || event === 'close') emitTo(this.#reading.connection, failListener, event, value);
  }

  /** Ends the connection because a listener threw or rejected, and reports the first failure. */
  failed(event: string, thrown: unknown): void {
    if (this.#hasFailed && event !== 'close' && event !== 'handlerError') return;
    const { closing, connection, onHandlerError } = this.#reading;
    // An async listener may loop over this connection. If the loop threw because the connection was lost, the listener
    // has not failed, and `close` reports the loss.
    if (thrown !== undefined && thrown === closing.failure) return;
    this.#hasFailed = true;
    const error = new HandlerError(event, thrown);
    if (closing.state === 'open') this.#reading.close(CLOSE_CODE.INTERNAL_ERROR, '', error);
    // If a listener for handlerError fails itself, it is not called again.
    const unreported = () => warn(error);
    if (event !== 'handlerError' && emitTo(connection, unreported, 'handlerError', error)) return;
    callSafely(() => {
      if (onHandlerError?.(error, connection) !== true) unreported();
    }, unreported);
  }
}

/**
 * Ends a connection because its listener, or a `connection` listener of its server, threw. EventEmitter does the same
 * if a listener rejects.
 */
export function failListener(connection: WebSocketConnection, event: string, thrown: unknown): void {
  connection[captureRejectionSymbol]?.(thrown as Error, event as keyof ConnectionEvents);
}
