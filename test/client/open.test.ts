import { once } from 'node:events';
import net from 'node:net';
import { Duplex } from 'node:stream';
import { describe, expect, onTestFinished, test } from 'vitest';
import { type HandshakeSetup, openHandshake } from '../../src/client/open.js';
import { ClientHandshake } from '../../src/handshake/http1/client-handshake.js';
import { isOwned } from '../../src/transport/socket-owner.js';
import { type Transport, transportOf } from '../../src/transport/transport.js';
import { duplexPair } from '../helpers/duplex-pair.js';
import { rawServer } from '../helpers/raw-peer.js';
import { TapLog } from '../helpers/tap-log.js';

async function transportTo(port: number): Promise<Transport> {
  const socket = net.connect(port, '127.0.0.1');
  onTestFinished(() => void socket.destroy());
  await once(socket, 'connect');
  return transportOf(socket, {});
}

function setup(changes: Partial<HandshakeSetup> = {}): HandshakeSetup {
  return {
    handshake: new ClientHandshake({ host: 'example.com', target: '/' }),
    url: 'ws://example.com/',
    signal: new AbortController().signal,
    tap: undefined,
    agreeOnDeflate: () => undefined,
    isHeadEnough: () => false,
    ...changes,
  };
}

/** A response to the key of `fixedHandshake()`, with bytes after it. */
const RESPONSE =
  'HTTP/1.1 101 X\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
  'Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\nabc';

function fixedHandshake(): ClientHandshake {
  return new ClientHandshake({ host: 'example.com', target: '/' }, 'dGhlIHNhbXBsZSBub25jZQ==');
}

describe('if the transport has ended before the handshake begins', () => {
  test('an aborted attempt sends nothing', async () => {
    const server = await rawServer();
    const transport = await transportTo(server.port);
    const tap = new TapLog();
    const opened = openHandshake(transport, setup({ signal: AbortSignal.abort(new Error('changed')), tap }));
    await expect(opened).rejects.toMatchObject({ phase: 'request', fault: 'caller', summary: 'changed' });
    await once(transport.duplex, 'close');
    expect(tap.events).toEqual(['connected', 'closed by error']);
    expect((transport.duplex as net.Socket).bytesWritten).toBe(0);
  });

  test('a lost socket rejects with its error as the cause', async () => {
    const server = await rawServer();
    const transport = await transportTo(server.port);
    const cause = new Error('gone');
    transport.duplex.on('error', () => {});
    transport.duplex.destroy(cause);
    await once(transport.duplex, 'close').catch(() => {});
    const tap = new TapLog();
    await expect(openHandshake(transport, setup({ tap }))).rejects.toMatchObject({
      phase: 'request',
      fault: 'network',
      summary: 'the connection was closed',
      cause,
    });
    await expect.poll(() => tap.events).toEqual(['connected', 'closed by error']);
  });

  test('a Duplex whose readable side has ended rejects at once', async () => {
    const [near, far] = duplexPair();
    far.end();
    near.resume();
    await once(near, 'end');
    await expect(openHandshake(transportOf(near), setup())).rejects.toMatchObject({
      summary: 'the connection ended before a response arrived',
    });
  });
});

describe('the phase', () => {
  test('is `request` until the request has left, then `response`', async () => {
    const server = await rawServer((peer, index) => void (index === 0 && peer.socket.pause()));
    for (const phase of ['request', 'response']) {
      const transport = await transportTo(server.port);
      // More than the kernel takes, for a server that reads nothing.
      if (phase === 'request') transport.duplex.write(Buffer.alloc(32 * 1024 * 1024));
      const opened = openHandshake(transport, setup());
      opened.catch(() => {});
      if (phase === 'response') await server.peers[1]!.head();
      transport.duplex.destroy(new Error('cut'));
      await expect(opened).rejects.toMatchObject({ phase, summary: 'the connection was lost: cut' });
    }
  });
});

describe('the Duplex', () => {
  const EVENTS = ['data', 'end', 'error', 'close'];

  test('gets its listeners once, and none is removed or added when the connection takes over', async () => {
    const [near, far] = duplexPair();
    const changes: string[] = [];
    near.on('newListener', event => changes.push(`+${String(event)}`));
    near.on('removeListener', event => changes.push(`-${String(event)}`));
    const opened = openHandshake(transportOf(near), setup({ handshake: fixedHandshake() }));
    far.write(RESPONSE);
    await opened;
    expect(changes.filter(change => EVENTS.includes(change.slice(1)))).toEqual(EVENTS.map(event => `+${event}`));
    expect(isOwned(near)).toBe(true);
  });

  test('is paused after the response, and keeps what follows', async () => {
    const server = await rawServer(async peer => {
      await peer.head();
      peer.write(RESPONSE);
    });
    const transport = await transportTo(server.port);
    const handshake = fixedHandshake();
    await openHandshake(transport, setup({ handshake }));
    expect(transport.duplex.isPaused()).toBe(true);
    expect(Buffer.from(handshake.rest).toString()).toBe('abc');
    server.peers[0]!.write('def');
    transport.duplex.resume();
    expect(String((await once(transport.duplex, 'data'))[0])).toBe('def');
  });

  test('may be destroyed without an error: the promise rejects', async () => {
    const [near] = duplexPair();
    const opened = openHandshake(transportOf(near), setup());
    near.destroy();
    await expect(opened).rejects.toMatchObject({ summary: 'the connection was closed', fault: 'network' });
  });

  test('may throw from write(): the promise rejects', async () => {
    const duplex = new Duplex({ read() {}, write() {} });
    duplex.write = () => {
      throw new Error('no room');
    };
    await expect(openHandshake(transportOf(duplex), setup())).rejects.toMatchObject({
      phase: 'request',
      fault: 'network',
      summary: 'the connection was lost: no room',
      url: 'ws://example.com/',
    });
    expect(duplex.destroyed).toBe(true);
  });
});
