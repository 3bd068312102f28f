import dns from 'node:dns';
import net from 'node:net';
import { onAbort } from '../abort-signal.js';

/**
 * The addresses of a host, in the order in which to try them. An IP address is its own.
 *
 * @param family 4 or 6 for one family alone, 0 for both
 * @param signal ends the wait; its reason is what the promise rejects with
 * @throws the error of getaddrinfo()
 */
export function addressesOf(hostname: string, family: 0 | 4 | 6, signal: AbortSignal): Promise<readonly string[]> {
  return new Promise((resolve, reject) => {
    if (net.isIP(hostname) !== 0) return resolve([hostname]);
    if (signal.aborted) return reject(signal.reason);
    // Nothing can stop getaddrinfo(): after an abort, its answer is ignored.
    const stopListening = onAbort(signal, () => reject(signal.reason));
    // ADDRCONFIG: no address of a family in which this machine has none itself. node:net asks so too.
    dns.lookup(hostname, { all: true, family, hints: family === 0 ? dns.ADDRCONFIG : 0 }, (error, found) => {
      stopListening();
      if (error !== null) reject(error);
      else if (found.length > 0) resolve(alternating(found));
      else reject(Object.assign(new Error(`no address of ${hostname}`), { code: 'ENOTFOUND', syscall: 'getaddrinfo' }));
    });
  });
}

/**
 * "Whichever address family is first in the list should be followed by an address of the other address family" (RFC 8305 §4). So a family
 * that does not work costs one delay, however many addresses it has.
 */
function alternating(found: readonly dns.LookupAddress[]): readonly string[] {
  const first = found.filter(({ family }) => family === found[0]!.family);
  const second = found.filter(({ family }) => family !== found[0]!.family);
  const inTurn = found.flatMap((_, i) => [first[i], second[i]]).filter(entry => entry !== undefined);
  return [...new Set(inTurn.map(({ address }) => address))];
}
