import { describe, expect, test } from 'vitest';
import type { WebSocketConnection } from '../../src/connection/websocket-connection.js';
import { connectedPair, connectionAndPeer } from '../helpers/connections.js';
import { turns } from '../helpers/turns.js';

/** Reads all messages as streams: the type and the parts of each. */
async function readAll(connection: WebSocketConnection): Promise<Array<[string, Array<string | Buffer>]>> {
  const messages: Array<[string, Array<string | Buffer>]> = [];
  for await (const message of connection.messages({ stream: true })) {
    const parts: Array<string | Buffer> = [];
    messages.push([message.type, parts]);
    for await (const part of message) parts.push(part);
  }
  return messages;
}

describe('messages({ stream: true })', () => {
  test('returns each message in the parts in which it arrives, and ends after a clean close', async () => {
    const { connection, peer } = connectionAndPeer();
    const { frames } = peer;
    const all = readAll(connection);
    peer.send(frames.text('one', false));
    await turns();
    peer.send(frames.continuation(Buffer.from('two')), frames.binary(Buffer.from('three')), frames.text(''));
    peer.send(frames.close(1000));
    expect(await all).toEqual([
      ['text', ['one', 'two']],
      ['binary', [Buffer.from('three')]],
      ['text', []],
    ]);
    connection.terminate();
  });

  test.each(['string', 'buffer'] as const)('never cuts a text within a character (text: %j)', async text => {
    const { connection, peer } = connectionAndPeer('server', { text });
    const all = readAll(connection);
    const bytes = Buffer.from('aé€😀z'.repeat(3));
    for (let i = 0; i < bytes.length; i++) {
      const piece = bytes.subarray(i, i + 1);
      const isLast = i === bytes.length - 1;
      peer.send(i === 0 ? peer.frames.text(piece as never, isLast) : peer.frames.continuation(piece, isLast));
    }
    peer.send(peer.frames.close(1000));
    const [[type, parts]] = (await all) as [[string, Array<string | Buffer>]];
    expect(type).toBe('text');
    expect(parts.map(String)).toEqual([...'aé€😀z'.repeat(3)]);
    expect(parts.every(part => typeof part === (text === 'string' ? 'string' : 'object'))).toBe(true);
    connection.terminate();
  });

  test('holds no more than about maxUnreadBytes, and slows the peer down', async () => {
    const { client, server } = connectedPair({ maxMessageSize: Number.MAX_SAFE_INTEGER }, { isAsync: true });
    const SIZE = 8 * 1024 * 1024;
    const chunk = Buffer.alloc(65_536, 1);
    let produced = 0;
    function* source() {
      for (; produced < SIZE; produced += chunk.length) yield chunk;
    }
    const sent = client.sendStream(source());
    let received = 0;
    let furthest = 0;
    for await (const message of server.messages({ stream: true })) {
      for await (const part of message) {
        received += part.length;
        furthest = Math.max(furthest, produced - received);
        if (received < 1024 * 1024) await turns(5);
      }
      break;
    }
    expect(received).toBe(SIZE);
    expect(await sent).toBe(true);
    // maxUnreadBytes at one end, highWaterMark at the other, and the pipe between them.
    expect(furthest).toBeLessThan(1024 * 1024);
    client.terminate();
  });

  test('discards what a loop leaves unread of a message', async () => {
    const { connection, peer } = connectionAndPeer('server', { maxUnreadBytes: 10 });
    const { frames } = peer;
    const seen: unknown[] = [];
    const done = (async () => {
      for await (const message of connection.messages({ stream: true })) {
        for await (const part of message) {
          seen.push(part);
          break;
        }
      }
    })();
    for (const name of ['a', 'b']) {
      peer.send(frames.text(name.repeat(20), false));
      await turns();
      peer.send(frames.continuation(Buffer.from('x'.repeat(50)), false), frames.continuation(Buffer.from('y')));
      await turns();
    }
    peer.send(frames.close(1000));
    await done;
    expect(seen).toEqual(['a'.repeat(20), 'b'.repeat(20)]);
    connection.terminate();
  });

  test('throws the cause if the connection is lost in the middle of a message', async () => {
    const { connection, peer } = connectionAndPeer();
    peer.send(peer.frames.text('half', false));
    const seen: unknown[] = [];
    const loop = (async () => {
      for await (const message of connection.messages({ stream: true })) {
        for await (const part of message) {
          seen.push(part);
          peer.socket.destroy();
        }
      }
    })();
    await expect(loop).rejects.toThrow();
    const { cause } = await connection.closed;
    expect(cause).toBeDefined();
    await expect(loop).rejects.toBe(cause);
    expect(seen).toEqual(['half']);
  });

  test('throws the close code and reason if the peer closes cleanly in the middle of a message', async () => {
    const { connection, peer } = connectionAndPeer();
    const loop = readAll(connection);
    await turns();
    peer.send(peer.frames.text('half', false), peer.frames.close(1011, 'out of disk'));
    await peer.saw(1);
    peer.socket.end();
    await expect(loop).rejects.toMatchObject({
      code: 'WS101_CONNECTION_LOST',
      message:
        'the connection closed in the middle of a message: the peer closed the connection with 1011 (out of disk)',
      cause: { code: 'WS101_CONNECTION_CLOSED', closeCode: 1011, reason: 'out of disk' },
    });
  });

  test('fails a message above maxMessageSize with 1009, at the header that exceeds it', async () => {
    const { connection, peer } = connectionAndPeer('server', { maxMessageSize: 10 });
    const loop = readAll(connection);
    loop.catch(() => {});
    peer.send(peer.frames.text('123456', false), peer.frames.continuation(Buffer.from('78901')));
    expect(await peer.saw(1)).toEqual([expect.stringContaining('close 1009')]);
    connection.terminate();
    await expect(loop).rejects.toMatchObject({ closeCode: 1009 });
  });

  test('returns messages that came before it as streams of one part', async () => {
    const { client, server } = connectedPair();
    client.send('early');
    await turns();
    const all = readAll(server);
    client.send('late');
    void client.close();
    expect(await all).toEqual([
      ['text', ['early']],
      ['text', ['late']],
    ]);
  });

  test('leaves later messages to other readers when its loop ends', async () => {
    const { connection, peer } = connectionAndPeer();
    const { frames } = peer;
    peer.send(frames.text('half', false));
    for await (const message of connection.messages({ stream: true })) {
      expect(message.type).toBe('text');
      break;
    }
    peer.send(frames.continuation(Buffer.from('rest')), frames.text('next'));
    const received: unknown[] = [];
    connection.on('message', data => received.push(data));
    await turns();
    expect(received).toEqual(['next']);
    connection.terminate();
  });

  test('continues with the next message in a second loop, if the first was left in the middle of one', async () => {
    const { connection, peer } = connectionAndPeer();
    peer.send(peer.frames.text('half', false));
    for await (const message of connection.messages({ stream: true })) {
      for await (const part of message) {
        expect(part).toBe('half');
        break;
      }
      break;
    }
    const seen: unknown[] = [];
    const second = (async () => {
      for await (const message of connection.messages({ stream: true })) {
        for await (const part of message) seen.push(part);
        if (seen.length > 0) break;
      }
    })();
    peer.send(peer.frames.continuation('the rest', true), peer.frames.text('next'));
    await second;
    expect(seen).toEqual(['next']);
    expect(connection.state).toBe('open');
    connection.terminate();
  });

  test('must be the only reader', () => {
    const { connection } = connectionAndPeer();
    const message = 'messages({ stream: true }) must be the only reader';
    const listener = () => {};
    connection.on('message', listener);
    expect(() => connection.messages({ stream: true })).toThrow(message);
    connection.off('message', listener);
    const streams = connection.messages({ stream: true });
    expect(() => connection.messages({ stream: true })).toThrow(message);
    expect(() => connection.messages()).toThrow(message);
    expect(() => connection[Symbol.asyncIterator]()).toThrow(message);
    expect(() => connection.on('message', listener)).toThrow(message);
    expect(() => connection.prependListener('message', listener)).toThrow(message);
    expect(connection.listenerCount('message')).toBe(0);
    void streams.return?.();
    connection.on('message', listener);
    connection.terminate();
  });
});
