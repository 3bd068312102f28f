import type { TransportInfo, WireTap } from '../../index.js';
import { now } from '../../timers.js';
import type { Side } from '../../wire/index.js';
import type { Inspector } from './inspector.js';

/**
 * Returns a tap that shows the connections of this process in the inspector. After a redirect, one tap sees several.
 *
 * @param role the side that this process has
 * @param newId returns the number of the next connection
 */
export function inspectorTap(inspector: Inspector, role: Side, newId: () => number): WireTap {
  const local = role;
  const remote = role === 'client' ? 'server' : 'client';
  const ended = new Set<Side>();
  let id = 0;
  const bytesFrom = (from: Side, bytes: Uint8Array): void =>
    inspector.push(id, { type: 'bytes', from, time: time(), bytes });
  const end = (from: Side, how: 'fin' | 'reset'): void => {
    if (ended.has(from)) return;
    ended.add(from);
    inspector.push(id, { type: 'end', from, time: time(), how });
  };
  return {
    connected: transport => {
      id = newId();
      ended.clear();
      inspector.open({ id, ...addresses(transport, role), isTls: transport.tls !== undefined });
    },
    sent: bytes => bytesFrom(local, bytes),
    received: bytes => bytesFrom(remote, bytes),
    ended: by => end(by === 'local' ? local : remote, 'fin'),
    closed: error => {
      const how = error === undefined ? 'fin' : 'reset';
      end(remote, how);
      end(local, how);
    },
  };
}

function time(): number {
  return performance.timeOrigin + now();
}

function addresses(transport: TransportInfo, role: Side): { client: string | undefined; server: string | undefined } {
  const local = addressOf(transport.localAddress, transport.localPort);
  const remote = addressOf(transport.remoteAddress, transport.remotePort);
  return role === 'client' ? { client: local, server: remote } : { client: remote, server: local };
}

function addressOf(address: string | undefined, port: number | undefined): string | undefined {
  if (address === undefined || port === undefined) return address;
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}
