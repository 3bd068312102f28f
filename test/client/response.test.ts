import { once } from 'node:events';
import { expect, onTestFinished, test } from 'vitest';
import { type ConnectOptions, connect, createPair, HeaderFields, type WebSocketConnection } from '../../src/index.js';
import { plainResponse, switchingProtocols } from '../helpers/http-heads.js';
import { openServer } from '../helpers/open-server.js';
import { rawServer } from '../helpers/raw-peer.js';

async function open(url: string, options?: ConnectOptions): Promise<WebSocketConnection> {
  const connection = await connect(url, options);
  onTestFinished(() => connection.terminate());
  return connection;
}

test('connection.response is the 101 of the server, with each header line as received', async () => {
  const server = await rawServer(async peer => {
    const extra = ['X-Served-By: node 7', 'set-cookie: a=1', 'Set-Cookie: b=2', 'X-Latin: caf\xe9', 'X-Empty:'];
    peer.write(switchingProtocols(await peer.head(), ...extra));
  });
  const { response } = await open(`ws://127.0.0.1:${server.port}/`);
  expect(response!.status).toBe(101);
  expect(response!.headers).toBeInstanceOf(HeaderFields);
  expect(response!.headers.lines.map(([name]) => name)).toEqual([
    'Upgrade',
    'Connection',
    'Sec-WebSocket-Accept',
    'X-Served-By',
    'set-cookie',
    'Set-Cookie',
    'X-Latin',
    'X-Empty',
  ]);
  expect(response!.headers.get('x-served-by')).toBe('node 7');
  expect(response!.headers.all('SET-COOKIE')).toEqual(['a=1', 'b=2']);
  expect(response!.headers.get('X-Latin')).toBe('café');
  expect(response!.headers.get('X-Empty')).toBe('');
  expect(response!.headers.get('X-Other')).toBeUndefined();
});

test('connection.response has the subprotocol that the server chose', async () => {
  const { port } = await openServer({ subprotocols: ['b'] });
  const { response } = await open(`ws://127.0.0.1:${port}/`, { subprotocols: ['a', 'b'] });
  expect(response!.headers.get('Sec-WebSocket-Protocol')).toBe('b');
});

test('connection.response is the last response after a redirect', async () => {
  const server = await rawServer(async peer => {
    const request = await peer.head();
    const isFirst = request.startsWith('GET / ');
    if (isFirst) peer.write(plainResponse('302 Found', ['Location: /end', 'X-Hop: 1']));
    else peer.write(switchingProtocols(request, 'X-Hop: 2'));
  });
  const { response } = await open(`ws://127.0.0.1:${server.port}/`, { maxRedirects: 1 });
  expect([response!.status, response!.headers.all('X-Hop')]).toEqual([101, ['2']]);
});

test('connection.response is still there after the connection has closed', async () => {
  const { port } = await openServer({ headers: { 'X-Served-By': 'server-1' } });
  const connection = await open(`ws://127.0.0.1:${port}/`);
  await connection.close(1000);
  expect(connection.response!.headers.get('X-Served-By')).toBe('server-1');
});

test('connection.response is undefined on a server, and in a pair, which has no opening handshake', async () => {
  const { server, port } = await openServer();
  const accepted = once(server, 'connection') as Promise<[WebSocketConnection]>;
  await open(`ws://127.0.0.1:${port}/`);
  expect((await accepted)[0].response).toBeUndefined();
  const pair = createPair();
  expect(pair.map(({ response }) => response)).toEqual([undefined, undefined]);
  for (const connection of pair) connection.terminate();
});
