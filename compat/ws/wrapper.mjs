// import and require() get the same classes, as with the package ws.
import WebSocket from './index.js';

export { WebSocket, WebSocket as default };
export const {
  createWebSocketStream,
  extension,
  PerMessageDeflate,
  Receiver,
  Sender,
  Server,
  subprotocol,
  WebSocketServer,
} = WebSocket;
