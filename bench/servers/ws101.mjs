/** ws101, built in the folder WS101_DIST or in dist/ of this repository. */
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { mode, ready } from './shared.mjs';

const dist = process.env.WS101_DIST ?? resolve(import.meta.dirname, '../../dist');
const { WebSocketServer } = await import(pathToFileURL(resolve(dist, 'index.js')).href);

const server = new WebSocketServer({
  port: 0,
  host: '127.0.0.1',
  ...(mode === 'deflate' ? { perMessageDeflate: { threshold: 0 } } : {}),
});
if (mode === 'broadcast') {
  server.on('connection', connection => {
    connection.on('message', data => {
      server.broadcast(data);
    });
  });
} else {
  server.on('connection', connection => {
    // A listener that returns nothing, as with the other contenders.
    connection.on('message', data => {
      connection.send(data);
    });
  });
}
server.on('listening', () => ready(server.address().port));
