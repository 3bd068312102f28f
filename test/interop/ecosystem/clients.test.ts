import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { createServer } from 'node:https';
import { PassThrough, Writable } from 'node:stream';
import { constants, createDeflate } from 'node:zlib';
import type { REST } from '@discordjs/rest';
import { CompressionMethod, WebSocketManager, WebSocketShardEvents } from '@discordjs/ws';
import { Exec, KubeConfig, type V1Status } from '@kubernetes/client-node';
import { JSDOM } from 'jsdom';
import { expect, onTestFinished, test } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { TLS_CERTIFICATE, TLS_KEY } from '../../helpers/tls-fixture.js';
import { listen, startServer } from './helpers/http.js';
import { countOpenings } from './helpers/ours.js';

test('jsdom: the WebSocket of a page sends its cookies and origin, and gets its messages and its close', async () => {
  const openings = countOpenings();
  const { server, url } = await startServer({ handleProtocols: () => 'chat' });
  const headers: unknown[] = [];
  server.on('connection', (socket, request) => {
    headers.push(request.headers.origin, request.headers.cookie);
    socket.on('message', (data, isBinary) => {
      if (String(data) === 'bye') socket.close(4001, 'bye');
      else socket.send(data, { binary: isBinary });
    });
  });
  const page = new JSDOM('', { url: url.replace('ws:', 'http:'), runScripts: 'outside-only' });
  onTestFinished(() => page.window.close());
  page.window.document.cookie = 'id=7';
  const events = await page.window.eval(`new Promise((resolve, reject) => {
    const events = [];
    const socket = new WebSocket(${JSON.stringify(`${url}/path`)}, ['superchat', 'chat']);
    socket.binaryType = 'arraybuffer';
    socket.onopen = () => {
      events.push(['open', socket.protocol, socket.readyState]);
      socket.send('κόσμε');
      socket.send(new Uint8Array([1, 2, 3]).buffer);
      socket.send('bye');
    };
    socket.onmessage = ({ data }) => {
      events.push(['message', typeof data === 'string' ? data : [...new Uint8Array(data)].join()]);
    };
    socket.onerror = () => reject(new Error('failed'));
    socket.onclose = ({ code, reason, wasClean }) => {
      events.push(['close', code, reason, wasClean]);
      resolve(JSON.stringify(events));
    };
  })`);
  expect(JSON.parse(events as string)).toEqual([
    ['open', 'chat', 1],
    ['message', 'κόσμε'],
    ['message', '1,2,3'],
    ['close', 4001, 'bye', true],
  ]);
  expect(headers).toEqual([url.replace('ws:', 'http:'), 'id=7']);
  expect(openings()).toEqual({ clients: 1, servers: 1 });
});

test("discord.js: the gateway's client identifies, keeps its heartbeat and resumes after a reconnect", async () => {
  const openings = countOpenings();
  const { server, url } = await startServer();
  const received: number[] = [];
  const closes: number[] = [];
  server.on('connection', socket => {
    // The gateway compresses all its messages as one stream.
    const deflate = createDeflate({ flush: constants.Z_SYNC_FLUSH });
    deflate.on('data', chunk => socket.send(chunk));
    const send = (message: object) => deflate.write(JSON.stringify(message));
    send({ op: 10, d: { heartbeat_interval: 1000 } });
    socket.on('message', data => {
      const { op, d } = JSON.parse(String(data));
      received.push(op);
      if (op === 1) send({ op: 11 });
      if (op === 2) {
        const ready = {
          v: 10,
          user: { id: '1' },
          session_id: 'session',
          resume_gateway_url: url,
          large: 'x'.repeat(100_000),
        };
        send({ op: 0, s: 1, t: 'READY', d: ready });
      }
      if (op === 6) send({ op: 0, s: 2, t: 'RESUMED', d: { session: d.session_id } });
    });
    socket.on('close', code => closes.push(code));
    socket.on('ask', () => send({ op: 7, d: null }));
  });
  const information = {
    url,
    shards: 1,
    session_start_limit: { total: 9, remaining: 9, reset_after: 0, max_concurrency: 1 },
  };
  const manager = new WebSocketManager({
    token: 'token',
    intents: 0,
    rest: { get: async () => information } as unknown as REST,
    compression: CompressionMethod.ZlibNative,
  });
  onTestFinished(() => manager.destroy());
  const ready = once(manager, WebSocketShardEvents.Ready);
  await manager.connect();
  const [{ session_id }] = await ready;
  expect(session_id).toBe('session');
  await once(manager, WebSocketShardEvents.HeartbeatComplete);
  const resumed = once(manager, WebSocketShardEvents.Resumed);
  for (const socket of server.clients) socket.emit('ask');
  await resumed;
  expect(received.filter(op => op !== 1)).toEqual([2, 6]);
  expect(closes).toEqual([4200]);
  expect(openings()).toEqual({ clients: 2, servers: 2 });
});

