import type { Socket } from 'node:net';
import { onAbort } from '../abort-signal.js';
import { clearTimeout, setTimeout } from '../timers.js';
import { HandshakeTimeout, messageOf } from './failure.js';

export interface RaceOptions {
  /** Begins to connect to an address. */
  readonly connect: (address: string) => Socket;
  /** How long to wait before the next attempt starts, in milliseconds. */
  readonly attemptDelay: number;
}

/**
 * Connects to several addresses of one host. The first to answer wins (Happy Eyeballs, RFC 8305 §5).
 *
 *     2001:db8::1  ├──────────────────────────      no answer: destroyed
 *     192.0.2.1         ├──▶ refused
 *     2001:db8::2          ├──────────────────      no answer yet: destroyed
 *     192.0.2.2                 ├─────────────▶ connected
 *                  0   250      500 ms …
 *
 * The next attempt starts `attemptDelay` after the last one, or as soon as one has failed. Earlier attempts go on: an
 * address that takes 300 ms to answer is slow, not dead. (`autoSelectFamily` of node:net gives up an attempt when it
 * starts the next one.)
 *
 * @param signal ends all attempts
 * @returns the socket, which has one listener of ours: it ignores errors
 * @throws the error of the only attempt, or an AggregateError with those of all; the reason of `signal`
 */
export function connectToFirst(
  addresses: readonly string[],
  { connect, attemptDelay }: RaceOptions,
  signal: AbortSignal,
): Promise<Socket> {
  return new Promise((resolve, reject) => {
    /** The sockets that are connecting, each with a function that removes our listeners. */
    const attempts = new Map<string, { readonly socket: Socket; readonly release: () => void }>();
    const errors: unknown[] = [];
    let started = 0;
    let timer: NodeJS.Timeout | undefined;

    const startNext = () => {
      clearTimeout(timer);
      const address = addresses[started++]!;
      if (started < addresses.length) timer = setTimeout(startNext, attemptDelay);
      try {
        start(address);
      } catch (error) {
        failed(address, error);
      }
    };
    const start = (address: string) => {
      const socket = connect(address);
      const onConnect = () => won(address);
      const onError = (error: Error) => failed(address, error);
      const onClose = () => failed(address, new Error(`the connection to ${address} was closed`));
      socket.on('connect', onConnect).on('error', onError).on('close', onClose);
      // For a socket that has lost, or has no other listener yet. `destroyed` shows its error.
      socket.on('error', ignore);
      const release = () => socket.off('connect', onConnect).off('error', onError).off('close', onClose);
      attempts.set(address, { socket, release });
    };
    const drop = (address: string) => {
      const attempt = attempts.get(address);
      attempts.delete(address);
      attempt?.release();
      return attempt?.socket;
    };
    const end = () => {
      clearTimeout(timer);
      stopListening();
      for (const address of attempts.keys()) drop(address)?.destroy();
    };
    const won = (address: string) => {
      const socket = drop(address)!;
      end();
      resolve(socket);
    };
    const failed = (address: string, error: unknown) => {
      drop(address)?.destroy();
      errors.push(error);
      if (started < addresses.length) return startNext();
      if (attempts.size > 0) return;
      end();
      reject(addresses.length === 1 ? error : new AggregateError(errors));
    };
    const aborted = () => {
      const outcomes = [
        ...errors.map(messageOf),
        ...Array.from(attempts.keys(), address => `no answer from ${address}`),
      ];
      end();
      const { reason } = signal;
      reject(
        reason instanceof HandshakeTimeout && addresses.length > 1 ? reason.withDetail(outcomes.join('; ')) : reason,
      );
    };
    const stopListening = onAbort(signal, aborted);
    if (signal.aborted) aborted();
    else startNext();
  });
}

function ignore(): void {}
