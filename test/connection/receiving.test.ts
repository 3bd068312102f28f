import { once } from 'node:events';
import { describe, expect, test } from 'vitest';
import { encodeFrame } from '../../src/framing/frame-encoder.js';
import { RSV1 } from '../../src/framing/frame-header.js';
import { OPCODE } from '../../src/framing/opcode.js';
import { collectMessages, connectedPair, connectionAndPeer, connectionOver } from '../helpers/connections.js';
import { duplexPair } from '../helpers/duplex-pair.js';
import type { FramePeer } from '../helpers/frame-peer.js';
import { FRAMES } from '../helpers/frames.js';
import { turns } from '../helpers/turns.js';

const client = FRAMES.client;

/** Text frames `from` to `to`. */
function texts(from: number, to: number): Uint8Array[] {
  return Array.from({ length: to - from + 1 }, (_, i) => client.text(String(from + i)));
}

function numbers(from: number, to: number): string[] {
  return Array.from({ length: to - from + 1 }, (_, i) => String(from + i));
}

describe('messages', () => {
  test('arrive as strings and as Buffers', async () => {
    const { connection, peer } = connectionAndPeer();
    const messages = collectMessages(connection);
    peer.send(client.text('a'), client.binary(Buffer.from([1, 2])), client.text(''));
    await turns();
    expect(messages).toEqual(['a', Buffer.from([1, 2]), '']);
    expect(Buffer.isBuffer(messages[1])).toBe(true);
    connection.terminate();
  });

  test('that arrived with the opening handshake come first, as Buffers even if the head is a Uint8Array', async () => {
    const head = new Uint8Array(client.binary(Buffer.alloc(500, 7)));
    const { connection, peer } = connectionAndPeer('server', { head });
    peer.send(client.text('second'));
    await turns();
    const messages = collectMessages(connection);
    await turns();
    expect(messages).toEqual([Buffer.alloc(500, 7), 'second']);
    expect(Buffer.isBuffer(messages[0])).toBe(true);
    connection.terminate();
  });

  test('arrive even if the opening handshake left the socket paused', async () => {
    const [socket, other] = duplexPair();
    socket.pause();
    const connection = connectionOver(socket, 'server');
    const messages = collectMessages(connection);
    other.write(client.text('x'));
    await once(connection, 'message');
    expect(messages).toEqual(['x']);
    connection.terminate();
  });

  test('are dropped with incoming: discard, and none is kept', async () => {
    const { connection, peer } = connectionAndPeer('server', { incoming: 'discard', maxUnreadMessages: 1 });
    const messages = collectMessages(connection);
    peer.send(...texts(1, 100), client.ping('still answered'));
    expect(await peer.saw(1)).toEqual(['pong "still answered"']);
    expect(messages).toEqual([]);
    connection.terminate();
  });
});

