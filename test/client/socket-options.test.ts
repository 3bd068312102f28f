import { readFile } from 'node:fs/promises';
import net from 'node:net';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import {
  type ConnectOptions,
  connect,
  HandlerError,
  HandshakeError,
  type SocketOptions,
  type WebSocketConnection,
} from '../../src/index.js';
import { switchingProtocols } from '../helpers/http-heads.js';
import { closedPort, type RawServer, type RawServerOptions, rawServer } from '../helpers/raw-peer.js';
import { TLS_CERTIFICATE } from '../helpers/tls-fixture.js';

async function accepting(where: RawServerOptions = {}): Promise<RawServer> {
  return await rawServer(async peer => peer.write(switchingProtocols(await peer.head())), where);
}

async function open(url: string, socket: SocketOptions, options: ConnectOptions = {}): Promise<WebSocketConnection> {
  const connection = await connect(url, { ...options, socket });
  onTestFinished(() => connection.terminate());
  return connection;
}

async function failure(url: string, socket: SocketOptions, options: ConnectOptions = {}): Promise<HandshakeError> {
  const error = await open(url, socket, options).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(HandshakeError);
  return error as HandshakeError;
}

/** A `lookup` that finds these addresses, and the arguments that it was called with. */
function lookupOf(...addresses: string[]) {
  const asked: unknown[] = [];
  const lookup: net.LookupFunction = (hostname, options, callback) => {
    asked.push([hostname, options.family, options.all]);
    process.nextTick(
      callback,
      null,
      addresses.map(address => ({ address, family: net.isIP(address) })),
    );
  };
  return { lookup, asked };
}

describe('lookup', () => {
  test('finds the addresses of a name, and is asked for all of them', async () => {
    const server = await accepting();
    const { lookup, asked } = lookupOf('127.0.0.1');
    const connection = await open(`ws://name.example:${server.port}/`, { lookup });
    expect(connection.transport.remoteAddress).toBe('127.0.0.1');
    expect(asked).toEqual([['name.example', 0, true]]);
  });

  test('may find a single address, as functions for older versions of Node do', async () => {
    const server = await accepting();
    const lookup: net.LookupFunction = (_hostname, _options, callback) => callback(null, '127.0.0.1', 4);
    await open(`ws://name.example:${server.port}/`, { lookup });
    expect(server.peers).toHaveLength(1);
  });

  test('serves wss: too, where the certificate must be for the name', async () => {
    const server = await accepting({ secure: true });
    const { lookup } = lookupOf('127.0.0.1');
    const tls = { ca: TLS_CERTIFICATE };
    await open(`wss://localhost:${server.port}/`, { lookup }, { tls });
    expect(await failure(`wss://name.example:${server.port}/`, { lookup }, { tls })).toMatchObject({
      phase: 'tls',
      cause: { code: 'ERR_TLS_CERT_ALTNAME_INVALID' },
    });
  });

  test('is not called for an IP address', async () => {
    const server = await accepting();
    const { lookup, asked } = lookupOf('192.0.2.1');
    await open(`ws://127.0.0.1:${server.port}/`, { lookup });
    expect(asked).toEqual([]);
  });

  test('fails with phase dns and its own error', async () => {
    const cause = new Error('no such name');
    const lookup: net.LookupFunction = (_hostname, _options, callback) => callback(cause, []);
    expect(await failure('ws://name.example/', { lookup })).toMatchObject({ phase: 'dns', cause });
  });

  test('fails with phase dns and a HandlerError if it throws', async () => {
    const lookup = () => {
      throw new Error('broken');
    };
    const error = await failure('ws://name.example/', { lookup });
    expect(error.phase).toBe('dns');
    expect(error.cause).toBeInstanceOf(HandlerError);
    expect(error.message).toContain('socket.lookup() failed: broken');
  });
});

describe('family', () => {
  test.each([4, 6] as const)('%i asks the lookup for that family only', async family => {
    const host = family === 4 ? '127.0.0.1' : '::1';
    const server = await accepting({ host });
    const { lookup, asked } = lookupOf(host);
    const connection = await open(`ws://name.example:${server.port}/`, { lookup, family });
    expect(connection.transport.remoteAddress).toBe(host);
    expect(asked).toEqual([['name.example', family, true]]);
  });
});

