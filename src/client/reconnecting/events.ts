import type { HandlerError } from '../../errors.js';
import type { ConnectionFailure } from './connection-failure.js';
import type { UnsentMessage } from './unsent-queue.js';

/** The state of a reconnecting client, for example for a user interface. */
export interface ReconnectingState {
  /**
   * - `'connecting'`: an attempt is being made
   * - `'open'`: there is a connection
   * - `'waiting'`: the next attempt follows after `delay` milliseconds
   * - `'offline'`: the host has no network
   * - `'closed'`: the client has ended
   */
  readonly name: 'connecting' | 'open' | 'waiting' | 'offline' | 'closed';
  /** How long the client waits in the state `'waiting'`, in milliseconds. */
  readonly delay: number | undefined;
  /** The last failure; undefined before the first one, and while there is a connection. */
  readonly failure: ConnectionFailure | undefined;
}

/** How a reconnecting client ended. */
export interface ReconnectingEnd {
  /** The failure that was not retried; undefined if the application closed the client. */
  readonly failure: ConnectionFailure | undefined;
  /** The messages that were never passed to a connection, in the order of send(). */
  readonly unsent: readonly UnsentMessage[];
}

/** The events of a reconnecting client, with the arguments of their listeners. */
export interface ReconnectingEvents<C> {
  state: [state: ReconnectingState];
  /** A connection is open, `onOpen` has finished, and the queue has been sent as far as the connection takes it. */
  open: [connection: C];
  message: [data: string | Buffer, isBinary: boolean];
  /** An attempt failed, or a connection ended. */
  failure: [failure: ConnectionFailure, isRetried: boolean];
  /** A message was dropped from the queue to make room, as `whenQueueFull: 'drop-oldest'` allows. */
  dropped: [message: UnsentMessage];
  /** After send() had returned false, everything has been passed to the connection. */
  drain: [];
  /** A listener or an option that is a function failed. Without a listener for this, the process prints a warning. */
  handlerError: [error: HandlerError];
  close: [end: ReconnectingEnd];
}