describe('messages before anyone listens', () => {
  test('are kept for the first listener, and none is emitted within on()', async () => {
    const { connection, peer } = connectionAndPeer();
    peer.send(...texts(1, 3));
    await turns();
    const messages = collectMessages(connection);
    expect(messages).toEqual([]);
    peer.send(...texts(4, 5));
    await turns();
    expect(messages).toEqual(numbers(1, 5));
    connection.terminate();
  });

  test('are emitted one by one to listeners added with once()', async () => {
    const { connection, peer } = connectionAndPeer();
    peer.send(...texts(1, 3));
    expect(await once(connection, 'message')).toEqual(['1', false]);
    expect(await once(connection, 'message')).toEqual(['2', false]);
    const all: unknown[] = [];
    connection.prependListener('message', data => all.push(data));
    await turns();
    expect(all).toEqual(['3']);
    connection.terminate();
  });

  test('are kept again after the last listener was removed', async () => {
    const { connection, peer } = connectionAndPeer();
    const first = collectMessages(connection);
    peer.send(client.text('1'));
    await turns();
    connection.removeAllListeners('message');
    peer.send(client.text('2'));
    await turns();
    const second: unknown[] = [];
    connection.addListener('message', data => second.push(data));
    await turns();
    expect([first, second]).toEqual([['1'], ['2']]);
    connection.terminate();
  });

  test('stop reading at the limits, and none is lost', async () => {
    const { connection, peer, socket } = connectionAndPeer('server', { maxUnreadMessages: 10 });
    peer.send(...texts(1, 50));
    await turns();
    expect(socket.isPaused()).toBe(true);
    const messages = collectMessages(connection);
    peer.send(...texts(51, 60));
    await turns();
    expect(messages).toEqual(numbers(1, 60));
    expect(socket.isPaused()).toBe(false);
    connection.terminate();
  });

  test('take at most maxUnreadBytes and one message, and the rest stays with the peer', async () => {
    const { connection, peer, socket } = connectionAndPeer(
      'server',
      { maxUnreadBytes: 20_000 },
      { highWaterMark: 5_000 },
    );
    const big = client.binary(Buffer.alloc(15_000));
    for (let i = 0; i < 10; i++) peer.send(big);
    await turns();
    expect(socket.isPaused()).toBe(true);
    expect(peer.socket.writableLength).toBeGreaterThan(5 * big.length);
    const messages = collectMessages(connection);
    while (messages.length < 10) await once(connection, 'message');
    connection.terminate();
  });

  test('end the connection after unreadTimeout if they are never taken', async () => {
    const { connection, peer } = connectionAndPeer('server', { maxUnreadMessages: 2, unreadTimeout: 30 });
    peer.send(...texts(1, 5));
    const info = await connection.closed;
    expect(info).toMatchObject({
      code: 1006,
      initiator: 'local',
      wasClean: false,
      cause: { code: 'WS101_UNREAD_TIMEOUT', fault: 'caller' },
    });
    await peer.closed;
  });

  test('have no gap if a closing connection drops later ones', async () => {
    const { connection, peer } = connectionAndPeer('server', { maxUnreadMessages: 2 });
    void connection.close(1000);
    peer.send(...texts(1, 4));
    await turns();
    const iterator = connection[Symbol.asyncIterator]();
    expect(await iterator.next()).toEqual({ done: false, value: '1' });
    expect(await iterator.next()).toEqual({ done: false, value: '2' });
    const messages = collectMessages(connection);
    peer.send(...texts(5, 6), client.close(1000));
    await turns();
    expect(messages).toEqual([]);
    expect(await iterator.next()).toEqual({ done: true, value: undefined });
    connection.terminate();
  });

  test('do not end the connection with unreadTimeout: 0, or if they are taken in time', async () => {
    const { connection, peer } = connectionAndPeer('server', { maxUnreadMessages: 2, unreadTimeout: 0 });
    const other = connectionAndPeer('server', { maxUnreadMessages: 2, unreadTimeout: 60 });
    peer.send(...texts(1, 5));
    other.peer.send(...texts(1, 3));
    await turns();
    const messages = collectMessages(other.connection);
    await turns();
    const late = connectionAndPeer('server', { maxUnreadMessages: 2, unreadTimeout: 80 });
    late.peer.send(...texts(1, 5));
    await late.connection.closed;
    expect(messages).toEqual(['1', '2', '3']);
    expect([connection.state, other.connection.state]).toEqual(['open', 'open']);
    connection.terminate();
    other.connection.terminate();
  });

  test('are emitted before `close`, even if the transport was closed from the start', async () => {
    const [socket] = duplexPair();
    socket.destroy();
    await once(socket, 'close');
    const connection = connectionOver(socket, 'server', { head: client.text('x') });
    const events: string[] = [];
    connection.on('message', () => events.push('message'));
    connection.on('close', () => events.push('close'));
    await connection.closed;
    expect(events).toEqual(['message', 'close']);
  });
});

