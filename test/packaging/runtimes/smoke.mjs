/** Runs in each runtime (see ../runtimes.test.ts): a client and a server exchange messages of every kind and close. */
import { Buffer } from 'node:buffer';
import { once } from 'node:events';
import process from 'node:process';
import { connect, WebSocketServer } from 'ws101';

/** The echo of `data`. */
async function echoOf(connection, data) {
  connection.send(data);
  for await (const message of connection) return message;
}

for (const perMessageDeflate of [false, { threshold: 0 }]) {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate });
  server.on('connection', connection => connection.on('message', data => connection.send(data)));
  await once(server, 'listening');
  const connection = await connect(`ws://127.0.0.1:${server.address().port}/`, { perMessageDeflate });
  const text = await echoOf(connection, 'grüße');
  const binary = await echoOf(connection, Buffer.from([0, 127, 255]));
  const large = await echoOf(connection, Buffer.alloc(1_000_000, 'ws101'));
  const { code, wasClean } = await connection.close(1000, 'done');
  await server.close();
  console.log(text, binary.toString('hex'), large.equals(Buffer.alloc(1_000_000, 'ws101')), code, wasClean);
}
// Nothing may be left that keeps the process alive for a second.
setTimeout(() => process.exit(3), 1_000).unref();
