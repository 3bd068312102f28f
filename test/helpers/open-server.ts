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

/** A server under test, with everything that it has told. */
export interface Watched<Context> {
  readonly server: WebSocketServer<Context>;
  readonly connections: WebSocketConnection[];
  readonly requests: Array<ServerRequest<Context>>;
  readonly refusals: Array<readonly [status: number, request: RefusedRequest | undefined]>;
  /** Why each of them was refused, for the operator. */
  readonly details: string[];
  readonly failures: Array<readonly [error: HandlerError, connection: WebSocketConnection | undefined]>;
}

export interface Opened<Context> extends Watched<Context> {
  readonly port: number;
}

/** Closes `server` with the test, and notes what it tells until then. */
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

/** A server on a free port of this machine, or where `options` say. */
export async function openServer<Context = unknown>(options: ServerOptions<Context> = {}): Promise<Opened<Context>> {
  const home = options.socketPath === undefined ? { port: 0, host: '127.0.0.1' } : {};
  const watched = watch(new WebSocketServer<Context>({ ...home, ...options }));
  await once(watched.server, 'listening');
  return { ...watched, port: (watched.server.address() as AddressInfo).port };
}

/** A path for a Unix domain socket, in a folder that goes with the test. */
export function temporarySocket(): string {
  const folder = mkdtempSync(join(tmpdir(), 'ws101-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return join(folder, 'a.sock');
}
