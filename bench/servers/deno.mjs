/** Deno's native server, with the WebSocket of browsers. Run by deno. */
import { mode, ready } from './shared.mjs';

const sockets = new Set();

const listening = ({ port }) => ready(port);
Deno.serve({ port: 0, hostname: '127.0.0.1', onListen: listening }, request => {
  const { socket, response } = Deno.upgradeWebSocket(request);
  socket.binaryType = 'arraybuffer';
  if (mode === 'broadcast') {
    socket.onopen = () => sockets.add(socket);
    socket.onclose = () => sockets.delete(socket);
    socket.onmessage = ({ data }) => {
      for (const other of sockets) other.send(data);
    };
  } else {
    socket.onmessage = ({ data }) => socket.send(data);
  }
  return response;
});
