/** The package "websocket" (WebSocket-Node). */
import websocket from 'websocket';
import { payload, play, url } from './shared.mjs';

const bytes = Buffer.from(payload);

play(async onMessage => {
  const client = new websocket.client();
  const connection = await new Promise((resolve, reject) => {
    client.on('connect', resolve);
    client.on('connectFailed', reject);
    client.connect(url);
  });
  connection.on('message', onMessage);
  return () => connection.sendBytes(bytes);
});
