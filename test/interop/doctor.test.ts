import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { type DoctorOptions, doctor } from '../../src/tools/index.js';
import { closedPort } from '../helpers/raw-peer.js';
import { startEchoServer } from './helpers/echo-server.js';
import { apacheWith, haproxyWith, nginxWith } from './helpers/reverse-proxies.js';
import { CERTIFICATE_FILE, KEY_FILE } from './helpers/tls-files.js';

const LIMITS = { step: 5_000, retry: 2_000, listen: 50, pong: 5_000, answer: 100, close: 5_000 };

async function diagnosesAt(port: number, options: DoctorOptions = {}, url = `ws://127.0.0.1:${port}/chat`) {
  const { diagnoses } = await doctor(url, { limits: LIMITS, ...options });
  return diagnoses;
}

const UPGRADE = 'proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection "upgrade";';
const location = (upstream: number, lines: string) =>
  `; location / { ${lines} proxy_pass http://127.0.0.1:${upstream}; }`;

/** Starts an HTTP application without a WebSocket. */
async function website(status: number, body: string): Promise<number> {
  const server = http.createServer(
    (_, response) => void response.writeHead(status, { 'Content-Type': 'text/html' }).end(body),
  );
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close().closeAllConnections());
  return (server.address() as AddressInfo).port;
}

describe('nginx', () => {
  test('with the right lines is healthy', async () => {
    const { port } = await startEchoServer();
    const nginx = await nginxWith(location(port, `proxy_http_version 1.1; ${UPGRADE}`));
    expect(await diagnosesAt(nginx)).toEqual([]);
  });

  test.each([
    ['without the Upgrade headers', 'proxy_http_version 1.1;'],
    ['with the defaults', ''],
    ['with HTTP/1.0 to the server', UPGRADE],
  ])('%s', async (_, lines) => {
    const { port } = await startEchoServer();
    const [diagnosis] = await diagnosesAt(await nginxWith(location(port, lines)));
    expect(diagnosis).toMatchObject({
      id: 'upgrade-lost',
      fixes: { nginx: expect.stringContaining('proxy_set_header Upgrade $http_upgrade') },
    });
  });

  test('with proxy_read_timeout 2s cuts an idle connection', async () => {
    const { port } = await startEchoServer();
    const nginx = await nginxWith(location(port, `proxy_http_version 1.1; ${UPGRADE} proxy_read_timeout 2s;`));
    const [diagnosis] = await diagnosesAt(nginx, { idle: 10_000 });
    expect(diagnosis).toMatchObject({
      id: 'idle-timeout',
      cause: expect.stringMatching(/after (1\.9|[23]\.\d) s .*nginx/),
      fixes: { nginx: expect.stringContaining('proxy_read_timeout') },
    });
  });

  test('in front of a server that is down', async () => {
    const nginx = await nginxWith(location(await closedPort(), `proxy_http_version 1.1; ${UPGRADE}`));
    expect((await diagnosesAt(nginx))[0]).toMatchObject({ id: 'bad-gateway', cause: expect.stringContaining('nginx') });
  });

  test('without a location for the path', async () => {
    const nginx = await nginxWith('; root /nowhere;');
    expect((await diagnosesAt(nginx))[0]).toMatchObject({ id: 'path-not-found' });
  });

  test('in front of a website that answers every path', async () => {
    const port = await website(200, '<title>Welcome</title>');
    const nginx = await nginxWith(location(port, `proxy_http_version 1.1; ${UPGRADE}`));
    expect((await diagnosesAt(nginx))[0]).toMatchObject({ id: 'plain-response' });
  });

  test('that expects TLS', async () => {
    const { port } = await startEchoServer();
    const tls = `ssl; ssl_certificate ${CERTIFICATE_FILE}; ssl_certificate_key ${KEY_FILE}`;
    const nginx = await nginxWith(`${tls}${location(port, `proxy_http_version 1.1; ${UPGRADE}`)}`);
    expect((await diagnosesAt(nginx))[0]).toMatchObject({ id: 'tls-port' });
    const wss = await diagnosesAt(nginx, {}, `wss://localhost:${nginx}/`);
    expect(wss[0]).toMatchObject({ id: 'certificate-self-signed' });
  });

  test('that does not speak TLS', async () => {
    const nginx = await nginxWith('; root /nowhere;');
    expect((await diagnosesAt(nginx, {}, `wss://localhost:${nginx}/`))[0]).toMatchObject({ id: 'plain-port' });
  });

  test('with a limit of connections', async () => {
    const { port } = await startEchoServer();
    const nginx = await nginxWith(
      location(port, `proxy_http_version 1.1; ${UPGRADE} limit_req zone=z; limit_req_status 429;`),
      'limit_req_zone $binary_remote_addr zone=z:1m rate=1r/m;',
    );
    await diagnosesAt(nginx);
    expect((await diagnosesAt(nginx))[0]).toMatchObject({ id: 'rate-limited' });
  });

  test('that passes another Host, which a page is refused for', async () => {
    const { port } = await startEchoServer();
    const nginx = await nginxWith(location(port, `proxy_http_version 1.1; ${UPGRADE}`));
    const [diagnosis] = await diagnosesAt(nginx, { origin: `http://127.0.0.1:${nginx}` });
    expect(diagnosis).toMatchObject({ id: 'origin-refused' });
  });
});

