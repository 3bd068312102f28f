import { once } from 'node:events';
import { Agent, createServer, type RequestOptions } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { expect, onTestFinished, test } from 'vitest';
import { WebSocket } from '../../src/ws/index.js';
import { TLS_CERTIFICATE, TLS_KEY } from '../helpers/tls-fixture.js';
import { next } from './helpers.js';

test.each([
  ['localhost', undefined, 'localhost'],
  ['127.0.0.1', undefined, false],
  ['127.0.0.1', 'chat.example', 'chat.example'],
])('a client of %s with the servername %s sends the server name %s (RFC 6066 §3)', async (host, servername, name) => {
  const server = createServer({ cert: TLS_CERTIFICATE, key: TLS_KEY });
  server.listen(0);
  onTestFinished(() => void server.close());
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const client = new WebSocket(`wss://${host}:${port}`, {
    rejectUnauthorized: false,
    ...(servername === undefined ? {} : { servername }),
  });
  client.on('error', () => {});
  const [socket] = (await next(server, 'secureConnection')) as [TLSSocket & { servername: string | false }];
  expect(socket.servername).toBe(name);
  client.terminate();
  await next(client, 'close');
});

test('the port of a wss: URL without one is 443', () => {
  const asked: RequestOptions[] = [];
  const agent = Object.assign(new Agent(), {
    addRequest: (_: unknown, options: RequestOptions) => asked.push(options),
  });
  const client = new WebSocket('wss://chat.example/', { agent });
  client.on('error', () => {});
  client.terminate();
  expect(asked).toMatchObject([{ host: 'chat.example', port: 443 }]);
});
