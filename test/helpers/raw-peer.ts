import { once } from 'node:events';
import net, { type AddressInfo, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import tls from 'node:tls';
import { onTestFinished } from 'vitest';
import { FrameCollector, type SeenFrame } from './frames.js';
import { request } from './sample-heads.js';
import { TLS_CERTIFICATE, TLS_KEY } from './tls-fixture.js';

const OWN_CERTIFICATE = { cert: TLS_CERTIFICATE, key: TLS_KEY };
const EMPTY_LINE = '\r\n\r\n';

class PeerGone extends Error {}

/**
 * One end of a connection whose bytes a test writes and reads. Its errors do not throw: see `ended`, `closed` and
 * `error`.
 */
export class RawPeer {
  readonly socket: Duplex;
  /** The bytes received and not yet taken by `head()`. */
  received: Buffer = Buffer.alloc(0);
  /** Resolves when the other end has sent FIN. */
  readonly ended: Promise<void>;
  readonly closed: Promise<void>;
  /** Resolves when `ended` or `closed` has resolved. */
  readonly gone: Promise<void>;
  hasEnded = false;
  isClosed = false;
  error: NodeJS.ErrnoException | undefined;
  #onProgress: (() => void) | undefined;

  constructor(socket: Duplex) {
    this.socket = socket;
    socket.on('data', (chunk: Buffer) => {
      this.received = Buffer.concat([this.received, chunk]);
      this.#onProgress?.();
    });
    socket.on('error', (error: Error) => {
      this.error = error;
    });
    this.ended = new Promise(resolve => {
      socket.on('end', () => {
        this.hasEnded = true;
        this.#onProgress?.();
        resolve();
      });
    });
    this.closed = new Promise(resolve => {
      socket.on('close', () => {
        this.isClosed = true;
        this.#onProgress?.();
        resolve();
      });
    });
    this.gone = Promise.race([this.ended, this.closed]);
    onTestFinished(() => void socket.destroy());
  }

  get text(): string {
    return this.received.toString('latin1');
  }

  write(bytes: string | Uint8Array): void {
    this.socket.write(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes);
  }

  /** Waits until `isThere` returns true. Throws if the connection closes first. */
  async until(isThere: () => boolean): Promise<void> {
    while (!isThere()) {
      if (this.isClosed) throw new PeerGone(`closed, having received ${JSON.stringify(this.text)}`);
      await new Promise<void>(resolve => {
        this.#onProgress = resolve;
      });
    }
  }

  /** Waits for the next HTTP head, and removes it from `received`. */
  async head(): Promise<string> {
    await this.until(() => this.text.includes(EMPTY_LINE));
    const end = this.text.indexOf(EMPTY_LINE) + EMPTY_LINE.length;
    const head = this.text.slice(0, end);
    this.received = this.received.subarray(end);
    return head;
  }

  /** Waits for `count` frames at the start of `received`, and returns them. */
  async frames(from: 'client' | 'server', count: number): Promise<SeenFrame[]> {
    const seen = () => {
      const collector = new FrameCollector(from);
      collector.push(Buffer.from(this.received));
      return collector.frames;
    };
    await this.until(() => seen().length >= count);
    return seen().slice(0, count);
  }

  /** Resets the connection (TCP RST). */
  reset(): void {
    (this.socket as Socket).resetAndDestroy();
  }
}

/** Connects to a server under test over TCP. */
export async function rawConnect(port: number, host = '127.0.0.1'): Promise<RawPeer> {
  return rawPeerOf(net.connect({ port, host, allowHalfOpen: true }));
}

/** Connects to a server under test over TCP, and completes the opening handshake. */
export async function rawOpen(port: number, requestHead: string = request()): Promise<RawPeer> {
  const peer = await rawConnect(port);
  peer.write(requestHead);
  await peer.head();
  return peer;
}

/** Connects to a Unix domain socket. */
export async function rawConnectUnix(path: string): Promise<RawPeer> {
  return rawPeerOf(net.connect({ path, allowHalfOpen: true }));
}

async function rawPeerOf(socket: Socket): Promise<RawPeer> {
  const peer = new RawPeer(socket);
  await once(socket, 'connect');
  return peer;
}

/** Connects to a server under test over TLS. */
export async function rawConnectTls(port: number): Promise<RawPeer> {
  const socket = tls.connect({ port, host: '127.0.0.1', ca: TLS_CERTIFICATE, servername: 'localhost' });
  const peer = new RawPeer(socket);
  await once(socket, 'secureConnect');
  return peer;
}

export interface RawServer {
  readonly port: number;
  /** The accepted connections, in order. */
  readonly peers: readonly RawPeer[];
  /** Resolves with the next connection accepted after this call. */
  next(): Promise<RawPeer>;
}

export interface RawServerOptions {
  readonly host?: string;
  /** The path of a Unix domain socket, to listen there instead of on a port. */
  readonly path?: string;
  /** Whether to use TLS. A client certificate is requested, but not required. */
  readonly secure?: boolean;
  readonly alpn?: string[];
  /** Called for each connection before `serve`. */
  readonly onPeer?: (peer: RawPeer) => unknown;
}

/** Opens a server whose connections are read and written by the test. `serve` is called with each connection. */
export async function rawServer(
  serve: (peer: RawPeer, index: number) => unknown = () => {},
  where: RawServerOptions = {},
): Promise<RawServer> {
  const peers: RawPeer[] = [];
  const waiting: Array<(peer: RawPeer) => void> = [];
  const serveUntilGone = async (peer: RawPeer, index: number) => {
    try {
      await serve(peer, index);
    } catch (error) {
      // The client may leave early. The test checks that at the client.
      if (!(error instanceof PeerGone)) throw error;
    }
  };
  const accept = (socket: Socket) => {
    const peer = new RawPeer(socket);
    peers.push(peer);
    waiting.shift()?.(peer);
    where.onPeer?.(peer);
    void serveUntilGone(peer, peers.length - 1);
  };
  const { alpn = ['http/1.1'] } = where;
  const server: net.Server =
    where.secure === true
      ? tls.createServer(
          { ...OWN_CERTIFICATE, ALPNProtocols: alpn, requestCert: true, rejectUnauthorized: false },
          accept,
        )
      : net.createServer({ allowHalfOpen: true }, accept);
  server.on('tlsClientError', () => {});
  server.listen(where.path === undefined ? { port: 0, host: where.host ?? '127.0.0.1' } : { path: where.path });
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return {
    port: (server.address() as AddressInfo | null)?.port ?? 0,
    peers,
    next: () => new Promise(resolve => waiting.push(resolve)),
  };
}

/** Returns a port on which nothing listens. */
export async function closedPort(): Promise<number> {
  const server = net.createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await new Promise(resolve => server.close(resolve));
  return port;
}
