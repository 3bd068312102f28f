import { onAbort } from '../abort-signal.js';
import { addressesOf } from './addresses.js';
import type { Destination } from './url.js';

/** For each remote host and port, a promise that all attempts which stand in its line are over. */
const lines = new Map<string, Promise<void>>();

/**
 * "There MUST be no more than one connection in a CONNECTING state. If multiple connections to the same IP address are attempted
 * simultaneously, the client MUST serialize them" (RFC 6455 §4.1). Waits until the attempts that came before have been established or
 * have failed, and gives the function that ends this one's turn.
 *
 * @param signal ends the wait: the turn is then of no use, and still to be ended
 */
export async function waitForTurn(destination: Destination, signal: AbortSignal): Promise<() => void> {
  const host = await remoteHost(destination, signal);
  const before = lines.get(host) ?? Promise.resolve();
  let leave = (): void => {};
  const over = new Promise<void>(resolve => {
    leave = resolve;
  });
  const line = before.then(() => over);
  lines.set(host, line);
  void line.then(() => {
    if (lines.get(host) === line) lines.delete(host);
  });
  if (!signal.aborted) {
    await new Promise<void>(resolve => {
      const stopListening = onAbort(signal, resolve);
      void before.then(stopListening).then(resolve);
    });
  }
  return leave;
}

/**
 * "the remote host (IP address) identified by /host/ and port /port/ pair, even if the remote host is known by another name" (§4.1).
 * One whose address cannot be found goes by its name: that the name is wrong, connecting to it will tell.
 */
async function remoteHost({ hostname, port, socketPath }: Destination, signal: AbortSignal): Promise<string> {
  if (socketPath !== undefined) return socketPath;
  const [address] = await addressesOf(hostname, 0, signal).catch(() => [hostname]);
  return `${address} ${port}`;
}
