import { describe, expect, test } from 'vitest';
import { FlushWaits } from '../../src/connection/flush-waits.js';
import { connectedPair, connectionAndPeer } from '../helpers/connections.js';
import { turns } from '../helpers/turns.js';

describe('FlushWaits', () => {
  test('answers a wait once its position is reached, and the others at the end', () => {
    const waits = new FlushWaits();
    const answers: Array<[string, boolean]> = [];
    const add = (name: string, position: number | undefined) =>
      waits.add(position, haveLeft => answers.push([name, haveLeft]));
    add('b', 20);
    add('a', 10);
    const unknown = add('unknown', undefined);
    waits.delete(add('deleted', 10));
    waits.left(9);
    expect(answers).toEqual([]);
    waits.left(10);
    expect(answers).toEqual([['a', true]]);
    unknown.position = 15;
    waits.end(15);
    expect(answers).toEqual([
      ['a', true],
      ['unknown', true],
      ['b', false],
    ]);
    waits.end(100);
    expect(answers).toHaveLength(3);
  });
});

describe('flushed()', () => {
  test('resolves to true at once if the queue is empty', async () => {
    const { connection } = connectionAndPeer();
    expect(await connection.flushed()).toBe(true);
    connection.terminate();
  });

  test('resolves to true as soon as the transport has accepted everything sent before', async () => {
    const { connection, peer } = connectionAndPeer('server', {}, { isAsync: true });
    peer.socket.pause();
    const message = Buffer.alloc(1_000_000);
    connection.send(message);
    let hasLeft = false;
    const flushed = connection.flushed().then(result => {
      hasLeft = true;
      return result;
    });
    await turns(5);
    expect([hasLeft, connection.bufferedAmount > 0]).toEqual([false, true]);
    peer.socket.resume();
    expect(await flushed).toBe(true);
    expect(connection.bufferedAmount).toBe(0);
    connection.terminate();
  });

  test('does not wait for messages sent after it', async () => {
    const { connection, peer } = connectionAndPeer('server', {}, { isAsync: true });
    connection.send('first');
    const flushed = connection.flushed();
    await turns(1);
    peer.socket.pause();
    connection.send(Buffer.alloc(1_000_000));
    expect(await flushed).toBe(true);
    expect(connection.bufferedAmount).toBeGreaterThan(0);
    connection.terminate();
  });

  test('waits for a Blob and a stream that were sent before it', async () => {
    const { connection, peer } = connectionAndPeer();
    connection.send(new Blob(['blob']));
    void connection.sendStream(['a', 'b']);
    expect(await connection.flushed()).toBe(true);
    await turns();
    expect(peer.seenFrames.map(({ fin, payload }) => [fin, String(payload)])).toEqual([
      [true, 'blob'],
      [false, 'a'],
      [false, 'b'],
      [true, ''],
    ]);
    connection.terminate();
  });

  test('resolves to false if the connection closes first', async () => {
    const { connection, peer } = connectionAndPeer('server', {}, { isAsync: true });
    peer.socket.pause();
    connection.send(Buffer.alloc(1_000_000));
    connection.send(new Blob(['x']));
    const waits = [connection.flushed()];
    await turns(1);
    waits.push(connection.flushed());
    connection.terminate();
    expect(await Promise.all(waits)).toEqual([false, false]);
    await connection.closed;
    expect(await connection.flushed()).toBe(false);
  });

  test('resolves to true on a closed connection that has sent everything', async () => {
    const { client, server } = connectedPair();
    client.send('last');
    await client.close();
    expect(await client.flushed()).toBe(true);
    await server.closed;
  });

  test('rejects when its signal aborts, before or meanwhile', async () => {
    const { connection, peer } = connectionAndPeer('server', {}, { isAsync: true });
    const before = AbortSignal.abort(new Error('before'));
    await expect(connection.flushed({ signal: before })).rejects.toThrow('before');
    peer.socket.pause();
    connection.send(Buffer.alloc(1_000_000));
    const controller = new AbortController();
    const wait = connection.flushed({ signal: controller.signal });
    controller.abort(new Error('meanwhile'));
    await expect(wait).rejects.toThrow('meanwhile');
    connection.terminate();
  });
});
