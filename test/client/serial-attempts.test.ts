import dns from 'node:dns';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { type ConnectOptions, connect, type WebSocketConnection } from '../../src/index.js';
import { switchingProtocols } from '../helpers/http-heads.js';
import { httpProxy } from '../helpers/proxy-servers.js';
import { closedPort, type RawPeer, rawServer } from '../helpers/raw-peer.js';

/** A server that answers a request only when it is told to, and knows how many it has. */
async function hesitantServer() {
  const peers: RawPeer[] = [];
  const waiting: Array<() => void> = [];
  const server = await rawServer(peer => {
    peers.push(peer);
    for (const wake of waiting.splice(0)) wake();
  });
  return {
    port: server.port,
    peers,
    /** Waits until so many have connected in all. */
    async connected(count: number): Promise<void> {
      while (peers.length < count) await new Promise<void>(resolve => waiting.push(resolve));
    },
    async accept(index: number): Promise<void> {
      peers[index]!.write(switchingProtocols(await peers[index]!.head()));
    },
  };
}

function open(port: number, options: ConnectOptions = {}, host = '127.0.0.1'): Promise<WebSocketConnection> {
  const opening = connect(`ws://${host}:${port}/`, { oneAtATime: true, ...options });
  void opening.then(
    connection => onTestFinished(() => connection.terminate()),
    () => {},
  );
  return opening;
}

/** As long as a connection over loopback takes, and longer: another server has been connected to, there and back. */
async function aWhile(prepared?: Awaited<ReturnType<typeof hesitantServer>>): Promise<void> {
  const server = prepared ?? (await hesitantServer());
  const opening = connect(`ws://127.0.0.1:${server.port}/`);
  await server.connected(1);
  await server.accept(0);
  (await opening).terminate();
}

describe('oneAtATime (RFC 6455 §4.1)', () => {
  test('[4.1-5] [4.1-6] [4.1-7] attempts to one address wait until those before are established, in order', async () => {
    const server = await hesitantServer();
    const openings = [open(server.port), open(server.port), open(server.port)];
    for (let i = 0; i < 3; i++) {
      await server.connected(i + 1);
      await aWhile();
      expect(server.peers).toHaveLength(i + 1);
      await server.accept(i);
      expect((await openings[i]!).state).toBe('open');
    }
  });

  test('[4.1-5] or have failed', async () => {
    const server = await hesitantServer();
    const first = open(server.port);
    const second = open(server.port);
    await server.connected(1);
    await aWhile();
    expect(server.peers).toHaveLength(1);
    server.peers[0]!.write('HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n');
    await expect(first).rejects.toMatchObject({ status: 503 });
    await server.connected(2);
    await server.accept(1);
    expect((await second).state).toBe('open');
  });

  test('[4.1-5] "even if the remote host is known by another name"', async () => {
    const server = await hesitantServer();
    const elsewhere = await hesitantServer();
    const lookup = vi.spyOn(dns, 'lookup');
    onTestFinished(() => lookup.mockRestore());
    lookup.mockImplementation(((_name: string, { all }: dns.LookupOptions, found: (...args: unknown[]) => void) => {
      const entry = { address: '127.0.0.1', family: 4 };
      if (all === true) process.nextTick(found, null, [entry]);
      else process.nextTick(found, null, entry.address, entry.family);
    }) as never);
    const first = open(server.port, {}, 'one.example');
    const second = open(server.port, {}, 'two.example');
    await server.connected(1);
    await aWhile(elsewhere);
    expect(server.peers).toHaveLength(1);
    await server.accept(0);
    await first;
    await server.connected(2);
    await server.accept(1);
    await second;
  });

  test('[4.1-8] through a proxy, each name counts as a host of its own, and no name is looked up', async () => {
    const [server, proxy] = [await hesitantServer(), await httpProxy()];
    const lookup = vi.spyOn(dns, 'lookup');
    onTestFinished(() => lookup.mockRestore());
    const options = { proxy: `http://127.0.0.1:${proxy.port}` };
    const hosts = ['one.example', 'one.example', 'two.example'];
    const openings = hosts.map(host => open(server.port, options, host));
    await server.connected(2);
    await aWhile();
    expect(proxy.tunnels).toEqual([`one.example:${server.port}`, `two.example:${server.port}`]);
    await server.accept(0);
    await server.connected(3);
    await Promise.all([server.accept(1), server.accept(2)]);
    await Promise.all(openings);
    expect(lookup.mock.calls.filter(([name]) => name.endsWith('.example'))).toEqual([]);
  });

  test('attempts to other ports, and those that do not ask for it, do not wait', async () => {
    const [server, other] = [await hesitantServer(), await hesitantServer()];
    const openings = [open(server.port), open(other.port), open(server.port, { oneAtATime: false })];
    await Promise.all([server.connected(2), other.connected(1)]);
    await Promise.all([server.accept(0), server.accept(1), other.accept(0)]);
    await Promise.all(openings);
  });

  test('an attempt that is aborted while it waits does not block the next one', async () => {
    const server = await hesitantServer();
    const abort = new AbortController();
    const first = open(server.port);
    const second = open(server.port, { signal: abort.signal });
    const third = open(server.port, { handshakeTimeout: 60_000 });
    await server.connected(1);
    abort.abort(new Error('no more'));
    await expect(second).rejects.toThrow('no more');
    await aWhile();
    expect(server.peers).toHaveLength(1);
    await server.accept(0);
    await first;
    await server.connected(2);
    await server.accept(1);
    expect((await third).state).toBe('open');
  });

  test('an unknown name and a closed port fail as they do without oneAtATime', async () => {
    await expect(connect('ws://nobody.invalid/', { oneAtATime: true })).rejects.toMatchObject({ phase: 'dns' });
    await expect(open(await closedPort())).rejects.toMatchObject({ phase: 'connect' });
    await expect(connect('ws+unix:/nowhere/at.sock', { oneAtATime: true })).rejects.toMatchObject({ phase: 'connect' });
  });

  test('handshakeTimeout and the signal end an attempt whose name server does not answer', async () => {
    const lookup = vi.spyOn(dns, 'lookup').mockImplementation((() => {}) as never);
    onTestFinished(() => lookup.mockRestore());
    const url = 'ws://silent.example/';
    await expect(connect(url, { oneAtATime: true, handshakeTimeout: 20 })).rejects.toMatchObject({ phase: 'dns' });
    const signal = AbortSignal.timeout(20);
    await expect(connect(url, { oneAtATime: true, signal })).rejects.toMatchObject({ name: 'TimeoutError' });
  });

  test('an attempt that is aborted before its address is known waits for no other', async () => {
    const server = await hesitantServer();
    const first = open(server.port);
    await server.connected(1);
    const abort = new AbortController();
    const second = open(server.port, { signal: abort.signal });
    abort.abort(new Error('never mind'));
    await expect(second).rejects.toThrow('never mind');
    await server.accept(0);
    await first;
  });
});
