import net from 'node:net';
import tls from 'node:tls';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { dial } from '../../src/client/dial.js';
import { HandshakeTimeout } from '../../src/client/failure.js';
import { parseWebSocketUrl } from '../../src/client/url.js';
import { rawServer } from '../helpers/raw-peer.js';
import { TLS_CERTIFICATE } from '../helpers/tls-fixture.js';

/** A socket that never comes to stand, and what it was asked for. */
function fakeSocket(module: typeof net | typeof tls): { socket: net.Socket; options(): Record<string, unknown> } {
  const socket = new net.Socket();
  const connect = vi.spyOn(module as typeof net, 'connect').mockReturnValue(socket);
  onTestFinished(() => connect.mockRestore());
  return { socket, options: () => connect.mock.calls[0]![0] as unknown as Record<string, unknown> };
}

const forever: AbortSignal = new AbortController().signal;

describe('what node is asked for', () => {
  test('TCP: both families, half open [4.1-11]', () => {
    const { options } = fakeSocket(net);
    void dial(parseWebSocketUrl('ws://example.com:81/'), { localAddress: '10.0.0.1', family: 4 }, forever);
    expect(options()).toEqual({
      host: 'example.com',
      port: 81,
      autoSelectFamily: true,
      localAddress: '10.0.0.1',
      family: 4,
      allowHalfOpen: true,
    });
  });

  test('TLS: the name for SNI without a dot at its end (RFC 6066 §3), ALPN, and options of the caller’s [4.1-17]', () => {
    const { options } = fakeSocket(tls);
    void dial(parseWebSocketUrl('wss://example.com./'), { tls: { ca: 'ca' } }, forever);
    expect(options()).toEqual({
      host: 'example.com.',
      port: 443,
      autoSelectFamily: true,
      servername: 'example.com',
      ALPNProtocols: ['http/1.1'],
      ca: 'ca',
      allowHalfOpen: true,
    });
  });

  test('TLS: the caller’s servername and ALPN go before ours, his host and port do not', () => {
    const { options } = fakeSocket(tls);
    const callers = { servername: 'inner', ALPNProtocols: ['x'], host: 'evil', port: 1, allowHalfOpen: false };
    void dial(parseWebSocketUrl('wss://10.0.0.1/'), { tls: callers as tls.ConnectionOptions }, forever);
    expect(options()).toMatchObject({
      servername: 'inner',
      ALPNProtocols: ['x'],
      host: '10.0.0.1',
      port: 443,
      allowHalfOpen: true,
    });
  });

  test('a Unix domain socket', () => {
    const { options } = fakeSocket(net);
    void dial(parseWebSocketUrl('ws+unix:/tmp/a.sock'), { localAddress: '10.0.0.1' }, forever);
    expect(options()).toEqual({ path: '/tmp/a.sock', allowHalfOpen: true });
  });
});

describe('phases', () => {
  const url = 'ws://example.com/';
  const timeout = new HandshakeTimeout(7);

  test.each([
    ['dns', url, [], 'look up', 'the name server does not answer: is there a network?'],
    ['connect', url, ['lookup'], 'connect to', 'nobody answers: a firewall may drop the packets'],
    ['connect', 'ws://10.0.0.1/', [], 'connect to', 'nobody answers: a firewall may drop the packets'],
    ['connect', 'ws+unix:/a', [], 'connect to', 'nobody answers: a firewall may drop the packets'],
    [
      'tls',
      'wss://example.com/',
      ['lookup', 'connect'],
      'make a TLS connection to',
      'the TLS handshake does not end: does the server speak TLS at this port?',
    ],
  ])('the time is over in %s of %s', async (phase, where, events, doing, hint) => {
    const { socket } = fakeSocket(where.startsWith('wss') ? tls : net);
    const end = new AbortController();
    const dialed = dial(parseWebSocketUrl(where), {}, end.signal);
    for (const event of events) socket.emit(event);
    end.abort(timeout);
    await expect(dialed).rejects.toMatchObject({
      phase,
      fault: 'network',
      cause: timeout,
      hint,
      message: expect.stringContaining(`could not ${doing} `),
    });
    expect(socket.destroyed).toBe(true);
  });

  test('a socket that is closed without a word fails too', async () => {
    const { socket } = fakeSocket(net);
    const dialed = dial(parseWebSocketUrl(url), {}, forever);
    socket.destroy();
    await expect(dialed).rejects.toMatchObject({
      message: 'could not look up example.com:80: the connection was closed',
    });
  });

  test('an error of getaddrinfo’s is one of dns, even where the lookup was over', async () => {
    const { socket } = fakeSocket(net);
    const dialed = dial(parseWebSocketUrl(url), {}, forever);
    socket.emit('lookup');
    socket.destroy(Object.assign(new Error('no'), { syscall: 'getaddrinfo', code: 'EAI_AGAIN' }));
    await expect(dialed).rejects.toMatchObject({ phase: 'dns', hint: expect.stringContaining('name server') });
  });
});

describe('the socket', () => {
  test.each(['ws', 'wss'])(
    '%s: is not read, and what goes wrong with it before anyone listens ends nothing',
    async scheme => {
      const server = await rawServer(peer => peer.write('early'), { secure: scheme === 'wss' });
      const signal = new AbortController().signal;
      const remove = vi.spyOn(signal, 'removeEventListener');
      const destination = parseWebSocketUrl(`${scheme}://localhost:${server.port}/`);
      const socket = await dial(destination, { tls: { ca: TLS_CERTIFICATE } }, signal);
      onTestFinished(() => void socket.destroy());
      expect(remove).toHaveBeenCalledTimes(1);
      expect(socket.readableFlowing).not.toBe(true);
      socket.destroy(new Error('nobody listens'));
      await new Promise(resolve => socket.on('close', resolve));
    },
  );

  test('keeps no other listener of ours', async () => {
    const server = await rawServer();
    const socket = await dial(parseWebSocketUrl(`ws://127.0.0.1:${server.port}/`), {}, forever);
    onTestFinished(() => void socket.destroy());
    const fresh = new net.Socket();
    for (const event of ['close', 'lookup', 'connect', 'secureConnect', 'data', 'readable', 'end']) {
      expect([event, socket.listenerCount(event)]).toEqual([event, fresh.listenerCount(event)]);
    }
    expect(socket.listenerCount('error')).toBe(fresh.listenerCount('error') + 1);
  });
});
