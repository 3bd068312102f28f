import dns from 'node:dns';
import net from 'node:net';
import { onAbort } from '../abort-signal.js';
import { callSafely } from '../application-code.js';
import { describeValue, HandlerError, typeError } from '../errors.js';
import type { SocketOptions } from './socket-options.js';

/** The result that `dns.lookup()` and similar functions pass to their callback. */
type Found = string | readonly dns.LookupAddress[];

/**
 * Looks up the addresses of a host, in the order in which to try them. An IP address is returned unchanged.
 *
 * @param signal ends the wait. The promise rejects with its reason
 * @throws the error of the lookup, or a HandlerError if `lookup` throws or returns anything other than IP addresses
 */
export function addressesOf(
  hostname: string,
  { lookup = dns.lookup, family = 0 }: Pick<SocketOptions, 'lookup' | 'family'>,
  signal: AbortSignal,
): Promise<readonly string[]> {
  return new Promise((resolve, reject) => {
    if (net.isIP(hostname) !== 0) return resolve([hostname]);
    if (signal.aborted) return reject(signal.reason);
    // Nothing can stop a lookup. After an abort, its result is ignored.
    const stopListening = onAbort(signal, () => reject(signal.reason));
    const done = (error: Error | null | undefined, found: Found) => {
      stopListening();
      if (error) return reject(error);
      const addresses = toAddresses(found);
      if (!addresses.every(address => net.isIP(address) !== 0)) return failed(wrongResult(found));
      if (addresses.length > 0) return resolve(alternating(addresses));
      reject(Object.assign(new Error(`no address for ${hostname}`), { code: 'ENOTFOUND', syscall: 'getaddrinfo' }));
    };
    const failed = (thrown: unknown) => {
      stopListening();
      reject(new HandlerError('socket.lookup', thrown, 'option'));
    };
    // ADDRCONFIG leaves out a family in which this machine has no address. node:net uses it too.
    const options = { all: true, family, hints: family === 0 ? dns.ADDRCONFIG : 0 } as const;
    callSafely(() => (lookup as net.LookupFunction)(hostname, options, done as never), failed);
  });
}

/** A `lookup` of the application may ignore `all` and return a single address. */
function toAddresses(found: Found): string[] {
  if (!Array.isArray(found)) return [found as string];
  return found.map((entry: dns.LookupAddress | undefined) => entry?.address as string);
}

function wrongResult(found: unknown): TypeError {
  const [first] = Array.isArray(found) ? found : [found];
  return typeError(`it must call back with IP addresses, got ${describeValue(first?.address ?? first)}`);
}

/**
 * "Whichever address family is first in the list should be followed by an address of the other address family" (RFC
 * 8305 §4). So a family that does not work costs one delay, however many addresses it has.
 */
function alternating(addresses: readonly string[]): readonly string[] {
  const family = net.isIP(addresses[0]!);
  const first = addresses.filter(address => net.isIP(address) === family);
  const second = addresses.filter(address => net.isIP(address) !== family);
  return [...new Set(addresses.flatMap((_, i) => [first[i], second[i]]).filter(address => address !== undefined))];
}
