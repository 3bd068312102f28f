/** Uses every entry point by `import`. That it compiles is the one test, and that it prints `hello` the other. */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { type CloseInfo, connect, HandshakeError, type WebSocketConnection, WebSocketServer } from 'ws101';
import { encodeFrame, FrameDecoder, OPCODE } from 'ws101/framing';
import { acceptOf, ClientHandshake } from 'ws101/handshake';
import packageJson from 'ws101/package.json' with { type: 'json' };
import { Protocol } from 'ws101/protocol';

const server = new WebSocketServer<{ user: string }>({ port: 0, host: '127.0.0.1', authorize: () => ({ user: 'me' }) });
server.on('connection', (connection, request) => {
  const user: string = request.context.user;
  connection.on('message', (data: string | Buffer) => connection.send(`${user}: ${data.toString()}`));
});
await once(server, 'listening');
const { port } = server.address() as AddressInfo;

const connection: WebSocketConnection = await connect(`ws://127.0.0.1:${port}/`);
connection.send('hello');
for await (const message of connection) {
  const text: string | Buffer = message;
  console.log(text);
  break;
}
const onPing = (payload: Buffer): void => void payload.length;
connection.on('ping', onPing).addListener('ping', onPing).prependListener('ping', onPing).off('ping', onPing);
connection.once('close', info => {
  const code: number = info.code;
  // @ts-expect-error: it is a number, so the listener's argument has a type.
  const text: string = info.code;
  return [code, text];
});
const { code, wasClean }: CloseInfo = await connection.close(1000);
await server.close();

const everyEntryPoint = [encodeFrame, FrameDecoder, acceptOf, ClientHandshake, Protocol, HandshakeError];
console.log(code, wasClean, OPCODE.TEXT, packageJson.name, everyEntryPoint.map(value => typeof value).join(' '));
