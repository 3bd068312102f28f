import { once } from 'node:events';
import net, { type AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import tls from 'node:tls';
import { describe, expect, test } from 'vitest';
import { WebSocketConnection } from '../../src/connection/websocket-connection.js';
import { transportOf } from '../../src/transport/transport.js';
import { duplexPair } from '../helpers/duplex-pair.js';
import { tcpPair, tlsPair } from '../helpers/sockets.js';

describe('transportOf()', () => {
  test('trusts the memory of a socket that Node made', async () => {
    for (const [client, server] of [await tcpPair(), await tlsPair()]) {
      for (const duplex of [client, server]) {
        expect(transportOf(duplex)).toMatchObject({ duplex, ownsChunks: true, copiesWrites: true });
        duplex.destroy();
      }
    }
  });

  test('trusts no memory of any other Duplex', () => {
    class SocketSubclass extends net.Socket {}
    class TlsSubclass extends tls.TLSSocket {}
    const others = [duplexPair()[0], new SocketSubclass(), new TlsSubclass(new net.Socket())];
    for (const duplex of others) {
      expect(transportOf(duplex)).toMatchObject({ duplex, ownsChunks: false, copiesWrites: false });
      duplex.destroy();
    }
  });

  test('uses the info of the Duplex, unless the caller overrides it', async () => {
    const [client, server] = await tcpPair();
    expect(transportOf(client).info).toMatchObject({ remoteAddress: '127.0.0.1', remotePort: server.localPort });
    expect(transportOf(client, { remoteAddress: '192.0.2.7' }).info).toEqual({ remoteAddress: '192.0.2.7' });
    client.destroy();
    server.destroy();
  });

  test('returns a Transport as it is', () => {
    const transport = { duplex: duplexPair()[0], info: {}, ownsChunks: true, copiesWrites: false };
    expect(transportOf(transport)).toBe(transport);
  });

  test.each([
    ['nothing', undefined],
    ['null', null],
    ['a string', 'ws://localhost'],
    ['an object', {}],
    ['a Transport without a Duplex', { duplex: {}, info: {}, ownsChunks: true, copiesWrites: true }],
    ['a Transport without ownsChunks', { duplex: duplexPair()[0], info: {}, copiesWrites: true }],
    ['a Transport without copiesWrites', { duplex: duplexPair()[0], info: {}, ownsChunks: true }],
    ['a Transport without info', { duplex: duplexPair()[0], ownsChunks: true, copiesWrites: true }],
  ])('throws a TypeError for %s', (_, value) => {
    expect(() => transportOf(value as Duplex)).toThrow(
      expect.objectContaining({ name: 'TypeError', code: 'WS101_INVALID_ARGUMENT' }),
    );
  });
});

describe('a socket subclass that emits memory it still needs', () => {
  /** A masked text frame: "Hello" (RFC 6455 §5.7). */
  const FRAME = Buffer.from('818537fa213d7f9f4d5158', 'hex');

  /** A socket on the server's side. Each of its chunks is `FRAME` in `memory`. */
  async function serverSocket(memory: Buffer): Promise<net.Socket> {
    class SharingSocket extends net.Socket {
      override push(chunk: Buffer | null): boolean {
        return super.push(chunk === null ? null : memory);
      }
    }
    const listener = net.createServer(peer => peer.write('x')).listen(0, '127.0.0.1');
    await once(listener, 'listening');
    const socket = new SharingSocket().connect((listener.address() as AddressInfo).port, '127.0.0.1');
    await once(socket, 'connect');
    listener.close();
    return socket;
  }

  test('keeps its memory unchanged', async () => {
    const memory = Buffer.from(FRAME);
    const init = { role: 'server', subprotocol: '', extensions: '' } as const;
    const connection = new WebSocketConnection(await serverSocket(memory), init);
    const [message] = await once(connection, 'message');
    expect(message).toBe('Hello');
    expect(memory).toEqual(FRAME);
    connection.terminate();
    await connection.closed;
  });

  test('has its memory unmasked in place if a Transport allows it', async () => {
    const memory = Buffer.from(FRAME);
    const socket = await serverSocket(memory);
    const init = { role: 'server', subprotocol: '', extensions: '' } as const;
    const transport = { duplex: socket as Duplex, info: {}, ownsChunks: true, copiesWrites: true };
    const connection = new WebSocketConnection(transport, init);
    await once(connection, 'message');
    expect(memory).not.toEqual(FRAME);
    connection.terminate();
    await connection.closed;
  });
});