test("Kubernetes' client runs a command with stdin, stdout, stderr and a status over wss", async () => {
  const openings = countOpenings();
  const api = createServer({ key: TLS_KEY, cert: TLS_CERTIFICATE });
  const server = new WebSocketServer({
    server: api,
    handleProtocols: offered => offered.has('v4.channel.k8s.io') && 'v4.channel.k8s.io',
  });
  const requests: unknown[] = [];
  server.on('connection', (socket, request) => {
    requests.push(request.url, request.headers.authorization, socket.protocol);
    socket.send(Buffer.from('\x02warning'));
    socket.on('message', data => {
      const [channel, ...bytes] = data as Buffer;
      expect(channel).toBe(0);
      socket.send(Buffer.from([1, ...bytes]));
      socket.send(Buffer.from(`\x03${JSON.stringify({ status: 'Success' })}`));
    });
  });
  const config = new KubeConfig();
  config.loadFromOptions({
    clusters: [{ name: 'c', server: `https://127.0.0.1:${await listen(api)}`, skipTLSVerify: true }],
    users: [{ name: 'u', token: 'secret' }],
    contexts: [{ name: 'x', cluster: 'c', user: 'u' }],
    currentContext: 'x',
  });
  const written: Record<'stdout' | 'stderr', string> = { stdout: '', stderr: '' };
  const to = (name: 'stdout' | 'stderr') =>
    new Writable({
      write(chunk, _, done) {
        written[name] += chunk;
        done();
      },
    });
  const stdin = new PassThrough();
  const status = new Promise<V1Status>((resolve, reject) => {
    const exec = new Exec(config).exec(
      'default',
      'pod',
      'main',
      ['cat', '-'],
      to('stdout'),
      to('stderr'),
      stdin,
      false,
      resolve,
    );
    exec.then(() => stdin.write('hello'), reject);
  });
  expect(await status).toEqual({ status: 'Success' });
  expect(written).toEqual({ stdout: 'hello', stderr: 'warning' });
  const query = 'stdout=true&stderr=true&stdin=true&tty=false&command=cat&command=-&container=main';
  const path = `/api/v1/namespaces/default/pods/pod/exec?${query}`;
  expect(requests).toEqual([path, 'Bearer secret', 'v4.channel.k8s.io']);
  expect(openings()).toEqual({ clients: 1, servers: 1 });
});

test('an empty Sec-WebSocket-Protocol, as the API server of Kubernetes may send, fails as it does with ws', async () => {
  const api = createHttpServer();
  api.on('upgrade', ({ headers }, socket) => {
    const accept = createHash('sha1').update(`${headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`);
    socket.end(
      'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
        `Sec-WebSocket-Accept: ${accept.digest('base64')}\r\nSec-WebSocket-Protocol:\r\n\r\n`,
    );
  });
  const url = `ws://127.0.0.1:${await listen(api)}`;
  expect((await once(new WebSocket(url), 'error'))[0].message).toBe('Server sent a subprotocol but none was requested');
  expect((await once(new WebSocket(url, 'v4.channel.k8s.io'), 'error'))[0].message).toBe(
    'Server sent an invalid subprotocol',
  );
});