describe('pause() and resume()', () => {
  test('stop and start the messages outside of a listener', async () => {
    const { connection, peer } = connectionAndPeer();
    const messages = collectMessages(connection);
    connection.pause();
    expect(connection.isPaused).toBe(true);
    peer.send(...texts(1, 3));
    await turns();
    expect(messages).toEqual([]);
    connection.resume();
    connection.resume();
    expect(connection.isPaused).toBe(false);
    await turns();
    expect(messages).toEqual(numbers(1, 3));
    connection.terminate();
  });

  test('take effect before the next message within a listener', async () => {
    const { connection, peer } = connectionAndPeer();
    const messages = collectMessages(connection);
    connection.on('message', () => connection.pause());
    peer.send(...texts(1, 3));
    await turns();
    for (let seen = 1; seen <= 3; seen++) {
      expect(messages).toEqual(numbers(1, seen));
      connection.resume();
      await turns();
    }
    connection.terminate();
  });

  test('may follow each other within one listener', async () => {
    const { connection, peer } = connectionAndPeer();
    const messages = collectMessages(connection);
    connection.on('message', () => {
      connection.pause();
      connection.resume();
    });
    peer.send(...texts(1, 20));
    await turns();
    peer.send(...texts(21, 22));
    await turns();
    expect(messages).toEqual(numbers(1, 22));
    connection.terminate();
  });

  test('also apply to kept messages', async () => {
    const { connection, peer } = connectionAndPeer();
    peer.send(...texts(1, 4));
    await turns();
    const messages = collectMessages(connection);
    const finished: unknown[] = [];
    connection.on('message', data => {
      if (data === '2') connection.pause();
      if (data === '3') {
        connection.pause();
        connection.resume();
      }
      finished.push(data);
    });
    await turns();
    expect(messages).toEqual(['1', '2']);
    connection.resume();
    expect(messages).toEqual(numbers(1, 4));
    // Each call of the listener ends before the next one begins.
    expect(finished).toEqual(messages);
    connection.terminate();
  });

  test('also apply to a message that is being inflated', async () => {
    let finish = (_bytes: Uint8Array) => {};
    const inflated = new Promise<Uint8Array>(resolve => {
      finish = resolve;
    });
    const deflate = { compresses: () => false, inflate: () => inflated, close: () => {} } as never;
    const { connection, peer } = connectionAndPeer('server', { deflate });
    const messages = collectMessages(connection);
    peer.send(encodeFrame('client', OPCODE.TEXT, 'compressed', true, RSV1), client.text('2'));
    await turns();
    connection.pause();
    finish(Buffer.from('1'));
    await turns();
    expect(messages).toEqual([]);
    connection.resume();
    expect(messages).toEqual(['1', '2']);
    connection.terminate();
  });

  test('end the connection after unreadTimeout', async () => {
    const { connection } = connectionAndPeer('server', { unreadTimeout: 30 });
    connection.pause();
    expect((await connection.closed).cause).toMatchObject({ code: 'WS101_UNREAD_TIMEOUT' });
    expect(connection.send('x')).toBeUndefined();
  });

  test('lose nothing if the peer ends TCP meanwhile', async () => {
    const { connection, peer } = connectionAndPeer();
    const messages = collectMessages(connection);
    connection.on('message', () => connection.pause());
    peer.send(...texts(1, 5));
    peer.socket.end();
    await turns();
    while (connection.state === 'open') {
      connection.resume();
      await turns();
    }
    expect(messages).toEqual(numbers(1, 5));
    expect(await connection.closed).toMatchObject({ code: 1006, initiator: 'network' });
  });

  test('do nothing once the connection is closing or closed', async () => {
    const { connection, peer } = connectionAndPeer();
    const closed = connection.close();
    connection.pause();
    expect(connection.isPaused).toBe(false);
    await peer.saw(1);
    peer.send(client.close());
    await closed;
    connection.pause();
    connection.resume();
    expect(connection.isPaused).toBe(false);
  });
});

