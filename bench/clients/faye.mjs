/** faye-websocket. */
import { once } from 'node:events';
import faye from 'faye-websocket';
import { payload, play, url } from './shared.mjs';

const bytes = Buffer.from(payload);

play(async onMessage => {
  const socket = new faye.Client(url);
  socket.on('message', onMessage);
  await once(socket, 'open');
  return () => socket.send(bytes);
});
