/** Uses every entry point by `import`, in a file that is an ES module or CommonJS as the compiler's options say. */
import { type CloseInfo, connect, type WebSocketConnection, WebSocketServer } from 'ws101';
import { encodeFrame, OPCODE } from 'ws101/framing';
import { acceptOf } from 'ws101/handshake';
import { Protocol, type State } from 'ws101/protocol';
import { toDuplex } from 'ws101/streams';
import { type CloseEvent, WebSocket } from 'ws101/websocket';

export function start(): WebSocketServer {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  server.on('connection', connection => connection.on('message', data => connection.send(data)));
  return server;
}

export async function talk(url: string): Promise<[string | Buffer, CloseInfo]> {
  const connection: WebSocketConnection = await connect(url);
  connection.send('hello');
  const message = await new Promise<string | Buffer>(resolve => connection.once('message', resolve));
  // @ts-expect-error: a number is not sendable.
  connection.send(1);
  return [message, await connection.close(1000)];
}

export const key: string = acceptOf('dGhlIHNhbXBsZSBub25jZQ==');
export const frame: Uint8Array = encodeFrame('client', OPCODE.TEXT, 'hello');
export const state: State = new Protocol('client', {
  message() {},
  ping() {},
  pong() {},
  closeReceived() {},
  failed() {},
}).state;

export function chat(url: string): WebSocket {
  const socket = new WebSocket(url, { protocols: ['chat'], headers: { Cookie: 'a=b' } });
  socket.onmessage = event => socket.send(String(event.data));
  socket.addEventListener('close', (event: CloseEvent) => console.log(event.code, event.wasClean));
  socket.addEventListener('error', event => console.log(event.message));
  // @ts-expect-error: a number is not sendable.
  socket.send(1);
  return socket;
}

export async function pipe(url: string): Promise<void> {
  const connection = await connect(url);
  toDuplex(connection, { objectMode: true }).end('all');
  const reader: ReadableStreamDefaultReader<string | Buffer> = connection.readable.getReader();
  await reader.read();
}