describe('HAProxy', () => {
  test('with its defaults is healthy', async () => {
    const { port } = await startEchoServer();
    expect(await diagnosesAt(await haproxyWith(port))).toEqual([]);
  });

  test('that removes the Upgrade header', async () => {
    const { port } = await startEchoServer();
    const haproxy = await haproxyWith(port, ['http-request del-header Upgrade']);
    expect((await diagnosesAt(haproxy))[0]).toMatchObject({
      id: 'upgrade-lost',
      fixes: { haproxy: expect.any(String) },
    });
  });

  test('with timeout tunnel 2s cuts an idle connection', async () => {
    const { port } = await startEchoServer();
    const haproxy = await haproxyWith(port, ['timeout tunnel 2s']);
    expect((await diagnosesAt(haproxy, { idle: 10_000 }))[0]).toMatchObject({ id: 'idle-timeout' });
  });

  test('in front of a server that is down', async () => {
    const haproxy = await haproxyWith(await closedPort());
    expect((await diagnosesAt(haproxy))[0]).toMatchObject({
      id: 'unavailable',
      cause: expect.stringContaining('HAProxy'),
    });
  });
});

describe('Apache', () => {
  test('with upgrade=websocket is healthy', async () => {
    const { port } = await startEchoServer();
    const apache = await apacheWith(`ProxyPass / http://127.0.0.1:${port}/ upgrade=websocket`);
    expect(await diagnosesAt(apache)).toEqual([]);
  });

  test('without it', async () => {
    const { port } = await startEchoServer();
    const apache = await apacheWith(`ProxyPass / http://127.0.0.1:${port}/`);
    expect((await diagnosesAt(apache))[0]).toMatchObject({ id: 'upgrade-lost', fixes: { apache: expect.any(String) } });
  });

  test('with Timeout 2 cuts an idle connection', async () => {
    const { port } = await startEchoServer();
    const apache = await apacheWith('Timeout 2', `ProxyPass / http://127.0.0.1:${port}/ upgrade=websocket`);
    expect((await diagnosesAt(apache, { idle: 10_000 }))[0]).toMatchObject({ id: 'idle-timeout' });
  });

  test('in front of a server that is down', async () => {
    const apache = await apacheWith(`ProxyPass / http://127.0.0.1:${await closedPort()}/ upgrade=websocket`);
    expect((await diagnosesAt(apache))[0]).toMatchObject({
      id: 'unavailable',
      cause: expect.stringContaining('Apache'),
    });
  });
});
