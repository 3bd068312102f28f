import dns from 'node:dns';
import { once } from 'node:events';
import net from 'node:net';
import tls from 'node:tls';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { type DialOptions, dial } from '../../src/client/dial.js';
import { HandshakeTimeout } from '../../src/client/failure.js';
import { parseWebSocketUrl } from '../../src/client/url.js';
import { rawServer } from '../helpers/raw-peer.js';
import { TLS_CERTIFICATE } from '../helpers/tls-fixture.js';

const ADDRESS = '192.0.2.1';

const forever: AbortSignal = new AbortController().signal;

/** What Node is asked for, and the sockets it gives: they do what the test says. Names are looked up as ADDRESS. */
function fakeNode() {
  const tcp = new net.Socket();
  const secure = new net.Socket();
  const connect = vi.spyOn(net, 'connect').mockReturnValue(tcp);
  const secureConnect = vi.spyOn(tls, 'connect').mockReturnValue(secure as tls.TLSSocket);
  const lookup = vi.spyOn(dns, 'lookup').mockImplementation(((...args: unknown[]) => {
    const answer = args[2] as (error: null, found: dns.LookupAddress[]) => void;
    process.nextTick(() => answer(null, [{ address: ADDRESS, family: 4 }]));
  }) as never);
  onTestFinished(() => {
    for (const spy of [connect, secureConnect, lookup]) spy.mockRestore();
    tcp.destroy();
    secure.destroy();
  });
  const optionsOf = (spy: unknown) =>
    (spy as typeof connect).mock.calls.map(([options]) => options as unknown as Record<string, unknown>);
  return {
    tcp,
    secure,
    lookups: () => lookup.mock.calls.map(([name, options]) => [name, (options as dns.LookupOptions).family]),
    connects: () => optionsOf(connect),
    secureConnects: () => optionsOf(secureConnect),
    /** Dials, up to the moment at which nothing happens by itself any more. */
    async begin(url: string, options: DialOptions = {}, signal: AbortSignal = forever) {
      const dialed = dial(parseWebSocketUrl(url), signal, options);
      dialed.catch(() => {});
      await turn();
      return { dialed };
    },
    /** The TCP connection stands. */
    async connected() {
      tcp.emit('connect');
      await turn();
    },
  };
}

function turn(): Promise<void> {
  return new Promise(resolve => setImmediate(resolve));
}

describe('the options passed to Node', () => {
  test('TCP: the address of the name, half open [4.1-11]', async () => {
    const node = fakeNode();
    await node.begin('ws://example.com:81/', { socket: { localAddress: '10.0.0.1', family: 4 } });
    expect(node.lookups()).toEqual([['example.com', 4]]);
    expect(node.connects()).toEqual([{ host: ADDRESS, port: 81, localAddress: '10.0.0.1', allowHalfOpen: true }]);
  });

  test.each([
    [{}, 0],
    [{ family: 0 }, 0],
    [{ family: 6 }, 6],
    [{ localAddress: '::1' }, 6],
    [{ localAddress: '127.0.0.1', family: 0 }, 4],
  ] as const)('%j: addresses of family %i', async (options, family) => {
    const node = fakeNode();
    await node.begin('ws://example.com/', { socket: options });
    expect(node.lookups()).toEqual([['example.com', family]]);
  });

  test('TLS: the name for SNI without a dot at its end (RFC 6066 §3), ALPN, and options of the caller’s [4.1-17]', async () => {
    const node = fakeNode();
    await node.begin('wss://example.com./', { tls: { ca: TLS_CERTIFICATE } });
    expect(node.connects()).toEqual([{ host: ADDRESS, port: 443, allowHalfOpen: true }]);
    expect(node.secureConnects()).toEqual([]);
    await node.connected();
    expect(node.secureConnects()).toEqual([
      {
        servername: 'example.com',
        ALPNProtocols: ['http/1.1'],
        ca: TLS_CERTIFICATE,
        secureContext: expect.anything(),
        host: 'example.com.',
        socket: node.tcp,
      },
    ]);
  });

  test('TLS: servername, ALPN and secureContext of the options replace ours; their host does not', async () => {
    const node = fakeNode();
    const secureContext = tls.createSecureContext();
    const options = { servername: 'inner', ALPNProtocols: ['x'], secureContext, host: 'evil' };
    await node.begin('wss://10.0.0.1/', { tls: options });
    await node.connected();
    const [asked] = node.secureConnects();
    expect(asked).toMatchObject({ servername: 'inner', ALPNProtocols: ['x'], host: '10.0.0.1' });
    expect(asked!.secureContext).toBe(secureContext);
    expect(asked!.socket).toBe(node.tcp);
  });

  test('a Unix domain socket', async () => {
    const node = fakeNode();
    await node.begin('ws+unix:/tmp/a.sock', { socket: { localAddress: '10.0.0.1' } });
    expect(node.connects()).toEqual([{ path: '/tmp/a.sock', allowHalfOpen: true }]);
    expect(node.lookups()).toEqual([]);
  });
});

