import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { expect, onTestFinished, test } from 'vitest';
import { type ClientOptions, WebSocket } from '../../src/ws/index.js';
import { TLS_CERTIFICATE, TLS_KEY } from '../helpers/tls-fixture.js';
import { next } from './helpers.js';

const HEADERS = { Authorization: 'Bearer secret', Cookie: 'a=1', Host: 'mine.example' };

/** Makes a server answer each upgrade with a redirect. */
async function redirecting(server: Server, where: number | string, location: () => string): Promise<void> {
  server.on('upgrade', (_: RequestListener, socket: Duplex) => {
    socket.end(`HTTP/1.1 302 Found\r\nLocation: ${location()}\r\n\r\n`);
  });
  server.listen(where);
  onTestFinished(() => void server.close());
  await once(server, 'listening');
}

/** Follows one redirect. Returns the credentials in each request. */
async function credentials(url: string, options: ClientOptions = {}): Promise<unknown[][]> {
  const seen: unknown[][] = [];
  const client = new WebSocket(url, {
    followRedirects: true,
    maxRedirects: 1,
    headers: HEADERS,
    finishRequest: request => {
      seen.push(['authorization', 'cookie', 'host'].map(name => request.getHeader(name)));
      request.end();
    },
    ...options,
  });
  client.on('error', () => {});
  await next(client, 'close');
  return seen;
}

test('a redirect to the same Unix domain socket keeps the credentials', async () => {
  const path = join(tmpdir(), `ws101-redirect-${process.pid}.sock`);
  await redirecting(createServer(), path, () => `ws+unix:${path}:/next`);
  const all = ['Bearer secret', 'a=1', 'mine.example'];
  expect(await credentials(`ws+unix:${path}:/`)).toEqual([all, all]);
});

test('a redirect to another Unix domain socket loses them', async () => {
  const path = join(tmpdir(), `ws101-redirect-other-${process.pid}.sock`);
  await redirecting(createServer(), path, () => `ws+unix:${path}.other:/`);
  const [, second] = await credentials(`ws+unix:${path}:/`);
  expect(second).toEqual([undefined, undefined, 'localhost']);
});

test('a redirect from wss: to ws: on the same host loses the credentials, and keeps the Host header', async () => {
  const server = createTlsServer({ cert: TLS_CERTIFICATE, key: TLS_KEY });
  await redirecting(server, 0, () => `ws://localhost:${(server.address() as AddressInfo).port}/`);
  const url = `wss://localhost:${(server.address() as AddressInfo).port}/`;
  expect(await credentials(url, { rejectUnauthorized: false })).toEqual([
    ['Bearer secret', 'a=1', 'mine.example'],
    [undefined, undefined, 'mine.example'],
  ]);
});
