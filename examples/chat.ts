/**
 * A chat with its own page: node:http serves the page, and a WebSocketServer shares its port. A client that reads too
 * slowly misses messages, so that it does not hold up the others.
 *
 *     npx tsx --conditions=ws101-source examples/chat.ts     then open http://127.0.0.1:8080/ in two windows
 */
import { createServer } from 'node:http';
import { WebSocketServer } from 'ws101';

const PAGE = `<!doctype html>
<meta charset="utf-8">
<title>chat</title>
<form><input autofocus placeholder="say something"></form>
<ul></ul>
<script>
  const socket = new WebSocket(location.href.replace(/^http/, 'ws') + 'chat', 'chat.v1');
  const show = text => document.querySelector('ul').appendChild(document.createElement('li')).textContent = text;
  socket.onopen = () => show('— connected');
  socket.onmessage = event => show(event.data);
  socket.onclose = event => show('— closed, ' + event.code + ' ' + event.reason);
  document.querySelector('form').onsubmit = event => {
    event.preventDefault();
    socket.send(event.target[0].value);
    event.target.reset();
  };
</script>
`;

const pages = createServer((_request, response) => {
  response.setHeader('Content-Type', 'text/html; charset=utf-8').end(PAGE);
});
const chat = new WebSocketServer({ server: pages, path: '/chat', subprotocols: ['chat.v1'], maxMessageSize: 4_096 });

chat.on('connection', (connection, request) => {
  const name = `${request.transport.remoteAddress}:${request.transport.remotePort}`;
  const sendToAll = (text: string) => chat.broadcast(text, { filter: other => other.bufferedAmount < 65_536 });
  sendToAll(`${name} joined`);
  connection.on('message', text => {
    if (typeof text === 'string') sendToAll(`${name}: ${text}`);
    else connection.close(1003, 'only text is accepted');
  });
  connection.on('close', ({ code }) => sendToAll(`${name} left (${code})`));
});

pages.listen(Number(process.env.PORT ?? 8080), '127.0.0.1', () => console.log('listening', pages.address()));

process.once('SIGINT', async () => {
  await chat.close({ reason: 'shutting down' });
  pages.close();
});