describe('phases', () => {
  const timeout = new HandshakeTimeout(7);

  test('a timeout in dns: no socket is opened', async () => {
    const end = new AbortController();
    const node = fakeNode();
    const dialed = dial(parseWebSocketUrl('ws://example.com/'), end.signal);
    end.abort(timeout);
    await expect(dialed).rejects.toMatchObject({
      phase: 'dns',
      fault: 'network',
      cause: timeout,
      hint: 'the name server does not answer: is there a network?',
      summary: expect.stringContaining('looking up example.com failed: '),
    });
    await turn();
    expect(node.connects()).toEqual([]);
  });

  test.each(['ws://example.com/', 'ws://10.0.0.1/', 'ws+unix:/a', 'wss://example.com/'])(
    'the time is over in connect of %s',
    async url => {
      const node = fakeNode();
      const end = new AbortController();
      const { dialed } = await node.begin(url, {}, end.signal);
      end.abort(timeout);
      await expect(dialed).rejects.toMatchObject({
        phase: 'connect',
        fault: 'network',
        cause: timeout,
        hint: 'the host does not answer: a firewall may drop the packets',
        summary: expect.stringContaining('connecting to '),
      });
      expect(node.tcp.destroyed).toBe(true);
    },
  );

  test('an IP address has no phase dns', async () => {
    fakeNode();
    const dialed = dial(parseWebSocketUrl('ws://10.0.0.1/'), AbortSignal.abort(timeout));
    await expect(dialed).rejects.toMatchObject({ phase: 'connect' });
  });

  test('a timeout in tls: both sockets are destroyed', async () => {
    const node = fakeNode();
    const end = new AbortController();
    const { dialed } = await node.begin('wss://example.com/', {}, end.signal);
    await node.connected();
    end.abort(timeout);
    await expect(dialed).rejects.toMatchObject({
      phase: 'tls',
      fault: 'network',
      cause: timeout,
      hint: 'the TLS handshake does not end: does the server speak TLS at this port?',
      summary: expect.stringContaining('the TLS handshake with example.com:443 failed: '),
    });
    expect([node.tcp.destroyed, node.secure.destroyed]).toEqual([true, true]);
  });

  test('a socket that is closed without an error fails too, in connect and in tls', async () => {
    for (const [phase, summary] of [
      ['connect', `connecting to example.com:443 failed: the connection to ${ADDRESS} was closed`],
      ['tls', 'the TLS handshake with example.com:443 failed: the connection was closed'],
    ] as const) {
      const node = fakeNode();
      const { dialed } = await node.begin('wss://example.com/');
      if (phase === 'tls') await node.connected();
      (phase === 'tls' ? node.secure : node.tcp).destroy();
      await expect(dialed).rejects.toMatchObject({ phase, fault: 'network', summary });
      vi.restoreAllMocks();
    }
  });

  test('a lookup that fails', async () => {
    fakeNode();
    vi.mocked(dns.lookup).mockImplementation(((...args: unknown[]) => {
      const answer = args[2] as (error: Error) => void;
      answer(Object.assign(new Error('no'), { syscall: 'getaddrinfo', code: 'EAI_AGAIN' }));
    }) as never);
    const dialed = dial(parseWebSocketUrl('ws://example.com/'), forever);
    await expect(dialed).rejects.toMatchObject({ phase: 'dns', hint: expect.stringContaining('name server') });
  });

  test.each<[name: string, options: tls.ConnectionOptions, isConnected: boolean, summary: string]>([
    ['a certificate that cannot be parsed', { cert: 'none', key: 'none' }, false, 'cannot use tls.cert, tls.key or'],
    ['an invalid ALPN list', { ALPNProtocols: 7 as never }, true, 'the TLS handshake with'],
  ])('%s is the caller’s fault, and leaves no socket open', async (_name, options, isConnected, summary) => {
    const server = await rawServer();
    const connect = vi.spyOn(net, 'connect');
    onTestFinished(() => connect.mockRestore());
    const dialed = dial(parseWebSocketUrl(`wss://127.0.0.1:${server.port}/`), forever, { tls: options });
    await expect(dialed).rejects.toMatchObject({ phase: 'tls', fault: 'caller', hint: undefined });
    await expect(dialed).rejects.toThrow(summary);
    expect(connect.mock.results.map(({ value }) => (value as net.Socket).destroyed)).toEqual(isConnected ? [true] : []);
  });
});

describe('the socket', () => {
  test.each(['ws', 'wss'])(
    '%s: is not read, and what goes wrong with it before anyone listens ends nothing',
    async scheme => {
      const server = await rawServer(peer => peer.write('early'), { secure: scheme === 'wss' });
      const signal = new AbortController().signal;
      const add = vi.spyOn(signal, 'addEventListener');
      const remove = vi.spyOn(signal, 'removeEventListener');
      const destination = parseWebSocketUrl(`${scheme}://localhost:${server.port}/`);
      const socket = await dial(destination, signal, { tls: { ca: TLS_CERTIFICATE } });
      onTestFinished(() => void socket.destroy());
      expect(remove).toHaveBeenCalledTimes(add.mock.calls.length);
      expect(socket.readableFlowing).not.toBe(true);
      socket.destroy(new Error('nobody listens'));
      await new Promise(resolve => socket.on('close', resolve));
    },
  );

  test('keeps no other listener of ours', async () => {
    const server = await rawServer();
    const socket = await dial(parseWebSocketUrl(`ws://127.0.0.1:${server.port}/`), forever);
    onTestFinished(() => void socket.destroy());
    const fresh = new net.Socket();
    for (const event of ['close', 'lookup', 'connect', 'secureConnect', 'data', 'readable', 'end']) {
      expect([event, socket.listenerCount(event)]).toEqual([event, fresh.listenerCount(event)]);
    }
    expect(socket.listenerCount('error')).toBe(fresh.listenerCount('error') + 1);
  });

  test('under TLS is destroyed with the TLS socket, and its errors do no harm', async () => {
    const server = await rawServer(undefined, { secure: true });
    const connect = vi.spyOn(net, 'connect');
    onTestFinished(() => connect.mockRestore());
    const destination = parseWebSocketUrl(`wss://localhost:${server.port}/`);
    const socket = await dial(destination, forever, { tls: { ca: TLS_CERTIFICATE } });
    const tcp = connect.mock.results[0]!.value as net.Socket;
    tcp.emit('error', new Error('nobody listens'));
    const closed = once(tcp, 'close');
    socket.destroy();
    await closed;
  });
});
