import type { Socket } from 'node:net';
import type { ConnectionOptions } from 'node:tls';
import { addressesOf } from '../addresses.js';
import { dialError } from '../dial-error.js';
import { connectDirectly } from '../direct.js';
import type { SocketOptions } from '../socket-options.js';
import { secureContextOf, startTls } from '../tls.js';
import type { Destination } from '../url.js';
import { openHttpTunnel } from './http-tunnel.js';
import type { ProxyServer } from './proxy.js';
import { proxyFailed } from './proxy-error.js';
import { openSocks5Tunnel } from './socks5-tunnel.js';

/**
 * Opens a connection through a proxy, with TLS to the destination if `destination.secure`:
 *
 *     client ──▶ proxy (TCP, TLS for https:) ──▶ tunnel to the destination ──▶ TLS for wss:
 *
 * @throws {HandshakeError} with phase `proxy` if the proxy cannot be reached or refuses, `dns` if a name must be looked
 *   up here and is not found, `tls` if the handshake with the destination fails
 */
export async function connectThrough(
  proxy: ProxyServer,
  destination: Destination,
  signal: AbortSignal,
  socketOptions: SocketOptions,
  tls: ConnectionOptions | undefined,
): Promise<Socket> {
  // A wrong certificate fails before anything is opened.
  const secureContext = destination.secure ? secureContextOf(destination, tls) : undefined;
  const host = proxy.looksUpNames ? destination.hostname : await addressOf(destination, signal, socketOptions);
  const socket = await connectToProxy(proxy, destination, signal, socketOptions);
  try {
    if (proxy.kind === 'http') await openHttpTunnel(socket, proxy, destination, signal);
    else await openSocks5Tunnel(socket, proxy, destination, host, signal);
  } catch (cause) {
    socket.destroy();
    throw proxyFailed(cause, 'asking', proxy, destination, signal);
  }
  return secureContext === undefined ? socket : await startTls(socket, destination, signal, { ...tls, secureContext });
}

async function connectToProxy(
  proxy: ProxyServer,
  destination: Destination,
  signal: AbortSignal,
  socketOptions: SocketOptions,
): Promise<Socket> {
  const { secure, hostname, port, name } = proxy;
  const place = { href: name, secure, hostname, port, socketPath: undefined, host: hostname, target: '/' };
  try {
    return await connectDirectly(place, signal, socketOptions, proxy.tls);
  } catch (cause) {
    throw proxyFailed(cause, 'connecting to', proxy, destination, signal);
  }
}

async function addressOf(
  destination: Destination,
  signal: AbortSignal,
  { lookup, family = 0 }: SocketOptions,
): Promise<string> {
  try {
    const options = lookup === undefined ? { family } : { family, lookup };
    const [address] = await addressesOf(destination.hostname, options, signal);
    return address!;
  } catch (cause) {
    throw dialError(cause, 'dns', 'network', destination, signal);
  }
}
