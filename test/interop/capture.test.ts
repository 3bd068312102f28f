import { once } from 'node:events';
import net, { type AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { Capture } from './helpers/capture.js';

const REQUEST =
  'GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
  'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n';
const RESPONSE = 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n';

/** A server sends two illegal frames and then resets the connection. */
test('a capture reports a reserved opcode, a reserved bit and a reset', async () => {
  const server = net.createServer(socket => {
    socket.on('error', () => {});
    socket.once('data', () => {
      socket.write(RESPONSE);
      socket.once('data', () => socket.resetAndDestroy());
      socket.write(Buffer.from('8b0141' + 'c10142', 'hex'));
    });
  });
  onTestFinished(() => void server.close());
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const capture = await Capture.start(port);

  const client = net.connect(port, '127.0.0.1');
  client.on('error', () => {});
  await once(client, 'connect');
  const { localPort } = client;
  client.write(REQUEST);
  let received = '';
  client.setEncoding('latin1').on('data', text => {
    received += text;
    if (received.endsWith('B')) client.write('now reset');
  });
  await new Promise(resolve => client.on('close', resolve));

  const { frames, complaints } = await capture.dissect(localPort);
  expect(frames.slice(0, 2)).toMatchObject([
    { opcode: 11, rsv: 0, length: 1, from: 'server' },
    { opcode: 1, rsv: 4, length: 1, from: 'server' },
  ]);
  expect(complaints).toEqual([expect.stringContaining('Opcode (11) code not implemented'), 'reset (RST)']);
});
