import { once } from 'node:events';
import net, { type AddressInfo } from 'node:net';
import tls from 'node:tls';
import { describe, expect, onTestFinished, test } from 'vitest';
import { acceptedTransportInfo, transportInfo } from '../../src/transport/transport-info.js';
import { duplexPair } from '../helpers/duplex-pair.js';
import { tcpPair, tlsPair } from '../helpers/sockets.js';
import { TLS_CERTIFICATE, TLS_KEY } from '../helpers/tls-fixture.js';

test('has only the addresses of a TCP socket', async () => {
  const [client, server] = await tcpPair();
  expect(transportInfo(client)).toEqual({
    localAddress: '127.0.0.1',
    localPort: server.remotePort,
    remoteAddress: '127.0.0.1',
    remotePort: server.localPort,
  });
  client.destroy();
  server.destroy();
});

test('is empty for a Duplex without addresses, except for a known path', () => {
  const [socket] = duplexPair();
  expect(transportInfo(socket)).toEqual({});
  expect(transportInfo(socket, '/run/echo.sock')).toEqual({ remoteAddress: '/run/echo.sock' });
});

test('has the version, the cipher and the certificate of a TLS socket', async () => {
  const [client, server] = await tlsPair();
  expect(transportInfo(client).tls).toEqual({
    version: 'TLSv1.3',
    cipher: expect.stringMatching(/^TLS_/),
    alpn: '',
    authorized: true,
    certificate: {
      subject: 'localhost',
      issuer: 'localhost',
      validFrom: 'Jan  1 00:00:00 2024 GMT',
      validTo: 'Dec 31 23:59:59 2123 GMT',
      fingerprint: expect.stringMatching(/^([0-9A-F]{2}:){31}[0-9A-F]{2}$/),
    },
  });
  expect(transportInfo(server).tls).toMatchObject({ version: 'TLSv1.3', authorized: false });
  expect(transportInfo(server).tls).not.toHaveProperty('certificate');
  client.destroy();
  server.destroy();
});

test('has the negotiated application protocol', async () => {
  const listener = tls.createServer({ cert: TLS_CERTIFICATE, key: TLS_KEY, ALPNProtocols: ['http/1.1'] });
  onTestFinished(() => void listener.close());
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const { port } = listener.address() as AddressInfo;
  const client = tls.connect({ port, host: '127.0.0.1', rejectUnauthorized: false, ALPNProtocols: ['http/1.1'] });
  await once(client, 'secureConnect');
  expect(transportInfo(client).tls).toMatchObject({ alpn: 'http/1.1', authorized: false });
  client.destroy();
});

test('says unknown if the TLS session is gone', () => {
  const socket = new tls.TLSSocket(new net.Socket());
  socket.destroy();
  expect(transportInfo(socket).tls).toMatchObject({ version: 'unknown', cipher: 'unknown', alpn: '' });
});

test('names a certificate without a CN by all its fields', () => {
  const socket = new tls.TLSSocket(new net.Socket());
  const certificate = { subject: { O: 'Acme', OU: ['a', 'b'] }, valid_from: 'x', valid_to: 'y', fingerprint256: 'AA' };
  socket.getPeerCertificate = () => certificate as never;
  expect(transportInfo(socket).tls?.certificate).toMatchObject({ subject: 'O=Acme, OU=a,b', issuer: '' });
  socket.destroy();
});

describe('of an accepted socket', () => {
  const addressesOf = ({ localAddress, localPort, remoteAddress, remotePort }: ReturnType<typeof transportInfo>) => ({
    localAddress,
    localPort,
    remoteAddress,
    remotePort,
  });

  test('has the same addresses, without TLS', async () => {
    const [client, server] = await tcpPair();
    const info = acceptedTransportInfo(server);
    expect(addressesOf(info)).toEqual(transportInfo(server));
    expect(info.tls).toBeUndefined();
    client.destroy();
    server.destroy();
  });

  test('looks up our address on demand, so it has none after the end', async () => {
    const [client, server] = await tcpPair();
    const info = acceptedTransportInfo(server);
    const { remotePort } = server;
    server.destroy();
    client.destroy();
    await once(server, 'close');
    expect(addressesOf(info)).toEqual({ remoteAddress: '127.0.0.1', remotePort });
  });

  test('is empty after the socket is gone', async () => {
    const [client, server] = await tcpPair();
    server.destroy();
    expect(acceptedTransportInfo(server)).toEqual({});
    client.destroy();
  });

  test('has TLS if the socket uses it', async () => {
    const [client, server] = await tlsPair();
    const info = acceptedTransportInfo(server);
    expect(info).toEqual(transportInfo(server));
    expect(info.tls?.version).toBe('TLSv1.3');
    client.destroy();
    server.destroy();
  });

  test('is empty for a Duplex without addresses', () => {
    const [socket] = duplexPair();
    expect(acceptedTransportInfo(Object.assign(socket, { remoteAddress: '127.0.0.1' }))).toEqual({
      remoteAddress: '127.0.0.1',
    });
  });
});
