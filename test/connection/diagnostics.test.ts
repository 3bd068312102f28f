import { execFile } from 'node:child_process';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { promisify } from 'node:util';
import { describe, expect, onTestFinished, test } from 'vitest';
import { connect, createPair, type Diagnostics, WebSocketServer } from '../../src/index.js';

type Name = keyof Diagnostics;

/** Subscribes to channels until the test is finished. Returns what they publish, in order. */
function collect(...names: Name[]) {
  const events: { name: Name; event: Diagnostics[Name] }[] = [];
  for (const name of names) {
    const take = (event: unknown) => void events.push({ name, event: event as Diagnostics[Name] });
    subscribe(name, take);
    onTestFinished(() => void unsubscribe(name, take));
  }
  return {
    all: events,
    of: <N extends Name>(name: N) =>
      events.filter(event => event.name === name).map(({ event }) => event as Diagnostics[N]),
  };
}

async function listening(options: Partial<ConstructorParameters<typeof WebSocketServer>[0]> = {}) {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1', ...options } as never);
  await new Promise<void>(resolve => server.once('listening', () => resolve()));
  onTestFinished(() => server.close());
  return { server, url: `ws://127.0.0.1:${(server.address() as { port: number }).port}/chat?room=1` };
}

describe('ws101:handshake', () => {
  test('is published by both ends for a connection that opens', async () => {
    const events = collect('ws101:handshake');
    const { server, url } = await listening();
    const accepted = new Promise<unknown>(resolve => server.once('connection', resolve));
    const connection = await connect(url);
    const [onServer, onClient] = events.of('ws101:handshake');
    expect(onServer).toEqual({
      role: 'server',
      url: '/chat?room=1',
      connection: await accepted,
      status: 101,
      reason: undefined,
      error: undefined,
      duration: undefined,
    });
    expect(onClient).toMatchObject({ role: 'client', url, connection, status: 101, reason: undefined });
    expect(onClient!.duration).toBeGreaterThan(0);
    await connection.close();
  });

  test('is published by both ends for a refusal', async () => {
    const events = collect('ws101:handshake');
    const { url } = await listening({ authorize: () => ({ status: 401, detail: 'no token' }) });
    const error = await connect(url).catch((thrown: unknown) => thrown);
    const failed = { connection: undefined, status: 401 };
    expect(events.of('ws101:handshake')).toMatchObject([
      { role: 'server', url: '/chat?room=1', ...failed, reason: 'no token', error: undefined },
      { role: 'client', url, ...failed, reason: expect.stringContaining('401'), error },
    ]);
  });

  test('has no status if there was no response', async () => {
    const events = collect('ws101:handshake');
    const { server, url } = await listening();
    await server.close();
    await connect(url).catch(() => {});
    expect(events.of('ws101:handshake')).toMatchObject([
      { role: 'client', status: undefined, reason: expect.stringMatching(/refused|ECONNREFUSED/) },
    ]);
  });
});