describe('close() of a connection that does not read', () => {
  test('resumes reading, and delivers messages in transit', async () => {
    const { connection, peer } = connectionAndPeer();
    const messages = collectMessages(connection);
    connection.pause();
    peer.send(...texts(1, 3));
    const closed = connection.close(1000);
    await peer.saw(1);
    peer.send(client.text('4'), client.close(1000));
    expect(await closed).toMatchObject({ wasClean: true, dropped: 0 });
    expect(messages).toEqual(numbers(1, 4));
  });

  test('resumes reading within a listener that paused', async () => {
    const { connection, peer } = connectionAndPeer();
    const messages = collectMessages(connection);
    connection.once('message', () => {
      connection.pause();
      void connection.close();
    });
    peer.send(...texts(1, 3), client.close());
    expect(await connection.closed).toMatchObject({ code: 1005, wasClean: true });
    expect(messages).toEqual(numbers(1, 3));
  });

  test('loses no message beyond the limits if a listener takes them', async () => {
    const { connection, peer } = connectionAndPeer('server', { maxUnreadMessages: 5 });
    peer.send(...texts(1, 30));
    await turns();
    const messages = collectMessages(connection);
    connection.once('message', () => connection.pause());
    await turns();
    expect(messages).toEqual(['1']);
    const closed = connection.close();
    peer.send(client.close());
    expect(await closed).toMatchObject({ dropped: 0 });
    expect(messages).toEqual(numbers(1, 30));
  });

  test('closes cleanly even if the peer has megabytes to send', async () => {
    const { connection, peer, socket } = connectionAndPeer('server', {}, { highWaterMark: 5_000 });
    peer.send(...Array.from({ length: 200 }, () => client.binary(Buffer.alloc(15_000))));
    await turns();
    expect(socket.isPaused()).toBe(true);
    const closed = connection.close(1000);
    peer.send(client.close(1000));
    const { wasClean, dropped } = await closed;
    const kept: unknown[] = [];
    for await (const message of connection) kept.push(message);
    expect({ wasClean, total: dropped + kept.length }).toEqual({ wasClean: true, total: 200 });
  });

  test('keeps no more than the limits without a listener, and still closes cleanly', async () => {
    const { connection, peer } = connectionAndPeer('server', { maxUnreadMessages: 5 });
    peer.send(...texts(1, 30), client.close(4000));
    await turns();
    const info = await connection.close();
    expect(info).toMatchObject({ code: 4000, wasClean: true, dropped: 25 });
    const kept: unknown[] = [];
    for await (const message of connection) kept.push(message);
    expect(kept).toEqual(numbers(1, 5));
  });
});

