import { describe, expect, test, vi } from 'vitest';
import { connect, HandshakeError } from '../../src/index.js';
import { plainResponse, switchingProtocols } from '../helpers/http-heads.js';
import { openServer } from '../helpers/open-server.js';
import { type RawServerOptions, rawOpen, rawServer } from '../helpers/raw-peer.js';
import { TLS_CERTIFICATE } from '../helpers/tls-fixture.js';

const SECRETS = { Authorization: 'Bearer secret', Cookie: 'session=secret', 'Proxy-Authorization': 'Basic secret' };

/** Opens a server that accepts connections, or redirects them to `location`. `requests` are the heads it received. */
async function web(location?: string, where: RawServerOptions = {}) {
  const requests: string[] = [];
  const server = await rawServer(async peer => {
    const head = await peer.head();
    requests.push(head);
    if (location === undefined) {
      peer.write(switchingProtocols(head));
    } else {
      peer.write(plainResponse('302 Found', [`Location: ${location}`]));
      peer.socket.end();
    }
  }, where);
  return { requests, port: server.port };
}

describe('Tomcat CVE-2026-42498, ws 8.5, ws 8.7, ws 8.8.1, websockets 16.1: credentials and redirects', () => {
  test('redirects are not followed by default', async () => {
    const target = await web();
    const { port } = await web(`ws://127.0.0.1:${target.port}/`);
    await expect(connect(`ws://127.0.0.1:${port}/`, { headers: SECRETS })).rejects.toMatchObject({ status: 302 });
    expect(target.requests).toEqual([]);
  });

  test.each([
    ['another port', '127.0.0.1'],
    ['another host', 'localhost'],
  ])('Authorization, Cookie and Proxy-Authorization are not sent to %s', async (_, host) => {
    const target = await web(undefined, { host });
    const { port, requests } = await web(`ws://${host}:${target.port}/`);
    const connection = await connect(`ws://127.0.0.1:${port}/`, { headers: SECRETS, maxRedirects: 1 });
    connection.terminate();
    expect(requests[0]).toContain('secret');
    expect(target.requests[0]).toMatch(/^GET \/ /);
    expect(target.requests[0]).not.toContain('secret');
  });

  test('a redirect from wss to ws is not followed', async () => {
    const target = await web();
    const { port } = await web(`ws://localhost:${target.port}/`, { secure: true });
    const options = { headers: SECRETS, maxRedirects: 1, tls: { ca: TLS_CERTIFICATE } };
    await expect(connect(`wss://localhost:${port}/`, options)).rejects.toBeInstanceOf(HandshakeError);
    expect(target.requests).toEqual([]);
  });
});

describe('Tomcat CVE-2018-8034, faye-websocket CVE-2020-15133: a certificate', () => {
  test('of another host rejects before the request is sent', async () => {
    const { port, requests } = await web(undefined, { secure: true, host: '127.0.0.2' });
    const options = { headers: SECRETS, tls: { ca: TLS_CERTIFICATE } };
    await expect(connect(`wss://127.0.0.2:${port}/`, options)).rejects.toMatchObject({
      phase: 'tls',
      cause: { code: 'ERR_TLS_CERT_ALTNAME_INVALID' },
    });
    expect(requests).toEqual([]);
  });

  test('of an unknown authority rejects before the request is sent', async () => {
    const { port, requests } = await web(undefined, { secure: true });
    await expect(connect(`wss://127.0.0.1:${port}/`, { headers: SECRETS })).rejects.toMatchObject({ phase: 'tls' });
    expect(requests).toEqual([]);
  });

  test('of the right host is accepted', async () => {
    const { port } = await web(undefined, { secure: true });
    const connection = await connect(`wss://127.0.0.1:${port}/`, { tls: { ca: TLS_CERTIFICATE } });
    expect(connection.transport.tls?.authorized).toBe(true);
    connection.terminate();
  });
});

test('old ws, Masks from Math.random: Math.random() is not called, and each frame has another key', async () => {
  const random = vi.spyOn(Math, 'random');
  const server = await rawServer(async peer => peer.write(switchingProtocols(await peer.head())));
  const connection = await connect(`ws://127.0.0.1:${server.port}/`);
  for (let i = 0; i < 1_000; i++) connection.send('x');
  const frames = await server.peers[0]!.frames('client', 1_000);
  expect(new Set(frames.map(({ maskingKey }) => maskingKey)).size).toBeGreaterThan(995);
  expect(random).not.toHaveBeenCalled();
  random.mockRestore();
  connection.terminate();
});

test('old ws, Masks from Math.random: a server does not mask', async () => {
  const { port, connections } = await openServer();
  const peer = await rawOpen(port);
  connections[0]!.send('x');
  expect(await peer.frames('server', 1)).toMatchObject([{ masked: false }]);
});
