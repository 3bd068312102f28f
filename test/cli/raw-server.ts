import { once } from 'node:events';
import net, { type AddressInfo, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';
import { acceptOf } from '../../src/handshake/http1/key.js';

/** Starts a server that does the opening handshake and passes its sockets to `play`. Returns its url. */
export async function rawServer(play: (socket: Socket) => void): Promise<string> {
  return await listen(socket => {
    socket.once('data', request => {
      const key = /^Sec-WebSocket-Key: (.*)\r$/m.exec(request.toString('latin1'))![1]!;
      const head = ['HTTP/1.1 101 Switching Protocols', 'Upgrade: websocket', 'Connection: Upgrade'];
      socket.write([...head, `Sec-WebSocket-Accept: ${acceptOf(key)}`, '', ''].join('\r\n'));
      play(socket);
    });
  });
}

/** Starts a TCP server. Returns its url. */
export async function listen(accept: (socket: Socket) => void): Promise<string> {
  const sockets = new Set<Socket>();
  const server = net.createServer(socket => {
    sockets.add(socket);
    socket.on('error', () => {});
    accept(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return `ws://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
