/** ws, with bufferutil, or without it if WS_NO_BUFFER_UTIL is set; or the module that WS_MODULE names in its place. */
import { mode, ready } from './shared.mjs';

const { WebSocketServer } = await import(process.env.WS_MODULE ?? 'ws');

const server = new WebSocketServer({
  port: 0,
  host: '127.0.0.1',
  perMessageDeflate:
    mode === 'deflate' ? { threshold: 0, serverNoContextTakeover: true, clientNoContextTakeover: true } : false,
});
server.on('connection', socket => {
  socket.on('error', () => socket.terminate());
  socket.on('message', (data, isBinary) => {
    // The application uses text as a string, as with all other contenders.
    const message = isBinary ? data : data.toString();
    if (mode === 'broadcast') for (const client of server.clients) client.send(message);
    else socket.send(message);
  });
});
server.on('listening', () => ready(server.address().port));
