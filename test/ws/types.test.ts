import { expect, test } from 'vitest';
import WebSocket, {
  createWebSocketStream,
  WebSocket as NamedWebSocket,
  type RawData,
  WebSocketServer,
} from '../../src/ws/index.js';

class Special extends NamedWebSocket {
  readonly user = 'me';
}

/** Compiled, not run: code as it is written for `ws`. */
export function compiled(): void {
  const ws: NamedWebSocket = new WebSocket('ws://localhost', ['a'], { headers: { 'X-Token': 't' }, maxPayload: 5 });
  ws.on('message', function (data: RawData, isBinary) {
    this.send(data, { binary: isBinary }, error => error?.message);
  });
  ws.once('close', (code, reason) => `${code.toFixed()} ${reason.toString('utf8')}`);
  ws.on('unexpected-response', (_, response) => response.statusCode);
  ws.onmessage = ({ data, target }) => target.send(data.toString());
  ws.addEventListener('close', ({ code, wasClean }) => wasClean && code, { once: true });
  ws.ping('x', true, error => error.message);
  ws.binaryType = 'blob';
  const server = new WebSocketServer({
    port: 0,
    WebSocket: Special,
    verifyClient: ({ origin, req }, callback) => callback(origin === req.headers.host, 401),
    handleProtocols: (protocols, request) => (request.url === '/' ? [...protocols][0]! : false),
  });
  server.on('connection', ({ user }, request) => `${user.length} ${request.url}`);
  for (const { user, readyState } of server.clients) if (readyState === WebSocket.OPEN) user.at(0);
  new WebSocket.Server({ noServer: true }).shouldHandle = ({ url }) => url === '/';
  createWebSocketStream(ws, { encoding: 'utf8' }).pipe(process.stdout);
}

test('a subclass has the constants of WebSocket', () => {
  expect([Special.OPEN, new Special(null).OPEN]).toEqual([1, 1]);
});
