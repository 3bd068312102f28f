/**
 * The peers' own frame and handshake code. It uses nothing from src/, so that a peer may do what the library would not
 * do.
 */
import { once } from 'node:events';
import net, { type Socket } from 'node:net';

export const REQUEST = [
  'GET / HTTP/1.1',
  'Host: 127.0.0.1',
  'Upgrade: websocket',
  'Connection: Upgrade',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
  'Sec-WebSocket-Version: 13',
  '',
  '',
].join('\r\n');

const KEY = Buffer.from([0x37, 0xfa, 0x21, 0x3d]);

/** Returns a frame of a client. */
export function clientFrame(opcode: number, payload: Uint8Array | string = '', fin = true): Buffer {
  const bytes = Buffer.from(payload as string);
  for (let i = 0; i < bytes.length; i++) bytes[i]! ^= KEY[i % 4]!;
  return Buffer.concat([header(opcode, bytes.length, fin, 0x80), KEY, bytes]);
}

function header(opcode: number, length: number, fin: boolean, mask: number): Buffer {
  const first = (fin ? 0x80 : 0) | opcode;
  if (length < 126) return Buffer.from([first, mask | length]);
  const bytes = Buffer.alloc(length < 65_536 ? 4 : 10);
  bytes[0] = first;
  bytes[1] = mask | (length < 65_536 ? 126 : 127);
  if (length < 65_536) bytes.writeUInt16BE(length, 2);
  else bytes.writeBigUInt64BE(BigInt(length), 2);
  return bytes;
}

/** Opens a TCP connection to a server under test. Errors are ignored: `close` follows. */
export async function connectTcp(port: number): Promise<Socket> {
  const socket = net.connect({ port, host: '127.0.0.1', noDelay: true, allowHalfOpen: true });
  await once(socket, 'connect');
  socket.on('error', () => {});
  return socket;
}

/** Opens a connection and completes the opening handshake. The socket is paused. */
export async function connectRaw(port: number, ...headers: string[]): Promise<Socket> {
  const socket = await connectTcp(port);
  socket.write(`${[REQUEST.slice(0, -4), ...headers].join('\r\n')}\r\n\r\n`);
  let head = '';
  while (!head.endsWith('\r\n\r\n') && !socket.readableEnded && !socket.destroyed) {
    const chunk = socket.read(1) as Buffer | null;
    if (chunk === null) await readable(socket);
    else head += chunk.toString('latin1');
  }
  if (!head.startsWith('HTTP/1.1 101')) {
    socket.destroy();
    throw new Error(`not accepted: ${head}`);
  }
  socket.removeAllListeners('readable');
  return socket;
}

/** Waits until there is something to read, or until there never will be. */
async function readable(socket: Socket): Promise<void> {
  const end = new AbortController();
  const { signal } = end;
  await Promise.race(['readable', 'end', 'close'].map(event => once(socket, event, { signal }).catch(() => {})));
  end.abort();
}

/** Writes, and waits until the socket accepts more or has closed. */
export async function write(socket: Socket, bytes: Uint8Array): Promise<void> {
  if (socket.destroyed || socket.write(bytes)) return;
  await new Promise<void>(resolve => {
    const done = () => {
      socket.off('drain', done).off('close', done);
      resolve();
    };
    socket.on('drain', done).on('close', done);
  });
}
