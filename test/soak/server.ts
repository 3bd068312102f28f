import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { type ServerOptions, type WebSocketConnection, WebSocketServer } from '../../src/index.js';

export interface Measured {
  readonly server: WebSocketServer;
  readonly port: number;
}

/** Opens the server that is measured, in this process. */
export async function openServer(
  onConnection: (connection: WebSocketConnection) => void = () => {},
  options: ServerOptions = {},
): Promise<Measured> {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1', ...options });
  server.on('connection', onConnection);
  await once(server, 'listening');
  return { server, port: (server.address() as AddressInfo).port };
}
