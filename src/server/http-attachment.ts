import type { Server as HttpServer, IncomingMessage } from 'node:http';
import type { Server as HttpsServer } from 'node:https';
import type { Duplex } from 'node:stream';
import { invalidValue } from '../errors.js';
import { requestHeadOf } from '../handshake/http1/request-summary.js';
import { parseRequestTarget } from '../handshake/request-target.js';

/** A WebSocketServer that stands on a server of node's. */
export interface Tenant {
  /** The only path that it serves; undefined for all. */
  readonly path: string | undefined;
  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): unknown;
}

/**
 * The `upgrade` listener on one server of node's, shared by all our servers that stand on it: an upgrade goes to the one whose path
 * it names; if that is none of ours, to other listeners. If there are none, the server that was attached first refuses it by its own rules,
 * with 404, and emits `refused`.
 */
class HttpAttachment {
  readonly #server: HttpServer | HttpsServer;
  readonly #tenants = new Set<Tenant>();
  readonly #onUpgrade = (request: IncomingMessage, socket: Duplex, head: Buffer): void =>
    this.#dispatch(request, socket, head);

  constructor(server: HttpServer | HttpsServer) {
    this.#server = server;
    server.on('upgrade', this.#onUpgrade);
  }

  /** @throws {RangeError} where another one has its path: that one would get every upgrade, and this one none */
  add(tenant: Tenant): void {
    for (const { path } of this.#tenants) {
      if (path !== tenant.path) continue;
      throw invalidValue('path', 'one that no other WebSocketServer on this server has', path);
    }
    this.#tenants.add(tenant);
  }

  remove(tenant: Tenant): void {
    this.#tenants.delete(tenant);
    if (this.#tenants.size > 0) return;
    this.#server.off('upgrade', this.#onUpgrade);
    attachments.delete(this.#server);
  }

  #dispatch(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const othersListen = this.#server.listenerCount('upgrade') > 1;
    const tenant = this.#tenantOf(request) ?? (othersListen ? undefined : this.#first);
    tenant?.handleUpgrade(request, socket, head);
  }

  get #first(): Tenant | undefined {
    return this.#tenants.values().next().value;
  }

  #tenantOf(request: IncomingMessage): Tenant | undefined {
    // A target that is none names no path: the server that serves all paths, if there is one, will refuse it.
    const path = parseRequestTarget(requestHeadOf(request).target)?.path;
    let fallback: Tenant | undefined;
    for (const tenant of this.#tenants) {
      if (tenant.path !== undefined && tenant.path === path) return tenant;
      if (tenant.path === undefined) fallback = tenant;
    }
    return fallback;
  }
}

const attachments = new WeakMap<HttpServer | HttpsServer, HttpAttachment>();

/**
 * Hands `tenant` the upgrades of its path, until the function given back is called.
 *
 * @throws {RangeError} where another one on `server` has its path
 */
export function attach(server: HttpServer | HttpsServer, tenant: Tenant): () => void {
  let attachment = attachments.get(server);
  if (attachment === undefined) {
    attachment = new HttpAttachment(server);
    attachments.set(server, attachment);
  }
  const joined = attachment;
  joined.add(tenant);
  return () => joined.remove(tenant);
}
