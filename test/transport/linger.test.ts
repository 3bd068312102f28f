import { once } from 'node:events';
import { Duplex, type DuplexOptions } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { endAndDiscard, Linger } from '../../src/transport/linger.js';
import { ownSocket } from '../../src/transport/socket-owner.js';
import { duplexPair } from '../helpers/duplex-pair.js';
import { tcpPair } from '../helpers/sockets.js';

const ignore = () => {};

describe('endAndDiscard()', () => {
  test('ends our side after pending writes, and finishes when the peer ends too [7.1.1-1]', async () => {
    const [socket, peer] = await tcpPair();
    socket.on('error', () => {});
    const chunks: Buffer[] = [];
    peer.on('data', chunk => chunks.push(chunk));
    socket.write('last words');
    endAndDiscard(socket, ignore);
    await once(peer, 'end');
    peer.end('unheard');
    await once(socket, 'close');
    expect(Buffer.concat(chunks).toString()).toBe('last words');
    expect(socket.errored).toBeNull();
  });

  test('reads unread bytes first, so that the peer gets our last bytes and no reset [7.1.1-1]', async () => {
    const [socket, peer] = await tcpPair();
    socket.on('error', () => {});
    socket.pause();
    await new Promise<void>(resolve => peer.write(Buffer.alloc(200_000), () => resolve()));
    socket.write('last words');
    endAndDiscard(socket, ignore);
    const [words] = await once(peer, 'data');
    expect(words.toString()).toBe('last words');
    peer.end();
    await once(peer, 'close');
    expect(peer.errored).toBeNull();
  });

  test('destroys the socket after 1 s if the peer does not end', async () => {
    const [socket, peer] = duplexPair();
    const start = performance.now();
    endAndDiscard(socket, ignore);
    await once(socket, 'close');
    expect(performance.now() - start).toBeGreaterThan(950);
    expect(performance.now() - start).toBeLessThan(3_000);
    peer.destroy();
  });

  test('lets a peer finish a write of 8 MiB and read our last bytes, without a reset', async () => {
    const [socket, peer] = await tcpPair();
    const words = once(peer, 'data');
    socket.write('last words');
    endAndDiscard(socket, ignore);
    peer.end(Buffer.alloc(8 * 1024 * 1024));
    expect(String((await words)[0])).toBe('last words');
    await Promise.all([once(socket, 'close'), once(peer, 'close')]);
    expect(socket.bytesRead).toBe(8 * 1024 * 1024);
    expect(peer.errored).toBeNull();
  });

  test('destroys the socket after 16 MiB if the peer does not stop', async () => {
    const [socket, peer] = await tcpPair();
    socket.on('error', () => {});
    peer.on('error', () => {});
    endAndDiscard(socket, ignore);
    const start = performance.now();
    const pour = () => {
      while (!peer.destroyed && peer.write(Buffer.alloc(65_536)));
    };
    peer.on('drain', pour);
    pour();
    await once(socket, 'close');
    // The limit of bytes or, on a busy machine, of time.
    expect(socket.bytesRead).toBeLessThan(18 * 1024 * 1024);
    if (performance.now() - start < 900) expect(socket.bytesRead).toBeGreaterThan(16 * 1024 * 1024);
    peer.destroy();
  });

  test('allows `timeToWrite` for pending writes, and then 1 s for the peer', async () => {
    const [socket, peer] = duplexPair({ highWaterMark: 10 });
    const start = performance.now();
    // The peer does not read, so the second write waits.
    socket.write(Buffer.alloc(20));
    socket.write(Buffer.alloc(20));
    ownSocket(socket, new Linger(socket, 50));
    await once(socket, 'close');
    expect(performance.now() - start).toBeLessThan(900);
    peer.destroy();
  });

  test.each<[what: string, options: DuplexOptions]>([
    ['emits close', {}],
    ['emits no close', { emitClose: false }],
    ['has a _final() that never calls back', { final() {} }],
    ['has a write() that never calls back', { write() {} }],
  ])('calls back once when a Duplex that %s has closed', async (_what, options) => {
    const socket = new Duplex({ read() {}, write: (_chunk, _encoding, done) => done(), ...options });
    let calls = 0;
    socket.write('last words');
    await new Promise<void>(resolve => {
      endAndDiscard(socket, () => {
        calls++;
        resolve();
      });
      socket.push(null);
    });
    expect(socket.destroyed).toBe(true);
    await new Promise(resolve => setTimeout(resolve, 150));
    expect(calls).toBe(1);
  });

  test('destroys a Duplex whose end() throws', async () => {
    const socket = Object.assign(new Duplex({ read() {} }), {
      end() {
        throw new Error('not now');
      },
    });
    await new Promise<void>(resolve => endAndDiscard(socket, resolve));
    expect(socket.destroyed).toBe(true);
  });

  test('does nothing with a destroyed socket', () => {
    const [socket] = duplexPair();
    socket.destroy();
    let calls = 0;
    endAndDiscard(socket, () => calls++);
    expect([calls, socket.listenerCount('data')]).toEqual([1, 0]);
  });
});
