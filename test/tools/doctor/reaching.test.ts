import { describe, expect, test } from 'vitest';
import { server } from '../../cli/servers.js';
import { closedPort } from '../../helpers/raw-peer.js';
import { TLS_CERTIFICATE, TLS_KEY } from '../../helpers/tls-fixture.js';
import { answering, CHAIN, causeAt, examine, onRequest, page, switching, tcpServer, tlsServer } from './servers.js';

describe('a server that is not reached', () => {
  test('nothing listens at the port', async () => {
    const report = await examine(`ws://127.0.0.1:${await closedPort()}/`);
    expect(report.verdict).toBe('problem');
    expect(report.diagnoses[0]).toMatchObject({ id: 'nothing-listens', cause: expect.stringContaining('refused') });
    expect(report.stages.map(({ name, status }) => [name, status])).toEqual([
      ['url', 'ok'],
      ['tcp', 'failed'],
    ]);
  });

  test('there is no Unix domain socket at the path', async () => {
    const { diagnoses } = await examine('ws+unix:/tmp/ws101-no-such.sock:/chat');
    expect(diagnoses).toMatchObject([
      { id: 'nothing-listens', cause: 'there is no socket at /tmp/ws101-no-such.sock' },
    ]);
  });

  test('the name does not exist', async () => {
    expect(await causeAt('ws://ws101-does-not-exist.invalid/')).toMatch(/^(name-not-found|dns-unavailable)$/);
  });

  test('packets to the address are dropped, or there is no route to it', async () => {
    // TEST-NET-1 (RFC 5737) is not routed.
    const cause = await causeAt('ws://192.0.2.1:9/', { limits: { step: 200 } });
    expect(cause).toMatch(/^(no-answer|unreachable|nothing-listens)$/);
  });

  test('the proxy cannot be reached', async () => {
    const proxy = `http://127.0.0.1:${await closedPort()}`;
    expect(await causeAt('ws://127.0.0.1:1/', { proxy })).toBe('proxy-unreachable');
  });

  test('the proxy does not open a tunnel', async () => {
    const url = await answering(page('403 Forbidden', 'not here'));
    const proxy = url.replace('ws:', 'http:').replace('/chat', '');
    const report = await examine('ws://example.invalid/', { proxy });
    expect(report.diagnoses.map(({ id }) => id)).toEqual(['proxy-refused']);
    expect(report.facts.response).toBe(undefined);
  });

  test('the proxy requires credentials', async () => {
    const url = await answering(page('407 Proxy Authentication Required', '', 'Proxy-Authenticate: Basic'));
    const proxy = url.replace('ws:', 'http:').replace('/chat', '');
    expect(await causeAt('ws://example.invalid/', { proxy })).toBe('proxy-credentials');
  });
});

describe('TLS', () => {
  const key = CHAIN['leaf.key'];
  const full = (leaf: string) => CHAIN[leaf]! + CHAIN['intermediate.cert']!;
  const ca = CHAIN['root.cert'];

  test.each([
    ['an expired certificate', full('expired.cert'), 'certificate-expired'],
    ['a certificate that is not valid yet', full('future.cert'), 'certificate-not-yet-valid'],
    ['a certificate for another name', full('other-name.cert'), 'certificate-wrong-name'],
    ['a missing intermediate certificate', CHAIN['leaf.cert']!, 'certificate-missing-intermediate'],
  ])('%s', async (_, cert, id) => {
    const port = await tlsServer({ key, cert });
    expect(await causeAt(`wss://localhost:${port}/`, { tls: { ca } })).toBe(id);
  });

  test('an authority that is not trusted', async () => {
    const port = await tlsServer({ key, cert: full('leaf.cert') + CHAIN['root.cert']! });
    expect(await causeAt(`wss://localhost:${port}/`)).toBe('certificate-unknown-authority');
  });

  test('a self-signed certificate, and whether the WebSocket opens without verifying it', async () => {
    const port = await tlsServer(
      { key: TLS_KEY, cert: TLS_CERTIFICATE },
      onRequest((socket, request) => void socket.write(switching(request))),
    );
    const report = await examine(`wss://localhost:${port}/`);
    expect(report.diagnoses[0]).toMatchObject({ id: 'certificate-self-signed' });
    expect(report.facts.retries).toMatchObject([{ change: 'insecure', isOpen: true }]);
  });

  test('credentials are not sent to a server whose certificate is not accepted', async () => {
    const requests: string[] = [];
    const port = await tlsServer(
      { key: TLS_KEY, cert: TLS_CERTIFICATE },
      onRequest((_, { head }) => void requests.push(head)),
    );
    const report = await examine(`wss://localhost:${port}/`, { headers: { Authorization: 'Bearer secret' } });
    expect(report.diagnoses[0]!.id).toBe('certificate-self-signed');
    expect(requests).toEqual([]);
  });

  test('wss: to a port without TLS', async () => {
    const report = await examine((await server(() => {})).replace('ws:', 'wss:'));
    expect(report.diagnoses).toMatchObject([{ id: 'plain-port', cause: expect.stringContaining('ws://127.0.0.1') }]);
  });

  test('ws: to a port with TLS', async () => {
    const port = await tlsServer({ key: TLS_KEY, cert: TLS_CERTIFICATE });
    expect(await causeAt(`ws://127.0.0.1:${port}/`)).toBe('tls-port');
  });

  test('a server that accepts HTTP/2 only', async () => {
    const port = await tlsServer({ key: TLS_KEY, cert: TLS_CERTIFICATE, ALPNProtocols: ['h2'] });
    expect(await causeAt(`wss://localhost:${port}/`, { tls: { ca: TLS_CERTIFICATE } })).toBe('h2-only');
  });

  test.each(['TLSv1.2', 'TLSv1.3'] as const)('a client certificate is demanded (%s)', async maxVersion => {
    const port = await tlsServer({
      key: TLS_KEY,
      cert: TLS_CERTIFICATE,
      requestCert: true,
      rejectUnauthorized: true,
      ca: CHAIN['root.cert'],
      maxVersion,
    });
    const id = await causeAt(`wss://localhost:${port}/`, { tls: { ca: TLS_CERTIFICATE } });
    expect(id).toMatch(/^(client-certificate|tls-handshake)$/);
  });

  test('only an old version of TLS is spoken', async () => {
    const port = await tlsServer({
      key: TLS_KEY,
      cert: TLS_CERTIFICATE,
      minVersion: 'TLSv1',
      maxVersion: 'TLSv1.1',
      ciphers: 'DEFAULT@SECLEVEL=0',
    });
    expect(await causeAt(`wss://localhost:${port}/`, { tls: { ca: TLS_CERTIFICATE } })).toBe('tls-version');
  });

  test('the server has no site for the name', async () => {
    const port = await tlsServer({
      key: TLS_KEY,
      cert: TLS_CERTIFICATE,
      SNICallback: (_, done) => done(new Error('no such site')),
    });
    expect(await causeAt(`wss://localhost:${port}/`, { tls: { ca: TLS_CERTIFICATE } })).toBe('unknown-server-name');
  });

  test('the connection is reset when TLS starts', async () => {
    const port = await tcpServer(socket => socket.once('data', () => socket.resetAndDestroy()));
    expect(await causeAt(`wss://localhost:${port}/`)).toBe('tls-cut');
  });

  test('the server does not answer the TLS handshake', async () => {
    const port = await tcpServer(() => {});
    expect(await causeAt(`wss://localhost:${port}/`, { limits: { step: 300, retry: 100 } })).toBe('tls-silent');
  });
});
