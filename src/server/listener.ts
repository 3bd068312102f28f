import net, { type AddressInfo, type Socket } from 'node:net';
import tls from 'node:tls';
import type { Home } from './options.js';

export interface ListenerOwner {
  /** A transport stands, TLS included. `timeLeft` of the handshake's deadline, which runs from TCP accept. */
  accepted(socket: Socket, timeLeft: number): void;
  listening(): void;
  /** Listening, or accepting, failed. */
  failed(error: Error): void;
}

/** A server of our own on node:net or node:tls. */
export class Listener {
  readonly #server: net.Server;
  readonly #tlsServer: tls.Server | undefined;
  readonly #owner: ListenerOwner;
  readonly #timeout: number;
  /** Sockets in the middle of their TLS handshake, by their far end, and when they were accepted. */
  readonly #greeting = new Map<string, { readonly socket: Socket; readonly acceptedAt: number }>();

  constructor(options: Home, timeout: number, owner: ListenerOwner) {
    this.#owner = owner;
    this.#timeout = timeout;
    // allowHalfOpen: whose turn it is to end TCP is the protocol's to say, not node's.
    this.#server = net.createServer({ allowHalfOpen: true, noDelay: true });
    this.#server.on('listening', () => owner.listening());
    this.#server.on('error', error => owner.failed(error));
    if (options.tls === undefined) {
      this.#server.on('connection', socket => owner.accepted(socket, timeout));
    } else {
      // A TLS server that listens to nothing itself: the sockets are handed to it, so that their deadline runs from TCP accept.
      this.#tlsServer = tls.createServer({ ALPNProtocols: ['http/1.1'], ...options.tls, handshakeTimeout: timeout });
      this.#server.on('connection', socket => this.#greet(socket));
      this.#tlsServer.on('secureConnection', socket => this.#secured(socket));
      // The certificate was refused, or this was no TLS at all: that socket is lost, and it alone.
      this.#tlsServer.on('tlsClientError', (_error, socket) => socket.destroy());
    }
    const { port, host, socketPath, backlog } = options;
    this.#server.listen({
      ...(socketPath === undefined ? { port, host } : { path: socketPath }),
      ...(backlog === undefined ? {} : { backlog }),
    });
  }

  /** Where it listens: the path of a Unix domain socket as a string; null before and after. */
  address(): AddressInfo | string | null {
    return this.#server.address();
  }

  /** Stops accepting, and calls back when the last socket is gone. */
  close(closed: () => void): void {
    for (const { socket } of this.#greeting.values()) socket.destroy();
    this.#server.close(() => closed());
  }

  #greet(socket: Socket): void {
    const key = farEnd(socket);
    this.#greeting.set(key, { socket, acceptedAt: performance.now() });
    socket.on('error', ignore);
    socket.on('close', () => this.#greeting.delete(key));
    this.#tlsServer?.emit('connection', socket);
  }

  #secured(socket: tls.TLSSocket): void {
    // A TLS socket does not name the socket under it, but no two connections have the same far end at the same time.
    const key = farEnd(socket);
    const acceptedAt = this.#greeting.get(key)?.acceptedAt ?? performance.now();
    this.#greeting.delete(key);
    this.#owner.accepted(socket, this.#timeout - (performance.now() - acceptedAt));
  }
}

function farEnd(socket: Socket): string {
  return `${socket.remoteAddress} ${socket.remotePort}`;
}

function ignore(): void {}
