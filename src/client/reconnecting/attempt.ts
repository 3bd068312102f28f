import { onAbort } from '../../abort-signal.js';
import { HandlerError, invalidReturn, typeError } from '../../errors.js';
import { connect } from '../connect.js';
import type { ConnectOptions } from '../options.js';
import { connectionEnded, type FailureCause, openingFailed } from './connection-failure.js';
import type { Ended, Link } from './link.js';
import { linkOf, type Reconnectable } from './link-of.js';
import type { PerAttempt, ReconnectAttempt, ReconnectingSettings } from './options.js';
import { WebSocketLink } from './web-socket-link.js';

/** A connection that is ready for use. */
export interface Opened<C> {
  readonly connection: C;
  readonly link: Link;
}

/** The arguments of makeAttempt(). */
export interface AttemptInit<C extends Reconnectable> {
  readonly url: PerAttempt<string | URL>;
  readonly settings: ReconnectingSettings<C>;
  readonly attempt: ReconnectAttempt;
  /** Called before the connection can have messages: a W3C WebSocket may be opening still. */
  readonly opening: (link: Link) => void;
}

/**
 * Makes one attempt:
 *
 *     url() ──▶ connect() ──▶ open() ──▶ onOpen()
 *
 * If it fails, its connection has closed when the promise resolves, so two attempts never overlap.
 */
export async function makeAttempt<C extends Reconnectable>(init: AttemptInit<C>): Promise<Opened<C> | FailureCause> {
  const { url, settings, attempt } = init;
  const { signal } = attempt;
  let link: Link | undefined;
  try {
    const address = await untilAborted(signal, resolved(url, attempt));
    const options = await untilAborted(signal, resolved(settings.connect, attempt));
    const connection = await open(settings, address, options, signal);
    link = linkOf(connection);
    checkHeartbeat(settings, link);
    init.opening(link);
    await untilAborted(signal, link.opened);
    const ended = await Promise.race([link.closed, onOpen(init, connection)]);
    if (ended !== undefined) return connectionEnded(ended);
    return { connection, link };
  } catch (error) {
    if (link !== undefined) {
      if (error instanceof HandlerError) link.fail();
      else link.close();
      await link.closed;
    }
    return openingFailed(error);
  }
}

function checkHeartbeat({ heartbeat }: { readonly heartbeat: unknown }, link: Link): void {
  if (heartbeat === undefined || link instanceof WebSocketLink) return;
  throw typeError('heartbeat is for a W3C WebSocket: a WebSocketConnection has connect.pingInterval');
}

/** Calls a function for an attempt, or returns the value that is the same for all. */
async function resolved<T extends object | string>(value: PerAttempt<T>, attempt: ReconnectAttempt): Promise<T> {
  return typeof value === 'function' ? await value(attempt) : value;
}

async function open<C extends Reconnectable>(
  settings: ReconnectingSettings<C>,
  url: string | URL,
  options: ConnectOptions,
  signal: AbortSignal,
): Promise<C> {
  const given: unknown = options;
  if (typeof given !== 'object' || given === null) throw invalidReturn('connect', 'an object', given);
  if (options.signal !== undefined) {
    throw typeError("connect.signal is not available: pass 'signal' to reconnecting()");
  }
  const opening = (settings.open ?? (connect as unknown as NonNullable<typeof settings.open>))(url, {
    ...options,
    signal,
  });
  const opened = Promise.resolve(opening);
  try {
    return await untilAborted(signal, opened);
  } catch (error) {
    // An `open` function may ignore the signal.
    if (signal.aborted) opened.then(late => linkOf(late).close()).catch(() => {});
    throw error;
  }
}

/** @throws {HandlerError} if `onOpen` throws or rejects */
async function onOpen<C extends Reconnectable>(
  { settings, attempt }: AttemptInit<C>,
  connection: C,
): Promise<Ended | undefined> {
  if (settings.onOpen === undefined) return undefined;
  try {
    await untilAborted(attempt.signal, Promise.resolve(settings.onOpen(connection, attempt)));
  } catch (error) {
    if (attempt.signal.aborted) throw error;
    throw new HandlerError('onOpen', error, 'option');
  }
  return undefined;
}

/** Rejects with the reason of `signal` if it is aborted before `promise` settles. */
async function untilAborted<T>(signal: AbortSignal, promise: Promise<T>): Promise<T> {
  let stopListening = (): void => {};
  const aborted = new Promise<never>((_, reject) => {
    stopListening = onAbort(signal, () => reject(signal.reason));
    if (signal.aborted) reject(signal.reason);
  });
  aborted.catch(() => {});
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    stopListening();
  }
}

/** The error of an attempt that took too long. */
export class AttemptTimeout extends Error {
  constructor(timeout: number) {
    super(`the attempt took more than ${timeout} ms (attemptTimeout)`);
  }
}
