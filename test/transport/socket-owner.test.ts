import { Duplex, type DuplexOptions } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { CLOSE_EVENT_TIME, destroySocket, ownSocket, type SocketOwner } from '../../src/transport/socket-owner.js';
import { connectionAndPeer, connectionOver } from '../helpers/connections.js';
import { tcpPair } from '../helpers/sockets.js';

/** A silent peer, over a Duplex with unusual behaviour. */
function silentDuplex(options: DuplexOptions = {}): Duplex {
  return new Duplex({ read() {}, write: (_chunk, _encoding, done) => done(), ...options });
}

const STUBBORN: ReadonlyArray<readonly [what: string, make: () => Duplex]> = [
  ['emits no close', () => silentDuplex({ emitClose: false })],
  ['has a _destroy() that never calls back', () => silentDuplex({ destroy() {} })],
  ['ignores destroy()', () => Object.assign(silentDuplex(), { destroy() {} })],
  [
    'throws in destroy()',
    () =>
      Object.assign(silentDuplex(), {
        destroy() {
          throw new Error('not now');
        },
      }),
  ],
  ['has a write() that never calls back', () => silentDuplex({ write() {}, emitClose: false })],
  ['has a _final() that never calls back', () => silentDuplex({ final() {}, emitClose: false })],
];

/** Records the calls of an owner. */
function ownerOf(socket: Duplex): { told: string[]; closed: Promise<void> } {
  const told: string[] = [];
  let close = () => {};
  const closed = new Promise<void>(resolve => {
    close = resolve;
  });
  const owner: SocketOwner = {
    socketData: chunk => void told.push(`data ${chunk.length}`),
    socketEnd: () => void told.push('end'),
    socketError: error => void told.push(error.message),
    socketClose: () => {
      told.push('close');
      close();
    },
  };
  ownSocket(socket, owner);
  return { told, closed };
}

describe('destroySocket()', () => {
  test.each(STUBBORN)(
    'a Duplex that %s: socketClose() of its owner is called once, and nothing after it',
    async (_what, make) => {
      const socket = make();
      const { told, closed } = ownerOf(socket);
      const start = performance.now();
      destroySocket(socket);
      destroySocket(socket);
      await closed;
      expect(performance.now() - start).toBeGreaterThan(CLOSE_EVENT_TIME - 10);
      socket.emit('data', Buffer.from('late'));
      socket.emit('close');
      destroySocket(socket);
      await new Promise(resolve => setTimeout(resolve, CLOSE_EVENT_TIME + 50));
      expect(told).toEqual(['close']);
    },
  );

  test('a socket that emits close notifies its owner then, and leaves no timer', async () => {
    const [socket, peer] = await tcpPair();
    const { told, closed } = ownerOf(socket);
    const timers = () => process.getActiveResourcesInfo().filter(name => name === 'Timeout').length;
    const before = timers();
    destroySocket(socket);
    expect(timers()).toBe(before + 1);
    await closed;
    expect(timers()).toBe(before);
    expect(told).toEqual(['close']);
    peer.destroy();
  });
});

describe.each(STUBBORN)('a connection over a Duplex that %s', (_what, make) => {
  test.each(['client', 'server'] as const)('close() of a %s settles after its deadline', async role => {
    const connection = connectionOver(make(), role, { closeTimeout: 30 });
    const told: string[] = [];
    connection.on('close', () => told.push('close'));
    expect(await connection.close(1000)).toMatchObject({ code: 1006, wasClean: false });
    expect(connection.state).toBe('closed');
    expect(told).toEqual(['close']);
  });

  test('terminate() settles too', async () => {
    const connection = connectionOver(make(), 'server');
    connection.terminate();
    expect(await connection.closed).toMatchObject({ code: 1006, cause: { code: 'WS101_TERMINATED' } });
  });

  test('a protocol error ends it', async () => {
    const socket = make();
    const connection = connectionOver(socket, 'server', { closeTimeout: 30 });
    socket.push(Buffer.from([0x81, 0x00]));
    expect(await connection.closed).toMatchObject({ code: 1006, cause: { closeCode: 1002 } });
  });
});

describe('a clean close over a Duplex with `emitClose: false`', () => {
  test.each(['client', 'server'] as const)('ends a %s without waiting 1 s for the peer', async role => {
    const { connection, peer } = connectionAndPeer(role, {}, { emitClose: false });
    const start = performance.now();
    const closed = connection.close(1000);
    await peer.saw(1);
    peer.send(peer.frames.close(1000));
    peer.socket.end();
    expect(await closed).toMatchObject({ code: 1000, wasClean: true });
    expect(performance.now() - start).toBeLessThan(900);
  });

  test('ends a server whose peer ends only when the server has ended', async () => {
    const { connection, peer } = connectionAndPeer('server', {}, { emitClose: false });
    const start = performance.now();
    peer.socket.on('end', () => peer.socket.end());
    peer.send(peer.frames.close(1000));
    expect(await connection.closed).toMatchObject({ code: 1000, wasClean: true });
    expect(performance.now() - start).toBeLessThan(900);
  });
});
