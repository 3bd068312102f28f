/**
 * A program for test/server/no-listeners.test.ts: servers and a client without any event listener. It prints its ports,
 * and exits when it reads `exit` from stdin. An unhandled error would end it earlier.
 */
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { createInterface } from 'node:readline';
import { connect, WebSocketServer } from '../../src/index.js';
import { TLS_CERTIFICATE, TLS_KEY } from './tls-fixture.js';

const own = new WebSocketServer({ port: 0, host: '127.0.0.1' });
const secure = new WebSocketServer({ port: 0, host: '127.0.0.1', tls: { cert: TLS_CERTIFICATE, key: TLS_KEY } });
const pages = http.createServer().listen(0, '127.0.0.1');
new WebSocketServer({ server: pages, path: '/chat' });

// Each line is the URL for a new client.
createInterface({ input: process.stdin }).on('line', line => {
  if (line === 'exit') process.exit(0);
  connect(line).catch(() => {});
});

let ready = 0;
const listening = () => {
  if (++ready < 3) return;
  const ports = [own.address(), secure.address(), pages.address()].map(address => (address as AddressInfo).port);
  process.stdout.write(`${ports.join(' ')}\n`);
};
own.on('listening', listening);
secure.on('listening', listening);
pages.on('listening', listening);
