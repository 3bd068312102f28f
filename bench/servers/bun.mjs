/** Bun's native server. Run by bun. */
import { mode, ready } from './shared.mjs';

const compress = mode === 'deflate';

const server = Bun.serve({
  port: 0,
  hostname: '127.0.0.1',
  fetch: (request, server) => (server.upgrade(request) ? undefined : new Response('', { status: 400 })),
  websocket: {
    perMessageDeflate: compress ? { compress: 'shared', decompress: 'shared' } : false,
    backpressureLimit: 64 * 1024 * 1024,
    open: socket => {
      if (mode === 'broadcast') socket.subscribe('all');
    },
    message: (socket, message) => {
      if (mode === 'broadcast') server.publish('all', message);
      else socket.send(message, compress);
    },
  },
});
ready(server.port);
