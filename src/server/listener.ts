import net, { type AddressInfo, type Socket } from 'node:net';
import tls, { type TlsOptions } from 'node:tls';
import { invalidType } from '../errors.js';
import { now } from '../timers.js';
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
  /** The sockets under TLS that are not gone. */
  readonly #tlsSockets = new Set<Socket>();
  /** Sockets in the middle of their TLS handshake, by their far end, and when they were accepted. */
  readonly #greeting = new Map<string, { readonly socket: Socket; readonly acceptedAt: number }>();
  #isClosed = false;

  constructor(options: Home, timeout: number, owner: ListenerOwner) {
    this.#owner = owner;
    this.#timeout = timeout;
    // allowHalfOpen: whose turn it is to end TCP is the protocol's to say, not node's. But a client that ends its side during the TLS
    // handshake has left: Node then destroys its socket, as node:https does.
    this.#server = net.createServer({ allowHalfOpen: options.tls === undefined, noDelay: true });
    this.#server.on('listening', () => owner.listening());
    this.#server.on('error', error => this.#failed(error));
    if (options.tls !== undefined) {
      // A TLS server that listens to nothing itself: the sockets are handed to it, so that their deadline runs from TCP accept.
      this.#tlsServer = createTlsServer({ ALPNProtocols: ['http/1.1'], ...options.tls, handshakeTimeout: timeout });
      this.#tlsServer.on('secureConnection', socket => this.#secured(socket));
      // The certificate was refused, or this was no TLS at all: that socket is lost, and it alone.
      this.#tlsServer.on('tlsClientError', (_error, socket) => socket.destroy());
    }
    this.#server.on('connection', socket => this.#accept(socket));
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

  /** Sets whether this listener keeps the process alive. */
  setRef(isRef: boolean): void {
    if (isRef) this.#server.ref();
    else this.#server.unref();
  }

  /** Stops accepting. Resolves when the last socket is gone. */
  close(): Promise<void> {
    this.#isClosed = true;
    for (const { socket } of this.#greeting.values()) socket.destroy();
    return new Promise(resolve => {
      this.#server.close(() => resolve());
    });
  }

  /** Ends every TLS connection at once, whoever has it and however far it is. */
  destroyTls(): void {
    for (const socket of this.#tlsSockets) socket.destroy();
  }

  #failed(error: Error): void {
    // That its place is taken, say, is nobody's trouble any more.
    if (!this.#isClosed) this.#owner.failed(error);
  }

  #accept(socket: Socket): void {
    if (this.#tlsServer === undefined) this.#owner.accepted(socket, this.#timeout);
    else this.#greet(socket, this.#tlsServer);
  }

  #greet(socket: Socket, tlsServer: tls.Server): void {
    this.#tlsSockets.add(socket);
    socket.on('close', () => this.#tlsSockets.delete(socket));
    const key = farEnd(socket);
    if (key !== undefined) {
      this.#greeting.set(key, { socket, acceptedAt: now() });
      socket.on('close', () => this.#greeting.delete(key));
    }
    // Errors come to the TLS socket over it. Should one come here all the same, it is for nobody else.
    socket.on('error', ignore);
    tlsServer.emit('connection', socket);
  }

  #secured(socket: tls.TLSSocket): void {
    // A TLS socket does not name the socket under it, but no two connections have the same far end at the same time.
    const key = farEnd(socket) ?? '';
    const acceptedAt = this.#greeting.get(key)?.acceptedAt ?? now();
    this.#greeting.delete(key);
    socket.allowHalfOpen = true;
    this.#owner.accepted(socket, this.#timeout - (now() - acceptedAt));
  }
}

function createTlsServer(options: TlsOptions): tls.Server {
  try {
    return tls.createServer(options);
  } catch (cause) {
    throw Object.assign(invalidType('tls', `what node:tls takes (${(cause as Error).message})`, options), { cause });
  }
}

/** undefined over a Unix domain socket, and where the client is gone already. */
function farEnd({ remoteAddress, remotePort }: Socket): string | undefined {
  return remoteAddress === undefined ? undefined : `${remoteAddress} ${remotePort}`;
}

function ignore(): void {}
