import { once } from 'node:events';
import net, { type AddressInfo, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import tls from 'node:tls';
import { onTestFinished } from 'vitest';
import { FrameCollector, type SeenFrame } from './frames.js';
import { TLS_CERTIFICATE, TLS_KEY } from './tls-fixture.js';

const OWN_CERTIFICATE = { cert: TLS_CERTIFICATE, key: TLS_KEY };
const EMPTY_LINE = '\r\n\r\n';

class PeerGone extends Error {}

/** One end of a connection whose bytes a test writes and reads by hand. It never fails: what becomes of it, `ended` and `closed` tell. */
export class RawPeer {
  readonly socket: Duplex;
  /** All that has come. */
  received: Buffer = Buffer.alloc(0);
  /** The other end sends no more: its FIN. */
  readonly ended: Promise<void>;
  readonly closed: Promise<void>;
  /** One or the other. */
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

  /** Resolves when `isThere` holds; throws when the connection is gone before. */
  async until(isThere: () => boolean): Promise<void> {
    while (!isThere()) {
      if (this.isClosed) throw new PeerGone(`closed, having received ${JSON.stringify(this.text)}`);
      await new Promise<void>(resolve => {
        this.#onProgress = resolve;
      });
    }
  }

  /** Takes the next head off what was received. */
  async head(): Promise<string> {
    await this.until(() => this.text.includes(EMPTY_LINE));
    const end = this.text.indexOf(EMPTY_LINE) + EMPTY_LINE.length;
    const head = this.text.slice(0, end);
    this.received = this.received.subarray(end);
    return head;
  }

  /** The first `count` frames of what was received and will be. */
  async frames(from: 'client' | 'server', count: number): Promise<SeenFrame[]> {
    const seen = () => {
      const collector = new FrameCollector(from);
      collector.push(Buffer.from(this.received));
      return collector.frames;
    };
    await this.until(() => seen().length >= count);
    return seen().slice(0, count);
  }

  /** Ends the connection by RST. */
  reset(): void {
    (this.socket as Socket).resetAndDestroy();
  }
}

/** Connects to a server under test by TCP. */
export async function rawConnect(port: number, host = '127.0.0.1'): Promise<RawPeer> {
  return rawPeerOf(net.connect({ port, host, allowHalfOpen: true }));
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

/** Connects to a server under test by TLS. */
export async function rawConnectTls(port: number): Promise<RawPeer> {
  const socket = tls.connect({ port, host: '127.0.0.1', ca: TLS_CERTIFICATE, servername: 'localhost' });
  const peer = new RawPeer(socket);
  await once(socket, 'secureConnect');
  return peer;
}

export interface RawServer {
  readonly port: number;
  /** The connections that came, in order. */
  readonly peers: readonly RawPeer[];
  /** The next connection that comes. */
  next(): Promise<RawPeer>;
}

export interface RawServerOptions {
  readonly host?: string;
  /** Of a Unix domain socket, in place of a port. */
  readonly path?: string;
  /** By TLS. A certificate of the client's is asked for, and need not be there. */
  readonly secure?: boolean;
  readonly alpn?: string[];
  /** Sees each connection before it is served. */
  readonly onPeer?: (peer: RawPeer) => unknown;
}

/** A server whose side of every connection a test writes and reads by hand. `serve` begins with each. */
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
      // A client may leave while it is served: what comes of that, the test looks at its end.
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

/** A port at which nothing listens. */
export async function closedPort(): Promise<number> {
  const server = net.createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await new Promise(resolve => server.close(resolve));
  return port;
}
