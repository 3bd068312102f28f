import type { Server as HttpServer, IncomingMessage } from 'node:http';
import type { Server as HttpsServer } from 'node:https';
import type { Duplex } from 'node:stream';
import { rangeError } from '../../errors.js';
import { parseRequestTarget } from '../../handshake/request-target.js';

/** A WebSocketServer that is attached to a server of Node. */
export interface AttachedServer {
  /** The only path that it serves; undefined for all. */
  readonly path: string | undefined;
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
}

/**
 * The `upgrade` listener on one server of Node, shared by all WebSocketServers attached to it. An upgrade goes to the
 * one with the path of the request, then to the one without a path, and otherwise to other listeners. If there are
 * none, the WebSocketServer that was attached first refuses it with 404 and emits `refused`.
 */
class HttpAttachment {
  readonly #server: HttpServer | HttpsServer;
  readonly #attached = new Set<AttachedServer>();
  readonly #onUpgrade = (request: IncomingMessage, socket: Duplex, head: Buffer): void =>
    this.#dispatch(request, socket, head);

  constructor(server: HttpServer | HttpsServer) {
    this.#server = server;
    server.on('upgrade', this.#onUpgrade);
  }

  /** @throws {RangeError} if another one has its path: one of the two would get no upgrades */
  add(added: AttachedServer): void {
    for (const { path } of this.#attached) {
      if (path !== added.path) continue;
      throw rangeError(
        path === undefined
          ? 'another WebSocketServer without a path is attached to this server: give each a path'
          : `another WebSocketServer with the path ${JSON.stringify(path)} is attached to this server: give each its own`,
      );
    }
    this.#attached.add(added);
  }

  remove(removed: AttachedServer): void {
    this.#attached.delete(removed);
    if (this.#attached.size > 0) return;
    this.#server.off('upgrade', this.#onUpgrade);
    attachments.delete(this.#server);
  }

  #dispatch(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const othersListen = this.#server.listenerCount('upgrade') > 1;
    const target = this.#serverFor(request) ?? (othersListen ? undefined : this.#first);
    target?.upgrade(request, socket, head);
  }

  get #first(): AttachedServer | undefined {
    return this.#attached.values().next().value;
  }

  #serverFor(request: IncomingMessage): AttachedServer | undefined {
    // A malformed target has no path: the server without a path, if there is one, refuses it.
    const path = parseRequestTarget(request.url ?? '')?.path;
    let fallback: AttachedServer | undefined;
    for (const attached of this.#attached) {
      if (attached.path !== undefined && attached.path === path) return attached;
      if (attached.path === undefined) fallback = attached;
    }
    return fallback;
  }
}

const attachments = new WeakMap<HttpServer | HttpsServer, HttpAttachment>();

/**
 * Passes the upgrades of its path to `added`, until the returned function is called.
 *
 * @throws {RangeError} if a server with the same path is attached to `server`
 */
export function attach(server: HttpServer | HttpsServer, added: AttachedServer): () => void {
  let attachment = attachments.get(server);
  if (attachment === undefined) {
    attachment = new HttpAttachment(server);
    attachments.set(server, attachment);
  }
  const joined = attachment;
  joined.add(added);
  return () => joined.remove(added);
}
