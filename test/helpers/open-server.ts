import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import {
  type HandlerError,
  type Refusal,
  type RefusedRequest,
  type ServerOptions,
  type ServerRequest,
  type WebSocketConnection,
  WebSocketServer,
} from '../../src/index.js';

/** A server under test, with everything that it emitted. */
export interface Watched<Context> {
  readonly server: WebSocketServer<Context>;
  readonly connections: WebSocketConnection[];
  readonly requests: Array<ServerRequest<Context>>;
  readonly refusals: Array<readonly [status: number, request: RefusedRequest | undefined]>;
  /** The `detail` of each refusal. */
  readonly details: string[];
  readonly failures: Array<readonly [error: HandlerError, connection: WebSocketConnection | undefined]>;
}

export interface Opened<Context> extends Watched<Context> {
  readonly port: number;
}

/** Records what `server` emits, and closes it when the test finishes. */
export function watch<Context>(server: WebSocketServer<Context>): Watched<Context> {
  const watched: Watched<Context> = { server, connections: [], requests: [], refusals: [], details: [], failures: [] };
  onTestFinished(() => server.close({ timeout: 0 }));
  server.on('connection', (connection, request) => {
    watched.connections.push(connection);
    watched.requests.push(request);
  });
  server.on('refused', (refusal: Refusal, request) => {
    watched.refusals.push([refusal.status, request]);
    watched.details.push(refusal.detail);
  });
  server.on('handlerError', (error, connection) => watched.failures.push([error, connection]));
  return watched;
}

/** Opens a server on a free port of 127.0.0.1, or on `options.socketPath`. */
export async function openServer<Context = unknown>(options: ServerOptions<Context> = {}): Promise<Opened<Context>> {
  const address = options.socketPath === undefined ? { port: 0, host: '127.0.0.1' } : {};
  const watched = watch(new WebSocketServer<Context>({ ...address, ...options }));
  await once(watched.server, 'listening');
  return { ...watched, port: (watched.server.address() as AddressInfo).port };
}

/** Returns a path for a Unix domain socket, in a folder that is removed when the test finishes. */
export function temporarySocket(): string {
  const folder = mkdtempSync(join(tmpdir(), 'ws101-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return join(folder, 'a.sock');
}
