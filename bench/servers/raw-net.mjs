/**
 * The cost of Node itself: a node:net server without a protocol. It answers the first chunk with a 101 that fits the
 * constant key of the load generator, and sends every later chunk back unchanged, including masked frames.
 */
import { createServer } from 'node:net';
import { mode, ready } from './shared.mjs';

const ACCEPTANCE = [
  'HTTP/1.1 101 Switching Protocols',
  'Upgrade: websocket',
  'Connection: Upgrade',
  'Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=',
  '\r\n',
].join('\r\n');

/** A Close frame arrives in a chunk of its own. Text masked with the generator's key never contains this byte. */
const CLOSE = 0x88;

const sockets = new Set();

const server = createServer({ noDelay: true }, socket => {
  sockets.add(socket);
  socket.on('close', () => sockets.delete(socket));
  socket.on('error', () => socket.destroy());
  socket.once('data', () => {
    socket.write(ACCEPTANCE);
    socket.on('data', chunk => {
      if (chunk[0] === CLOSE) socket.end(chunk);
      else if (mode === 'broadcast') for (const other of sockets) other.write(chunk);
      else socket.write(chunk);
    });
  });
});
server.listen(0, '127.0.0.1', () => ready(server.address().port));