describe('ws101:frame and ws101:message', () => {
  test('are published for each frame and message, sent and received', async () => {
    const events = collect('ws101:frame', 'ws101:message');
    const [client, server] = createPair();
    const received = new Promise(resolve => server.once('message', resolve));
    client.send('hello');
    await received;
    const frame = {
      fin: true,
      rsv: 0,
      opcode: 1,
      masked: true,
      headerLength: 6,
      payloadLength: 5,
      offset: 0,
      payload: Buffer.from('hello'),
    };
    const message = { type: 'text', size: 5, isCompressed: false, fragments: 1 };
    const sent = { connection: client, role: 'client', direction: 'sent' };
    const taken = { connection: server, role: 'server', direction: 'received' };
    expect(events.all).toEqual([
      { name: 'ws101:frame', event: { ...sent, ...frame } },
      { name: 'ws101:message', event: { ...sent, ...message } },
      { name: 'ws101:frame', event: { ...taken, ...frame } },
      { name: 'ws101:message', event: { ...taken, ...message } },
    ]);
    await client.close();
    expect(events.of('ws101:frame').filter(({ opcode }) => opcode === 8)).toHaveLength(4);
  });

  test('count the fragments of a message', async () => {
    const events = collect('ws101:message');
    const [client, server] = createPair();
    server.on('message', () => {});
    await client.sendStream(['ab', 'cde', 'f']);
    await client.ping();
    expect(events.of('ws101:message')).toMatchObject([
      { direction: 'sent', type: 'text', size: 6, fragments: expect.any(Number) },
      { direction: 'received', type: 'text', size: 6, fragments: events.of('ws101:message')[0]!.fragments },
    ]);
    expect(events.of('ws101:message')[0]!.fragments).toBeGreaterThanOrEqual(3);
    await client.close();
  });

  test('say that a message is compressed, and its size on the wire', async () => {
    const events = collect('ws101:message', 'ws101:frame');
    const { server, url } = await listening({ perMessageDeflate: true });
    server.on('connection', connection => connection.send('a'.repeat(5000)));
    const connection = await connect(url, { perMessageDeflate: true });
    await new Promise(resolve => connection.once('message', resolve));
    const [message] = events.of('ws101:message').filter(({ role }) => role === 'client');
    expect(message).toMatchObject({ direction: 'received', type: 'text', isCompressed: true });
    expect(message!.size).toBeLessThan(100);
    expect(events.of('ws101:frame').at(-1)).toMatchObject({ rsv: 4, payloadLength: message!.size });
    await connection.close();
  });

  test('leave the tap of the application as it is', async () => {
    collect('ws101:frame');
    const { server, url } = await listening();
    server.on('connection', connection => connection.send('early'));
    let received = 0;
    const calls: string[] = [];
    const connection = await connect(url, {
      tap: {
        connected: () => void calls.push('connected'),
        sent: () => void calls.push('sent'),
        received: bytes => {
          received += bytes.length;
        },
        ended: by => void calls.push(`ended ${by}`),
        closed: () => void calls.push('closed'),
      },
    });
    await new Promise(resolve => connection.once('message', resolve));
    await connection.close();
    expect(calls).toEqual(['connected', 'sent', 'sent', 'ended remote', 'ended local', 'closed']);
    expect(received).toBeGreaterThan(129);
  });

  test('are not published for a connection that was made before the first subscriber', async () => {
    const [client, server] = createPair();
    server.on('message', () => {});
    const events = collect('ws101:frame', 'ws101:message', 'ws101:close');
    client.send('hello');
    await client.close();
    expect(new Set(events.all.map(({ name }) => name))).toEqual(new Set(['ws101:close']));
  });
});

describe('ws101:close and ws101:error', () => {
  test('a clean close is published by both ends, without an error', async () => {
    const events = collect('ws101:error', 'ws101:close');
    const [client, server] = createPair();
    const info = await client.close(4000, 'done');
    const onServer = await server.closed;
    expect(events.all.map(({ event }) => event)).toEqual(
      expect.arrayContaining([
        { connection: client, role: 'client', info },
        { connection: server, role: 'server', info: onServer },
      ]),
    );
    expect(events.all).toHaveLength(2);
  });

  test('an error is published before the close that it causes', async () => {
    const events = collect('ws101:error', 'ws101:close');
    const [client, server] = createPair();
    client.terminate();
    const { cause } = await client.closed;
    await server.closed;
    expect(events.all.filter(({ event }) => event.role === 'client')).toMatchObject([
      { name: 'ws101:error', event: { connection: client, error: cause } },
      { name: 'ws101:close', event: { connection: client } },
    ]);
  });
});

test('NODE_DEBUG=ws101 prints what the channels publish', async () => {
  const program = `
    import { createPair, connect } from './src/index.ts';
    const [client, server] = createPair();
    server.on('message', () => {});
    client.send('hi');
    await client.close(1000, 'bye\\u001b[2J');
    await connect('ws://127.0.0.1:1/').catch(() => {});`;
  const { stderr } = await promisify(execFile)(
    process.execPath,
    ['--conditions=ws101-source', '--import', 'tsx', '--input-type=module', '--eval', program],
    { env: { ...process.env, NODE_DEBUG: 'ws101' } },
  );
  const lines = stderr.split('\n').map(line => line.replace(/^WS101 \d+: /, ''));
  expect(lines).toContain('client 1: sent frame text, FIN 1, RSV 000, MASK 1, 2 bytes, at byte 0: 6869');
  expect(lines).toContain('server 2: received text message, 2 bytes in 1 frame(s)');
  expect(lines).toContain('server 2: closed: 1000 "bye\\u001b[2J", clean, by remote');
  expect(lines.find(line => line.startsWith('client: failed to open "ws://127.0.0.1:1/" after '))).toBeDefined();
});
