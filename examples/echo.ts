/**
 * The smallest complete program: an echo server, and a client that talks to it.
 *
 *     npx tsx --conditions=ws101-source examples/echo.ts
 */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { connect, WebSocketServer } from 'ws101';

const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
server.on('connection', connection => {
  connection.on('message', data => connection.send(data));
});
await once(server, 'listening');

const { port } = server.address() as AddressInfo;
const connection = await connect(`ws://127.0.0.1:${port}/`);
connection.send('hello');
connection.send(Buffer.from([1, 0, 1]));

let messages = 0;
for await (const message of connection) {
  console.log('received', message);
  if (++messages === 2) break;
}

const { code, wasClean } = await connection.close(1000, 'that was all');
console.log('closed', code, wasClean ? 'cleanly' : 'uncleanly');
await server.close();
