import { once } from 'node:events';
import http from 'node:http';
import https from 'node:https';
import net, { type AddressInfo, type Server, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';
import { TLS_CERTIFICATE, TLS_KEY } from './tls-fixture.js';

/** A proxy under test, and what it was asked for. */
export interface TestProxy {
  readonly port: number;
  /** The host and port of each request that it accepted. */
  readonly tunnels: string[];
  /** The request heads of an HTTP proxy. */
  readonly requests: http.IncomingMessage[];
}

interface HttpProxyOptions {
  /** Whether the connection to the proxy itself uses TLS. */
  readonly secure?: boolean;
  /** Sends this instead of opening a tunnel. */
  readonly answer?: string;
  /** `user:password` that it requires. */
  readonly password?: string;
}

/** Starts an HTTP proxy that answers CONNECT. It looks up every name as 127.0.0.1. */
export async function httpProxy({ secure = false, answer, password }: HttpProxyOptions = {}): Promise<TestProxy> {
  const server = secure ? https.createServer({ cert: TLS_CERTIFICATE, key: TLS_KEY }) : http.createServer();
  const tunnels: string[] = [];
  const requests: http.IncomingMessage[] = [];
  server.on('connect', (request, socket, head) => {
    requests.push(request);
    socket.on('error', () => {});
    const expected = password && `Basic ${Buffer.from(password).toString('base64')}`;
    if (expected && request.headers['proxy-authorization'] !== expected) {
      socket.end('HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm="p"\r\n\r\n');
    } else if (answer !== undefined) socket.end(answer);
    else {
      tunnels.push(request.url!);
      const target = net.connect(Number(request.url!.split(':').at(-1)), '127.0.0.1', () => {
        socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
        if (head.length > 0) target.write(head);
        socket.pipe(target).pipe(socket as Socket);
      });
      target.on('error', () => socket.destroy());
      socket.on('close', () => target.destroy());
    }
  });
  return { port: await listen(server), tunnels, requests };
}

interface Socks5ProxyOptions {
  /** `user:password` that it requires. */
  readonly password?: string;
  /** The reply to CONNECT (RFC 1928 §6). Default 0: succeeded. */
  readonly reply?: number;
  /** The method that it chooses, whatever it requires. */
  readonly method?: number;
  /** The bound address in its reply, with its type. */
  readonly bound?: readonly number[];
  /** Whether it sends each byte by itself. */
  readonly slow?: boolean;
}

/** Starts a SOCKS5 proxy. It looks up every name as 127.0.0.1. */
export async function socks5Proxy(options: Socks5ProxyOptions = {}): Promise<TestProxy> {
  const { password, reply = 0, bound = [1, 0, 0, 0, 0], slow = false } = options;
  const tunnels: string[] = [];
  const server = net.createServer(socket => {
    // The client may leave at any time.
    serve(socket.on('error', () => {})).catch(() => socket.destroy());
  });
  const serve = async (socket: Socket): Promise<void> => {
    const chunks = socket[Symbol.asyncIterator]();
    let received = Buffer.alloc(0);
    const read = async (length: number): Promise<Buffer> => {
      while (received.length < length) received = Buffer.concat([received, (await chunks.next()).value]);
      const bytes = received.subarray(0, length);
      received = received.subarray(length);
      return bytes;
    };
    const write = async (bytes: readonly number[]) => {
      for (const piece of slow ? bytes.map(byte => [byte]) : [bytes]) {
        socket.write(Buffer.from(piece));
        if (slow) await new Promise(resolve => setImmediate(resolve));
      }
    };
    const [, count] = await read(2);
    const methods = [...(await read(count!))];
    const method = options.method ?? (password === undefined ? 0 : methods.includes(2) ? 2 : 0xff);
    await write([5, method]);
    if (method === 2) {
      const user = await read((await read(2))[1]!);
      const secret = await read((await read(1))[0]!);
      const isRight = `${user}:${secret}` === password;
      await write([1, isRight ? 0 : 1]);
      if (!isRight) return void socket.end();
    }
    const [, , , type] = await read(4);
    const host =
      type === 3
        ? String(await read((await read(1))[0]!))
        : [...(await read(type === 1 ? 4 : 16))].join(type === 1 ? '.' : ',');
    const port = (await read(2)).readUInt16BE();
    if (reply !== 0) {
      await write([5, reply, 0, ...bound, 0, 0]);
      return void socket.end();
    }
    tunnels.push(`${host}:${port}`);
    const target = net.connect(port, '127.0.0.1');
    target.on('error', () => socket.destroy());
    await once(target, 'connect');
    await write([5, 0, 0, ...bound, 0, 80]);
    socket.on('close', () => target.destroy());
    target.pipe(socket);
    target.write(received);
    for (;;) {
      const { done, value } = await chunks.next();
      if (done === true) break;
      target.write(value);
    }
    target.end();
  };
  return { port: await listen(server), tunnels, requests: [] };
}

async function listen(server: Server): Promise<number> {
  const sockets = new Set<Socket>();
  server.on('connection', socket => sockets.add(socket));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}
