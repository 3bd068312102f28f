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

  /** Whether a listener has failed: nothing but `close` is emitted any more. */
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
    // An async listener may loop over this connection. That the connection was lost is not its failure, and `close`
    // reports it.
    if (thrown !== undefined && thrown === closing.failure) return;
    this.#hasFailed = true;
    const error = new HandlerError(event, thrown);
    if (closing.state === 'open') this.#reading.close(CLOSE_CODE.INTERNAL_ERROR, '', error);
    // A listener of handlerError that fails itself is not called again.
    const unreported = () => warn(error);
    if (event !== 'handlerError' && emitTo(connection, unreported, 'handlerError', error)) return;
    callSafely(() => {
      if (onHandlerError?.(error, connection) !== true) unreported();
    }, unreported);
  }
}

/**
 * Fails a connection on behalf of which a listener threw, as EventEmitter does for one that rejects. The server's
 * `connection` listeners are among them.
 */
export function failListener(connection: WebSocketConnection, event: string, thrown: unknown): void {
  connection[captureRejectionSymbol]?.(thrown as Error, event as keyof ConnectionEvents);
}
