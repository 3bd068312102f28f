import type { Duplex } from 'node:stream';
import { onAbort } from '../abort-signal.js';
import { HandshakeError, invalidReturn } from '../errors.js';
import { setImmediate } from '../timers.js';
import { isOwned } from '../transport/socket-owner.js';
import { isDuplex, type Transport, transportOf } from '../transport/transport.js';
import { transportInfo } from '../transport/transport-info.js';
import type { Dial, DialOptions } from './dial.js';
import { dialError } from './dial-error.js';
import type { Destination } from './url.js';

/**
 * Calls a dial function, and checks what it returns.
 *
 * @throws {HandshakeError} if it fails, or does not settle before `signal` is aborted. A transport that it returns
 *   later is destroyed
 * @throws {TypeError} if it returns anything other than a Duplex or a Transport, or one that another connection uses
 */
export async function callDial(
  dial: Dial,
  destination: Destination,
  signal: AbortSignal,
  options: DialOptions,
): Promise<Transport> {
  const dialed = new Promise<Duplex | Transport>(resolve => {
    resolve(dial(destination, signal, options));
  });
  const abort = abortOf(signal);
  let opened: Duplex | Transport;
  try {
    opened = await Promise.race([dialed, abort.promise]);
  } catch (cause) {
    if (signal.aborted) dialed.then(destroy, ignore);
    if (cause instanceof HandshakeError) throw cause;
    throw dialError(cause, 'connect', 'network', destination, signal);
  } finally {
    abort.stopListening();
  }
  const transport = toTransport(opened, destination);
  if (isOwned(transport.duplex))
    throw invalidReturn('dial', 'a Duplex that no other connection uses', transport.duplex);
  return transport;
}

/** @throws {TypeError} if it is neither a Duplex nor a Transport */
function toTransport(opened: Duplex | Transport, destination: Destination): Transport {
  try {
    return isDuplex(opened) ? transportOf(opened, transportInfo(opened, destination.socketPath)) : transportOf(opened);
  } catch {
    throw invalidReturn('dial', 'a connected Duplex or a Transport', opened);
  }
}

/**
 * A promise that rejects one turn of the event loop after `signal` was aborted. If the dial function rejects in this
 * turn, its error is reported, because it says more.
 */
function abortOf(signal: AbortSignal): { readonly promise: Promise<never>; readonly stopListening: () => void } {
  let stopListening = (): void => {};
  const promise = new Promise<never>((_, reject) => {
    const rejectLater = () => void setImmediate(() => reject(signal.reason));
    stopListening = onAbort(signal, rejectLater);
    if (signal.aborted) rejectLater();
  });
  promise.catch(ignore);
  return { promise, stopListening };
}

function destroy(opened: Duplex | Transport): void {
  const duplex = isDuplex(opened) ? opened : (opened as Partial<Transport> | null | undefined)?.duplex;
  // Nothing else listens for its errors any more.
  duplex?.on('error', ignore).destroy();
}

function ignore(): void {}
