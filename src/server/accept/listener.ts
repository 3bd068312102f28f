import net, { type AddressInfo, type Socket } from 'node:net';
import tls, { type TlsOptions } from 'node:tls';
import { invalidType } from '../../errors.js';
import { now } from '../../timers.js';
import type { ServerOptions } from '../options.js';

/** The options of a Listener. */
export type ListenOptions = Pick<ServerOptions, 'port' | 'host' | 'socketPath' | 'backlog' | 'tls'>;

export interface ListenerOwner {
  /** A transport is connected, TLS included. `timeLeft` is the rest of handshakeTimeout, which starts at TCP accept. */
  accepted(socket: Socket, timeLeft: number): void;
  listening(): void;
  /** Listening or accepting failed. */
  failed(error: Error): void;
}

/** A server of our own on node:net or node:tls. */
export class Listener {
  readonly #server: net.Server;
  readonly #tlsServer: tls.Server | undefined;
  readonly #owner: ListenerOwner;
  readonly #timeout: number;
  /** The TCP sockets under TLS that have not closed. */
  readonly #tlsSockets = new Set<Socket>();
  /** The sockets in their TLS handshake, by their remote endpoint, and when they were accepted. */
  readonly #tlsHandshakes = new Map<string, { readonly socket: Socket; readonly acceptedAt: number }>();
  #isClosed = false;

  constructor(options: ListenOptions, timeout: number, owner: ListenerOwner) {
    this.#owner = owner;
    this.#timeout = timeout;
    // allowHalfOpen: the protocol decides who ends TCP first, not Node. But during the TLS handshake a client that ends
    // its side has left. Node then destroys its socket, as node:https does.
    this.#server = net.createServer({ allowHalfOpen: options.tls === undefined, noDelay: true });
    this.#server.on('listening', () => owner.listening());
    this.#server.on('error', error => this.#failed(error));
    if (options.tls !== undefined) {
      // This TLS server does not listen. It gets the sockets from #server, so that their deadline starts at TCP accept.
      this.#tlsServer = createTlsServer({ ALPNProtocols: ['http/1.1'], ...options.tls, handshakeTimeout: timeout });
      this.#tlsServer.on('secureConnection', socket => this.#secured(socket));
      // The certificate was refused, or the client does not speak TLS. Only this socket is affected.
      this.#tlsServer.on('tlsClientError', (_error, socket) => socket.destroy());
    }
    this.#server.on('connection', socket => this.#accept(socket));
    const { port, host, socketPath, backlog } = options;
    this.#server.listen({
      ...(socketPath === undefined ? { port, host } : { path: socketPath }),
      ...(backlog === undefined ? {} : { backlog }),
    });
  }

  /**
   * Returns where it listens: an address, or the path of a Unix domain socket as a string. Returns null if it does not
   * listen yet, or no longer.
   */
  address(): AddressInfo | string | null {
    return this.#server.address();
  }

  /** Sets whether this listener keeps the process alive. */
  setRef(isRef: boolean): void {
    if (isRef) this.#server.ref();
    else this.#server.unref();
  }

  /** Stops accepting. Resolves when the last socket has closed. */
  close(): Promise<void> {
    this.#isClosed = true;
    for (const { socket } of this.#tlsHandshakes.values()) socket.destroy();
    return new Promise(resolve => {
      this.#server.close(() => resolve());
    });
  }

  /** Destroys every TLS connection, whatever it is used for. */
  destroyTls(): void {
    for (const socket of this.#tlsSockets) socket.destroy();
  }

  #failed(error: Error): void {
    // After close(), errors such as EADDRINUSE no longer matter.
    if (!this.#isClosed) this.#owner.failed(error);
  }

  #accept(socket: Socket): void {
    if (this.#tlsServer === undefined) this.#owner.accepted(socket, this.#timeout);
    else this.#startTls(socket, this.#tlsServer);
  }

  #startTls(socket: Socket, tlsServer: tls.Server): void {
    this.#tlsSockets.add(socket);
    socket.on('close', () => this.#tlsSockets.delete(socket));
    const key = remoteEndpoint(socket);
    if (key !== undefined) {
      this.#tlsHandshakes.set(key, { socket, acceptedAt: now() });
      socket.on('close', () => this.#tlsHandshakes.delete(key));
    }
    // The TLS socket emits the errors of the socket under it. An error without a listener would end the process.
    socket.on('error', ignore);
    tlsServer.emit('connection', socket);
  }

  #secured(socket: tls.TLSSocket): void {
    // A TLS socket does not tell which socket is under it, but no two connections have the same remote endpoint at the
    // same time.
    const key = remoteEndpoint(socket) ?? '';
    const acceptedAt = this.#tlsHandshakes.get(key)?.acceptedAt ?? now();
    this.#tlsHandshakes.delete(key);
    socket.allowHalfOpen = true;
    this.#owner.accepted(socket, this.#timeout - (now() - acceptedAt));
  }
}

function createTlsServer(options: TlsOptions): tls.Server {
  try {
    return tls.createServer(options);
  } catch (cause) {
    throw Object.assign(invalidType('tls', `options of node:tls (${(cause as Error).message})`, options), { cause });
  }
}

/** Returns the address and port of the client, or undefined for a Unix domain socket and if the client has left. */
function remoteEndpoint({ remoteAddress, remotePort }: Socket): string | undefined {
  return remoteAddress === undefined ? undefined : `${remoteAddress} ${remotePort}`;
}

function ignore(): void {}
