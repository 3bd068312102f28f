import type { Server as HttpServer, IncomingMessage } from 'node:http';
import type { Server as HttpsServer } from 'node:https';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { rangeError } from '../../errors.js';
import { parseRequestTarget } from '../../handshake/request-target.js';
import { isOwned } from '../../transport/socket-owner.js';

/** A WebSocketServer that is attached to a server of Node. */
export interface AttachedServer {
  /** The only path that it serves; undefined for all. */
  readonly path: string | undefined;
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  /** Another `upgrade` listener has answered a request for this server, so `upgrade` is not called. */
  taken(): void;
}

/** How many `upgrade` listeners an attachment adds. */
const OWN_LISTENERS = 2;

/**
 * The `upgrade` listener on one server of Node, shared by all WebSocketServers attached to it. An upgrade goes to the
 * one with the path of the request, then to the one without a path, and otherwise to other listeners. If there are
 * none, the WebSocketServer that was attached first refuses it with 404 and emits `refused`. An upgrade that another
 * listener has answered is left to it.
 */
class HttpAttachment {
  readonly #server: HttpServer | HttpsServer;
  readonly #attached = new Set<AttachedServer>();
  readonly #onUpgrade = (request: IncomingMessage, socket: Duplex, head: Buffer): void =>
    this.#dispatch(request, socket, head);

  /** How many bytes had been written to the socket before any listener was called: responses to earlier requests. */
  #bytesWritten: number | undefined;
  readonly #onUpgradeFirst = (_: IncomingMessage, socket: Duplex): void => {
    this.#bytesWritten = (socket as Partial<Socket>).bytesWritten;
  };

  constructor(server: HttpServer | HttpsServer) {
    this.#server = server;
    server.prependListener('upgrade', this.#onUpgradeFirst);
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
    this.#server.off('upgrade', this.#onUpgradeFirst);
    this.#server.off('upgrade', this.#onUpgrade);
    attachments.delete(this.#server);
  }

  #dispatch(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const target = this.#serverFor(request) ?? (othersListen(this.#server) ? undefined : this.#first);
    const { bytesWritten } = socket as Partial<Socket>;
    const isTaken = isOwned(socket) || socket.writableEnded || bytesWritten !== this.#bytesWritten;
    if (!isTaken) target?.upgrade(request, socket, head);
    // A listener of the application may pass some requests to handleUpgrade(), and leave the rest to a server without a
    // path.
    else if (target?.path !== undefined || !isOwned(socket)) target?.taken();
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

/** Whether a server of Node has an `upgrade` listener besides the one that passes its upgrades to this library. */
export function othersListen(server: HttpServer | HttpsServer): boolean {
  return server.listenerCount('upgrade') > (attachments.has(server) ? OWN_LISTENERS : 1);
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
