/** ws, with bufferutil, or without it if WS_NO_BUFFER_UTIL is set; or the module that WS_MODULE names in its place. */
import { once } from 'node:events';
import { payload, play, url } from './shared.mjs';

const { WebSocket } = await import(process.env.WS_MODULE ?? 'ws');

play(async onMessage => {
  const socket = new WebSocket(url, { perMessageDeflate: false });
  socket.on('message', onMessage);
  await once(socket, 'open');
  return () => socket.send(payload);
});
