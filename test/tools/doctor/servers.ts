import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import net, { type AddressInfo, type Socket } from 'node:net';
import tls, { type TlsOptions } from 'node:tls';
import { onTestFinished } from 'vitest';
import { encodeFrame, OPCODE } from '../../../src/framing/index.js';
import { acceptOf } from '../../../src/handshake/index.js';
import { type DoctorOptions, type DoctorReport, doctor } from '../../../src/tools/doctor/index.js';

/** Short waits for what never comes. What does come is not limited by them. */
export const QUICK: DoctorOptions = {
  timeout: 20_000,
  limits: { step: 5_000, retry: 2_000, listen: 50, pong: 5_000, answer: 50, close: 5_000 },
};

/** Examines a server, with short waits. */
export function examine(url: string, options: DoctorOptions = {}): Promise<DoctorReport> {
  return doctor(url, { ...QUICK, ...options, limits: { ...QUICK.limits, ...options.limits } });
}

/** Returns the id of the first diagnosis. */
export async function causeAt(url: string, options: DoctorOptions = {}): Promise<string | undefined> {
  return (await examine(url, options)).diagnoses[0]?.id;
}

/** A request as the server reads it. */
export interface SeenRequest {
  readonly path: string;
  readonly head: string;
  header(name: string): string | undefined;
}

/** Starts a TCP server. Returns its port. */
export async function tcpServer(accept: (socket: Socket) => void, host = '127.0.0.1'): Promise<number> {
  return await started(net.createServer(accept), host);
}

export async function tlsServer(options: TlsOptions, accept: (socket: Socket) => void = () => {}): Promise<number> {
  const server = tls.createServer(options, accept);
  server.on('tlsClientError', () => {});
  return await started(server, '127.0.0.1');
}

async function started(server: net.Server, host: string): Promise<number> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
  });
  server.on('secureConnection', (socket: Socket) => socket.on('error', () => {}));
  server.listen(0, host);
  await once(server, 'listening');
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

/** Calls `answer` when the head of a request has arrived. */
export function onRequest(answer: (socket: Socket, request: SeenRequest) => void): (socket: Socket) => void {
  return socket => {
    let head = '';
    const read = (chunk: Buffer) => {
      // Like every HTTP server, it does not wait for the rest of a ClientHello.
      if (head === '' && chunk[0] === 0x16) socket.destroy();
      head += chunk.toString('latin1');
      if (!head.includes('\r\n\r\n')) return;
      socket.off('data', read);
      const header = (name: string) => new RegExp(`^${name}: (.*?)\r$`, 'im').exec(head)?.[1];
      answer(socket, { path: head.split(' ')[1]!, head, header });
    };
    socket.on('data', read);
  };
}

/** Starts a server that answers each request with this text. Returns its URL. */
export async function answering(
  answer: string | ((request: SeenRequest, socket: Socket) => string | undefined),
): Promise<string> {
  const port = await tcpServer(
    onRequest((socket, request) => {
      const text = typeof answer === 'string' ? answer : answer(request, socket);
      if (text !== undefined) socket.end(Buffer.from(text, 'latin1'));
    }),
  );
  return `ws://127.0.0.1:${port}/chat`;
}

/** Returns a response with a body. */
export function page(status: string, body = '', ...headers: readonly string[]): string {
  return [`HTTP/1.1 ${status}`, ...headers, `Content-Length: ${Buffer.byteLength(body)}`, '', body].join('\r\n');
}

/** Returns a valid 101, or one with changes: a header is replaced, or removed if it is undefined. */
export function switching(
  request: SeenRequest,
  changes: Readonly<Record<string, string | readonly string[] | undefined>> = {},
): string {
  const headers = {
    Upgrade: 'websocket',
    Connection: 'Upgrade',
    'Sec-WebSocket-Accept': acceptOf(request.header('Sec-WebSocket-Key') ?? ''),
    ...changes,
  };
  const lines = Object.entries(headers).flatMap(([name, value]) =>
    (typeof value === 'string' ? [value] : (value ?? [])).map(one => `${name}: ${one}`),
  );
  return ['HTTP/1.1 101 Switching Protocols', ...lines, '', ''].join('\r\n');
}

/** Starts a server that opens each WebSocket and then plays. Returns its URL. */
export async function opening(
  play: (socket: Socket, request: SeenRequest) => void,
  changes: Parameters<typeof switching>[1] = {},
): Promise<string> {
  const port = await tcpServer(
    onRequest((socket, request) => {
      socket.write(switching(request, changes));
      play(socket, request);
    }),
  );
  return `ws://127.0.0.1:${port}/chat`;
}

/** Returns a frame of a server. */
export function frame(opcode: keyof typeof OPCODE, payload: string | Uint8Array = ''): Uint8Array {
  return encodeFrame('server', OPCODE[opcode], payload);
}

/** Returns a Close frame of a server. */
export function closeFrame(code?: number, reason = ''): Uint8Array {
  if (code === undefined) return frame('CLOSE');
  return frame('CLOSE', Buffer.concat([Buffer.from([code >> 8, code & 0xff]), Buffer.from(reason)]));
}

/** Certificates of the chain root -> intermediate -> server: see fixtures/tls/README.md. */
export const CHAIN = Object.fromEntries(
  ['root.cert', 'intermediate.cert', 'leaf.cert', 'expired.cert', 'future.cert', 'other-name.cert', 'leaf.key'].map(
    name => [name, readFileSync(new URL(`../../fixtures/tls/chain/${name}.pem`, import.meta.url), 'utf8')],
  ),
) as Readonly<Record<string, string>>;