describe('async iteration', () => {
  test('returns the messages and ends with the connection', async () => {
    const { client: sender, server } = connectedPair();
    for (const text of ['1', '2', '3']) sender.send(text);
    void sender.close();
    const messages: unknown[] = [];
    for await (const message of server) messages.push(message);
    expect(messages).toEqual(numbers(1, 3));
    expect(server.state).toBe('closed');
  });

  test('returns kept messages even after the end', async () => {
    const { client: sender, server } = connectedPair();
    sender.send('kept');
    await sender.close();
    const messages: unknown[] = [];
    for await (const message of server) messages.push(message);
    for await (const message of server) messages.push(message);
    expect(messages).toEqual(['kept']);
    const { client: other } = connectedPair();
    other.terminate();
    await other.closed;
    await expect(other[Symbol.asyncIterator]().next()).rejects.toMatchObject({ code: 'WS101_TERMINATED' });
  });

  test.each<[string, (peer: FramePeer) => void, object]>([
    ['the network', peer => void peer.socket.end(), { code: 'WS101_CONNECTION_LOST' }],
    ['a reset', peer => void peer.socket.destroy(), { code: 'WS101_CONNECTION_LOST' }],
    ['a broken rule', peer => peer.send(Buffer.from('ff8000000000', 'hex')), { code: 'WS101_PROTOCOL_VIOLATION' }],
  ])('throws the cause of an end by %s, after the messages that arrived', async (_, end, cause) => {
    const { connection, peer } = connectionAndPeer();
    peer.send(...texts(1, 3));
    const messages: unknown[] = [];
    const loop = (async () => {
      for await (const message of connection) {
        messages.push(message);
        if (message === '1') end(peer);
        await turns(2);
      }
    })();
    await expect(loop).rejects.toMatchObject(cause);
    expect(messages).toEqual(numbers(1, 3));
    expect((await connection.closed).cause).toBe(await loop.catch(error => error));
  });

  test('throws to a waiting loop, and once to each loop that starts after the end', async () => {
    const { connection, peer } = connectionAndPeer();
    const iterator = connection[Symbol.asyncIterator]();
    const next = iterator.next();
    peer.socket.destroy();
    await expect(next).rejects.toMatchObject({ code: 'WS101_CONNECTION_LOST' });
    expect(await iterator.next()).toEqual({ done: true, value: undefined });
    await expect(connection[Symbol.asyncIterator]().next()).rejects.toMatchObject({ code: 'WS101_CONNECTION_LOST' });
  });

  test('reports how many messages a closing connection dropped because the loop was too slow', async () => {
    const { connection, peer } = connectionAndPeer('server', { maxUnreadMessages: 3 });
    const iterator = connection[Symbol.asyncIterator]();
    const first = iterator.next();
    peer.send(...texts(1, 2));
    await first;
    const closed = connection.close();
    peer.send(...texts(3, 10), client.close());
    expect(await closed).toMatchObject({ wasClean: true, cause: undefined, dropped: 6 });
    const rest: unknown[] = [];
    for await (const message of connection) rest.push(message);
    expect(rest).toEqual(numbers(2, 4));
  });

  test('may be left and resumed without losing a message', async () => {
    const { connection, peer } = connectionAndPeer();
    peer.send(...texts(1, 6));
    const messages: unknown[] = [];
    for (let loop = 0; loop < 3; loop++) {
      for await (const message of connection) {
        messages.push(message);
        if (messages.length % 2 === 0) break;
      }
    }
    expect(messages).toEqual(numbers(1, 6));
    connection.terminate();
  });

  test('passes each message to one of two loops', async () => {
    const { connection, peer } = connectionAndPeer();
    const loops: unknown[][] = [[], []];
    const done = loops.map(async loop => {
      for await (const message of connection) loop.push(message);
    });
    peer.send(...texts(1, 4));
    await turns();
    peer.send(...texts(5, 6), client.close());
    peer.socket.end();
    await Promise.all(done);
    expect(loops.flat().sort()).toEqual(numbers(1, 6));
    expect(loops.every(loop => loop.length > 0)).toBe(true);
  });

  test('gets a message that it waits for before the listeners', async () => {
    const { connection, peer } = connectionAndPeer();
    const heard = collectMessages(connection);
    const next = connection[Symbol.asyncIterator]().next();
    peer.send(...texts(1, 2));
    expect(await next).toEqual({ done: false, value: '1' });
    expect(heard).toEqual(['2']);
    connection.terminate();
  });

  test('slows the peer down, and continues to read as it takes messages', async () => {
    const { connection, peer, socket } = connectionAndPeer('server', { maxUnreadMessages: 3 });
    peer.send(...texts(1, 10), client.close());
    await turns();
    expect(socket.isPaused()).toBe(true);
    const messages: unknown[] = [];
    for await (const message of connection) {
      messages.push(message);
      await turns();
      if (messages.length === 10) peer.socket.end();
    }
    expect(messages).toEqual(numbers(1, 10));
    expect(await connection.closed).toMatchObject({ wasClean: true });
  });

  test('returns no new messages while the connection is paused', async () => {
    const { connection, peer } = connectionAndPeer('server', { maxUnreadMessages: 2 });
    peer.send(...texts(1, 4));
    await turns();
    connection.pause();
    const iterator = connection[Symbol.asyncIterator]();
    expect((await iterator.next()).value).toBe('1');
    expect((await iterator.next()).value).toBe('2');
    const third = iterator.next();
    let isThere = false;
    void third.then(() => {
      isThere = true;
    });
    await turns();
    expect(isThere).toBe(false);
    connection.resume();
    expect((await third).value).toBe('3');
    connection.terminate();
  });
});
