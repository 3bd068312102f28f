/** ws, with bufferutil, or without it if WS_NO_BUFFER_UTIL is set. */
import { once } from 'node:events';
import WebSocket from 'ws';
import { payload, play, url } from './shared.mjs';

play(async onMessage => {
  const socket = new WebSocket(url, { perMessageDeflate: false });
  socket.on('message', onMessage);
  await once(socket, 'open');
  return () => socket.send(payload);
});
