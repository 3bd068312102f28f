import { type EventEmitter, once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';
import { type ClientOptions, type ServerOptions, WebSocket, WebSocketServer } from '../../src/ws/index.js';
import type { WebSocket as Implementation } from '../../src/ws/web-socket.js';

/** Starts a server on a free port, and stops it after the test. */
export async function serve(options: ServerOptions = {}): Promise<{ server: WebSocketServer; url: string }> {
  const server = new WebSocketServer({ port: 0, ...options });
  onTestFinished(() => stop(server));
  await once(server, 'listening');
  return { server, url: `ws://localhost:${(server.address() as AddressInfo).port}` };
}

function stop(server: WebSocketServer): void {
  for (const client of server.clients ?? []) client.terminate();
  server.close();
}

/** Returns a WebSocket with the type of its class, which has what the ecosystem reads. */
export function internals(ws: WebSocket): Implementation {
  return ws as unknown as Implementation;
}

/** Opens a connection. Returns both ends. */
export async function open(
  options: { client?: ClientOptions; server?: ServerOptions } = {},
): Promise<{ client: Implementation; peer: Implementation; server: WebSocketServer }> {
  const { server, url } = await serve(options.server);
  const client = new WebSocket(url, options.client);
  onTestFinished(() => client.terminate());
  const [[peer]] = await Promise.all([once(server, 'connection') as Promise<[WebSocket]>, once(client, 'open')]);
  return { client: internals(client), peer: internals(peer), server };
}

/** Resolves to the arguments of the next event. */
export function next(emitter: Pick<EventEmitter, 'once'>, event: string): Promise<unknown[]> {
  return new Promise(resolve => emitter.once(event, (...args: unknown[]) => resolve(args)));
}
