import { once } from 'node:events';
import http, { type ServerOptions } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

/** Opens a server of node:http on a free port of 127.0.0.1. It closes, with its connections, when the test finishes. */
export async function httpServer(options: ServerOptions = {}): Promise<{ server: http.Server; port: number }> {
  const server = http.createServer(options).listen(0, '127.0.0.1');
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  await once(server, 'listening');
  return { server, port: (server.address() as AddressInfo).port };
}
