/** faye-websocket, with the permessage-deflate extension of the same authors. */
import { createServer } from 'node:http';
import WebSocket from 'faye-websocket';
import deflate from 'permessage-deflate';
import { mode, ready } from './shared.mjs';

const withoutTakeover = deflate.configure({ noContextTakeover: true, requestNoContextTakeover: true });
const options = mode === 'deflate' ? { extensions: [withoutTakeover] } : {};
const sockets = new Set();

const httpServer = createServer();
httpServer.on('upgrade', (request, stream, head) => {
  const socket = new WebSocket(request, stream, head, [], options);
  sockets.add(socket);
  socket.on('close', () => sockets.delete(socket));
  socket.on('message', ({ data }) => {
    if (mode === 'broadcast') for (const other of sockets) other.send(data);
    else socket.send(data);
  });
});
httpServer.listen(0, '127.0.0.1', () => ready(httpServer.address().port));