describe('localAddress and localPort', () => {
  test('localAddress is the remote address that the server sees', async () => {
    const server = await accepting();
    const { transport } = await open(`ws://127.0.0.1:${server.port}/`, { localAddress: '127.0.0.2' });
    expect(transport.localAddress).toBe('127.0.0.2');
    expect((server.peers[0]!.socket as net.Socket).remoteAddress).toBe('127.0.0.2');
  });

  test('localPort is the remote port that the server sees', async () => {
    const server = await accepting();
    const localPort = await closedPort();
    const { transport } = await open(`ws://127.0.0.1:${server.port}/`, { localPort });
    expect(transport.localPort).toBe(localPort);
    expect((server.peers[0]!.socket as net.Socket).remotePort).toBe(localPort);
  });

  test('a localPort that is taken fails with phase connect', async () => {
    const server = await accepting();
    const error = await failure(`ws://127.0.0.1:${server.port}/`, {
      localAddress: '127.0.0.1',
      localPort: server.port,
    });
    expect(error).toMatchObject({ phase: 'connect', fault: 'network', cause: { code: 'EADDRINUSE' } });
  });
});

describe('keepAlive and keepAliveInitialDelay', () => {
  /** Returns in how many seconds the kernel sends a keepalive probe on the connection; undefined if never. */
  async function secondsToProbe({ transport }: WebSocketConnection): Promise<number | undefined> {
    const portOf = (port: number) => `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
    // Another connection may have the same local port.
    const isIts = (local = '', remote = '') =>
      local.endsWith(portOf(transport.localPort!)) && remote.endsWith(portOf(transport.remotePort!));
    for (;;) {
      const lines = (await readFile('/proc/net/tcp', 'utf8')).split('\n').map(line => line.trim().split(/\s+/));
      // The columns: sl, local_address, rem_address, st, tx_queue:rx_queue, tr:tm->when, …
      const [kind, when] = lines.find(([, local, remote]) => isIts(local, remote))![5]!.split(':');
      if (kind === '02') return Number.parseInt(when!, 16) / 100;
      // The timer of a retransmission (01) hides that of keepalive until the peer has acknowledged the request.
      if (kind !== '01') return undefined;
    }
  }

  test('start the keepalive timer of the kernel', { skip: process.platform !== 'linux' }, async () => {
    const server = await accepting();
    const url = `ws://127.0.0.1:${server.port}/`;
    expect(await secondsToProbe(await open(url, {}))).toBeUndefined();
    expect(await secondsToProbe(await open(url, { keepAlive: false, keepAliveInitialDelay: 50_000 }))).toBeUndefined();
    const seconds = await secondsToProbe(await open(url, { keepAlive: true, keepAliveInitialDelay: 50_000 }));
    expect(seconds).toBeGreaterThan(40);
    expect(seconds).toBeLessThanOrEqual(50.1);
    // The default of the system, usually two hours.
    expect(await secondsToProbe(await open(url, { keepAlive: true }))).toBeGreaterThan(51);
  });

  test('are passed to node:net', async () => {
    const calls = vi.spyOn(net, 'connect');
    onTestFinished(() => calls.mockRestore());
    const server = await accepting();
    await open(`ws://127.0.0.1:${server.port}/`, { keepAlive: true, keepAliveInitialDelay: 50_000 });
    expect(calls.mock.calls[0]![0]).toMatchObject({ keepAlive: true, keepAliveInitialDelay: 50_000 });
  });
});

describe('attemptDelay', () => {
  /** Makes 127.0.0.2 an address that never answers. Returns when each attempt began. */
  function silentAddress(): Map<string, number> {
    const begun = new Map<string, number>();
    const connectReally = net.connect;
    const spy = vi.spyOn(net, 'connect').mockImplementation(((options: net.TcpNetConnectOpts) => {
      begun.set(options.host!, performance.now());
      return options.host === '127.0.0.2' ? new net.Socket() : connectReally(options);
    }) as never);
    onTestFinished(() => spy.mockRestore());
    return begun;
  }

  test('is how long an address may take before the next one is tried as well', async () => {
    const begun = silentAddress();
    const server = await accepting();
    const { lookup } = lookupOf('127.0.0.2', '127.0.0.1');
    const connection = await open(`ws://name.example:${server.port}/`, { lookup, attemptDelay: 400 });
    expect(connection.transport.remoteAddress).toBe('127.0.0.1');
    const delay = begun.get('127.0.0.1')! - begun.get('127.0.0.2')!;
    // Node's timers may fire a millisecond early. The default of 250 ms is well below.
    expect(delay).toBeGreaterThan(390);
  });

  test('beyond handshakeTimeout, only the first address is tried', async () => {
    const begun = silentAddress();
    const { lookup } = lookupOf('127.0.0.2', '127.0.0.1');
    const error = await failure('ws://name.example:1/', { lookup, attemptDelay: 60_000 }, { handshakeTimeout: 300 });
    expect(error).toMatchObject({ phase: 'connect', fault: 'network' });
    expect([...begun.keys()]).toEqual(['127.0.0.2']);
  });
});
