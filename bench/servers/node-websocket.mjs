/** The package "websocket" (WebSocket-Node). Its default frame limit is 64 KiB. */
import { createServer } from 'node:http';
import websocket from 'websocket';
import { mode, ready } from './shared.mjs';

const httpServer = createServer();
const server = new websocket.server({
  httpServer,
  autoAcceptConnections: true,
  maxReceivedFrameSize: 16 * 1024 * 1024,
  maxReceivedMessageSize: 16 * 1024 * 1024,
});
server.on('connect', connection => {
  connection.on('error', () => {});
  connection.on('message', ({ utf8Data, binaryData }) => {
    const receivers = mode === 'broadcast' ? server.connections : [connection];
    for (const receiver of receivers) {
      if (binaryData === undefined) receiver.sendUTF(utf8Data);
      else receiver.sendBytes(binaryData);
    }
  });
});
httpServer.listen(0, '127.0.0.1', () => ready(httpServer.address().port));
