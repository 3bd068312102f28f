import { onAbort } from '../abort-signal.js';
import { addressesOf } from './addresses.js';
import type { SocketOptions } from './socket-options.js';
import type { Destination } from './url.js';

/** For each remote host and port, a promise that resolves when all attempts so far are over. */
const attempts = new Map<string, Promise<void>>();

/**
 * "There MUST be no more than one connection in a CONNECTING state. If multiple connections to the same IP address are
 * attempted simultaneously, the client MUST serialize them" (RFC 6455 §4.1). Waits until earlier attempts are
 * established or have failed.
 *
 * @param options how the host name is looked up. If undefined, hosts are told apart by name
 * @param signal ends the wait. The returned function must be called even then
 * @returns the function to call when this attempt is over
 */
export async function waitForEarlierAttempts(
  destination: Destination,
  options: SocketOptions | undefined,
  signal: AbortSignal,
): Promise<() => void> {
  const host = await remoteHost(destination, options, signal);
  const earlier = attempts.get(host) ?? Promise.resolve();
  let end = (): void => {};
  const ended = new Promise<void>(resolve => {
    end = resolve;
  });
  const all = earlier.then(() => ended);
  attempts.set(host, all);
  void all.then(() => {
    if (attempts.get(host) === all) attempts.delete(host);
  });
  if (!signal.aborted) {
    await new Promise<void>(resolve => {
      const stopListening = onAbort(signal, resolve);
      void earlier.then(stopListening).then(resolve);
    });
  }
  return end;
}

/**
 * "the remote host (IP address) identified by /host/ and port /port/ pair, even if the remote host is known by another
 * name" (§4.1). If the lookup fails, the name identifies the host, and connecting will report the error.
 */
async function remoteHost(
  { hostname, port, socketPath }: Destination,
  options: SocketOptions | undefined,
  signal: AbortSignal,
): Promise<string> {
  if (socketPath !== undefined) return socketPath;
  if (options === undefined) return `${hostname} ${port}`;
  const lookup = options.lookup === undefined ? {} : { lookup: options.lookup };
  const [address] = await addressesOf(hostname, lookup, signal).catch(() => [hostname]);
  return `${address} ${port}`;
}
