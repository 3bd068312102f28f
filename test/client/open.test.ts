import { once } from 'node:events';
import net, { type Socket } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { openHandshake, type Transport } from '../../src/client/open.js';
import { ClientHandshake } from '../../src/handshake/http1/client-handshake.js';
import { rawServer } from '../helpers/raw-peer.js';
import { TapLog } from '../helpers/tap-log.js';

const forever: AbortSignal = new AbortController().signal;

async function transportTo(port: number): Promise<Transport> {
  const socket = net.connect(port, '127.0.0.1');
  onTestFinished(() => void socket.destroy());
  await once(socket, 'connect');
  return { socket, info: {} };
}

function handshake(): ClientHandshake {
  return new ClientHandshake({ host: 'example.com', target: '/' });
}

describe('what happened before the handshake began', () => {
  test('the attempt was ended: nothing is sent', async () => {
    const server = await rawServer();
    const transport = await transportTo(server.port);
    const tap = new TapLog();
    const opened = openHandshake(transport, handshake(), AbortSignal.abort(new Error('changed')), tap, () => false);
    await expect(opened).rejects.toMatchObject({ phase: 'request', fault: 'caller', message: 'changed' });
    await once(transport.socket, 'close');
    expect(tap.events).toEqual(['connected', 'closed by error']);
    expect(transport.socket.bytesWritten).toBe(0);
  });

  test('the socket was lost', async () => {
    const server = await rawServer();
    const transport = await transportTo(server.port);
    const cause = new Error('gone');
    transport.socket.on('error', () => {});
    transport.socket.destroy(cause);
    await new Promise(resolve => transport.socket.on('close', resolve));
    const tap = new TapLog();
    await expect(openHandshake(transport, handshake(), forever, tap, () => false)).rejects.toMatchObject({
      phase: 'request',
      fault: 'network',
      message: 'the connection was closed',
      cause,
    });
    expect(tap.events).toEqual(['connected', 'closed by error']);
  });
});

describe('the phase', () => {
  test('is `request` until the request has left, and `response` from then on', async () => {
    const server = await rawServer((peer, index) => void (index === 0 && peer.socket.pause()));
    for (const phase of ['request', 'response']) {
      const transport = await transportTo(server.port);
      // More than the kernel takes, for a server that reads nothing.
      if (phase === 'request') transport.socket.write(Buffer.alloc(32 * 1024 * 1024));
      const opened = openHandshake(transport, handshake(), forever, undefined, () => false);
      opened.catch(() => {});
      if (phase === 'response') await server.peers[1]!.head();
      transport.socket.destroy(new Error('cut'));
      await expect(opened).rejects.toMatchObject({ phase, message: 'the connection was lost: cut' });
    }
  });
});

describe('the socket, once the handshake is over', () => {
  function listeners(socket: Socket): Record<string, number> {
    const events = ['data', 'end', 'error', 'close'];
    return Object.fromEntries(events.map(event => [event, socket.listenerCount(event)]));
  }

  test('destroyed without an error, the promise still settles', async () => {
    const server = await rawServer();
    const transport = await transportTo(server.port);
    const opened = openHandshake(transport, handshake(), forever, undefined, () => false);
    transport.socket.destroy();
    await expect(opened).rejects.toMatchObject({ message: 'the connection was closed', fault: 'network' });
  });

  test('has none of our listeners, and is paused with what came behind', async () => {
    const fixed = new ClientHandshake({ host: 'example.com', target: '/' }, 'dGhlIHNhbXBsZSBub25jZQ==');
    const server = await rawServer(async peer => {
      await peer.head();
      peer.write(
        'HTTP/1.1 101 X\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
          'Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\nabc',
      );
    });
    const transport = await transportTo(server.port);
    const before = listeners(transport.socket);
    await openHandshake(transport, fixed, forever, undefined, () => false);
    expect(listeners(transport.socket)).toEqual(before);
    expect(transport.socket.isPaused()).toBe(true);
    expect(Buffer.from(fixed.rest).toString()).toBe('abc');
    server.peers[0]!.write('def');
    transport.socket.resume();
    expect(String((await once(transport.socket, 'data'))[0])).toBe('def');
  });
});
