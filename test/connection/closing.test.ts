import { once } from 'node:events';
import { setImmediate } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { ConnectionLostError, ProtocolError } from '../../src/errors.js';
import { collectMessages, connectedPair, connectionAndPeer, connectionOver } from '../helpers/connections.js';
import { duplexPair } from '../helpers/duplex-pair.js';
import { FramePeer } from '../helpers/frame-peer.js';
import { FRAMES } from '../helpers/frames.js';
import { IS_MUTATION_RUN } from '../helpers/mutation-run.js';
import { turns } from '../helpers/turns.js';

describe('the closing handshake (§7.1)', () => {
  test('started by us reports both Close frames in CloseInfo', async () => {
    const { connection, peer } = connectionAndPeer('server');
    expect(connection.state).toBe('open');
    const closed = connection.close(4000, 'enough');
    expect(connection.state).toBe('closing');
    expect(await peer.saw(1)).toEqual(['close 4000 "enough"']);
    peer.send(peer.frames.close(4001, 'fine'));
    expect(await closed).toEqual({
      code: 4001,
      reason: 'fine',
      wasClean: true,
      initiator: 'local',
      sent: { code: 4000, reason: 'enough' },
      received: { code: 4001, reason: 'fine' },
      cause: undefined,
      dropped: 0,
    });
    expect(connection.state).toBe('closed');
  });

  test('started by the peer reports both Close frames in CloseInfo', async () => {
    const { connection, peer } = connectionAndPeer('server');
    const events: unknown[] = [];
    connection.on('close', info => events.push(info));
    peer.send(peer.frames.close(1001, 'bye'));
    expect(await connection.closed).toEqual({
      code: 1001,
      reason: 'bye',
      wasClean: true,
      initiator: 'remote',
      sent: { code: 1001, reason: '' },
      received: { code: 1001, reason: 'bye' },
      cause: undefined,
      dropped: 0,
    });
    expect(events).toEqual([await connection.closed]);
    expect(peer.seen).toEqual(['close 1001']);
  });

  test('discards at most 16 MiB that the peer sends after it', async () => {
    const [socket, peer] = duplexPair();
    const connection = connectionOver(socket, 'server');
    const ended = once(peer.resume(), 'end');
    peer.write(FRAMES.client.close(1000));
    await ended;
    let sent = 0;
    for (; !socket.destroyed && sent < 32; sent++) {
      peer.write(Buffer.alloc(2 ** 20));
      await setImmediate();
    }
    expect([sent > 16, sent < 20]).toEqual([true, true]);
    expect((await connection.closed).wasClean).toBe(true);
  });

  test('without codes reports 1005 (§7.1.5)', async () => {
    const { client, server } = connectedPair();
    expect(await client.close()).toMatchObject({ code: 1005, reason: '', wasClean: true, initiator: 'local' });
    expect(await server.closed).toMatchObject({ code: 1005, wasClean: true, initiator: 'remote' });
  });

  test('started by both at once reports the other’s code, and both ends as the initiator', async () => {
    const { client, server } = connectedPair({}, { isAsync: true });
    const both = await Promise.all([client.close(4001), server.close(4002)]);
    expect(both.map(({ code, wasClean, initiator }) => [code, wasClean, initiator])).toEqual([
      [4002, true, 'local'],
      [4001, true, 'local'],
    ]);
  });

  test('is performed once for several calls of close(), which all resolve', async () => {
    const { connection, peer } = connectionAndPeer();
    const all = [connection.close(4000), connection.close(4001), connection.closed];
    await peer.saw(1);
    peer.send(peer.frames.close());
    const infos = await Promise.all([...all, connection.closed, connection.close(4002)]);
    expect(new Set(infos).size).toBe(1);
    expect(peer.seen).toEqual(['close 4000']);
  });

  test('delivers messages in transit', async () => {
    const { connection, peer } = connectionAndPeer();
    const messages = collectMessages(connection);
    void connection.close();
    await peer.saw(1);
    peer.send(peer.frames.text('1'), peer.frames.text('2'));
    peer.send(peer.frames.close());
    await connection.closed;
    expect(messages).toEqual(['1', '2']);
  });

  test('lets the server end TCP, and the client waits for that (§7.1.1) [5.5.1-10] [5.5.1-12] [7.1.1-6]', async () => {
    const { connection, peer } = connectionAndPeer('client');
    let hasEnded = false;
    void peer.ended.then(() => {
      hasEnded = true;
    });
    peer.send(peer.frames.close(1000));
    await peer.saw(1);
    await turns();
    expect(hasEnded).toBe(false);
    expect(connection.state).toBe('closing');
    peer.socket.end();
    expect(await connection.closed).toMatchObject({ wasClean: true, cause: undefined });
  });

  test('with a server that never ends TCP is clean, and the client ends TCP after closeTimeout [5.5.1-13] [7.1.1-4]', async () => {
    const { connection, peer } = connectionAndPeer('client', { closeTimeout: 30 });
    peer.send(peer.frames.close(1000));
    expect(await connection.closed).toMatchObject({
      code: 1000,
      wasClean: true,
      cause: undefined,
      initiator: 'remote',
    });
  });

  test('with a peer that never answers ends after closeTimeout', async () => {
    const { connection, peer } = connectionAndPeer('server', { closeTimeout: 30 });
    const start = performance.now();
    const info = await connection.close(1000);
    expect(performance.now() - start).toBeGreaterThan(25);
    expect(info).toMatchObject({
      code: 1006,
      wasClean: false,
      initiator: 'local',
      sent: { code: 1000 },
      received: undefined,
      cause: { code: 'WS101_CLOSE_TIMEOUT', fault: 'network' },
    });
    await peer.closed;
  });

  test('is not delayed by a peer that continues to send', async () => {
    const { connection, peer } = connectionAndPeer('server', { closeTimeout: 50 });
    const timer = setInterval(() => peer.send(peer.frames.text('and another thing')), 5);
    const info = await connection.close();
    clearInterval(timer);
    expect(info.cause).toMatchObject({ code: 'WS101_CLOSE_TIMEOUT' });
  });

  test('is unclean if our Close frame was never sent because the peer does not read', async () => {
    const { connection, peer } = connectionAndPeer('server', { closeTimeout: 50 }, { highWaterMark: 100 });
    peer.socket.pause();
    connection.send(Buffer.alloc(1_000));
    await turns();
    peer.send(peer.frames.close(1000));
    expect(await connection.closed).toMatchObject({
      code: 1000,
      wasClean: false,
      initiator: 'remote',
      cause: { code: 'WS101_CLOSE_TIMEOUT' },
    });
  });

  test('may be started in a listener of any event', async () => {
    for (const event of ['message', 'ping', 'pong'] as const) {
      const { connection, peer } = connectionAndPeer();
      connection.on(event, () => void connection.close(4000));
      peer.send(peer.frames.ping(), peer.frames.pong(), peer.frames.text('x'));
      peer.send(peer.frames.close());
      expect(await connection.closed).toMatchObject({ sent: { code: 4000 }, initiator: 'local', wasClean: true });
    }
  });
});

describe('terminate()', () => {
  test('ends the connection without a handshake [7.1.1-2]', async () => {
    const { connection, peer } = connectionAndPeer();
    connection.send('flushed or not');
    connection.terminate();
    connection.terminate();
    expect(await connection.closed).toMatchObject({
      code: 1006,
      wasClean: false,
      initiator: 'local',
      sent: undefined,
      received: undefined,
      cause: { code: 'WS101_TERMINATED', fault: 'caller' },
    });
    await peer.closed;
  });

  test('in a listener stops the messages of the current chunk', async () => {
    const { connection, peer } = connectionAndPeer();
    const messages = collectMessages(connection);
    connection.on('message', () => connection.terminate());
    peer.send(peer.frames.text('1'), peer.frames.text('2'), peer.frames.close(1000));
    expect(await connection.closed).toMatchObject({ code: 1006, received: undefined });
    expect(messages).toEqual(['1']);
  });

  test('after the end changes nothing', async () => {
    const { client, server } = connectedPair();
    await client.close(1000);
    const before = await server.closed;
    server.terminate();
    expect(await server.closed).toBe(before);
    expect(before.cause).toBeUndefined();
  });
});

describe('a peer that breaks a rule', () => {
  test.each(['client', 'server'] as const)(
    'of a %s closes with 1002, and the cause says where and why [7.1.7-2]',
    async role => {
      const { connection, peer } = connectionAndPeer(role);
      const messages = collectMessages(connection);
      peer.send(peer.frames.text('before'), peer.frames.illegal(), peer.frames.text('behind'));
      const info = await connection.closed;
      expect(info).toMatchObject({ code: 1006, wasClean: false, initiator: 'local', sent: { code: 1002 } });
      expect(info.cause).toBeInstanceOf(ProtocolError);
      expect(info.cause).toMatchObject({ section: '§5.2', offset: peer.frames.text('before').length });
      expect(messages).toEqual(['before']);
      expect(peer.seen).toEqual([expect.stringMatching(/^close 1002 /)]);
    },
  );

  test('cannot crash the process if there are no listeners (mercurius CVE-2023-22477: A2 00)', async () => {
    const { connection, peer } = connectionAndPeer();
    peer.send(Buffer.from('a200', 'hex'));
    expect((await connection.closed).cause).toBeInstanceOf(ProtocolError);
  });

  test('after our Close frame gets no second one', async () => {
    const { connection, peer } = connectionAndPeer();
    void connection.close(1000);
    await peer.saw(1);
    peer.send(peer.frames.illegal());
    const info = await connection.closed;
    expect(info).toMatchObject({ sent: { code: 1000 }, received: undefined, initiator: 'local' });
    expect(info.cause).toBeInstanceOf(ProtocolError);
    expect(peer.seen).toEqual(['close 1000']);
  });

  test('in the bytes after the opening handshake, after a message that the application may still answer, closes with 1002', async () => {
    const head = Buffer.concat([FRAMES.client.text('x'), FRAMES.client.illegal()]);
    const { connection, peer } = connectionAndPeer('server', { head });
    await Promise.resolve();
    connection.on('message', data => connection.send(data));
    await connection.closed;
    expect(peer.seen).toEqual([expect.stringMatching(/^text /), expect.stringMatching(/^close 1002 /)]);
  });

  test('in the bytes after the opening handshake closes with 1002', async () => {
    const { connection, peer } = connectionAndPeer('server', { head: FRAMES.client.illegal() });
    expect((await connection.closed).sent?.code).toBe(1002);
    expect(peer.seen).toHaveLength(1);
  });
});

describe('the end of the transport without a Close frame', () => {
  test('by FIN reports 1006 and ends our side at once [7.2.1-2]', async () => {
    const { connection, peer } = connectionAndPeer();
    const start = performance.now();
    peer.socket.end();
    const info = await connection.closed;
    expect(info).toMatchObject({ code: 1006, reason: '', wasClean: false, initiator: 'network', sent: undefined });
    expect(info.cause).toBeInstanceOf(ConnectionLostError);
    expect(info.cause).toMatchObject({ code: 'WS101_CONNECTION_LOST' });
    expect(performance.now() - start).toBeLessThan(500);
    await peer.closed;
  });

  test('by FIN closes within 1 s, even if the peer reads nothing more', async () => {
    const { connection, peer } = connectionAndPeer('server', {}, { highWaterMark: 100 });
    peer.socket.pause();
    connection.send(Buffer.alloc(1_000));
    connection.send(Buffer.alloc(1_000));
    await turns();
    const start = performance.now();
    peer.socket.end();
    expect(await connection.closed).toMatchObject({ code: 1006, initiator: 'network' });
    expect(performance.now() - start).toBeLessThan(1_500);
  });

  test('by FIN in the middle of a frame delivers no part of the message', async () => {
    const { connection, peer } = connectionAndPeer();
    const messages = collectMessages(connection);
    peer.send(Buffer.from(peer.frames.text('whole message')).subarray(0, 12));
    peer.socket.end();
    await connection.closed;
    expect(messages).toEqual([]);
  });

  test('by FIN after our Close frame reports a local initiator and an unclean close', async () => {
    const { connection, peer } = connectionAndPeer();
    void connection.close(1000);
    await peer.saw(1);
    peer.socket.end();
    expect(await connection.closed).toMatchObject({
      code: 1006,
      initiator: 'local',
      sent: { code: 1000 },
      cause: { code: 'WS101_CONNECTION_LOST' },
    });
  });

  test('by FIN right after the peer’s Close frame is clean, and our Close frame still arrives', async () => {
    for (const role of ['client', 'server'] as const) {
      for (const isAsync of [false, true]) {
        const { connection, peer } = connectionAndPeer(role, {}, { isAsync, allowHalfOpen: false, highWaterMark: 50 });
        peer.socket.pause();
        connection.send('x'.repeat(500));
        connection.send('y'.repeat(500));
        // The socket has taken both and is full, so what follows has to wait for `drain`.
        await turns();
        connection.send('last');
        peer.send(peer.frames.close(1000));
        peer.socket.end();
        await turns();
        peer.socket.resume();
        const info = await connection.closed;
        expect(info).toMatchObject({ code: 1000, wasClean: true, cause: undefined });
        expect((await peer.saw(4)).slice(2)).toEqual(['text "last"', 'close 1000']);
      }
    }
  });

  test('by an error emits one close event, and the error is the cause of its cause [7.2.1-2]', async () => {
    for (const autoDestroy of [true, false]) {
      const [socket] = duplexPair({ autoDestroy });
      const connection = connectionOver(socket, 'server');
      const events: unknown[] = [];
      connection.on('close', info => events.push(info));
      const error = Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' });
      if (autoDestroy) socket.destroy(error);
      else socket.emit('error', error);
      const info = await connection.closed;
      expect(info).toMatchObject({ code: 1006, initiator: 'network', cause: { cause: error } });
      expect(info.cause?.message).toContain('ECONNRESET');
      expect(events).toEqual([info]);
    }
  });

  test('by an error after both Close frames is still clean', async () => {
    const { connection, peer, socket } = connectionAndPeer('client');
    peer.send(peer.frames.close(1000));
    await peer.saw(1);
    socket.destroy(new Error('ECONNRESET'));
    expect(await connection.closed).toMatchObject({ code: 1000, wasClean: true, cause: undefined });
  });

  test('because the socket was destroyed reports 1006', async () => {
    const { connection, socket } = connectionAndPeer();
    socket.destroy();
    expect(await connection.closed).toMatchObject({
      code: 1006,
      initiator: 'network',
      cause: {
        code: 'WS101_CONNECTION_LOST',
        message: 'the transport was closed without a closing handshake',
      },
    });
  });

  test('before the connection was created reports 1006', async () => {
    const [destroyed] = duplexPair();
    destroyed.destroy();
    const gone = connectionOver(destroyed, 'server');
    const events: unknown[] = [];
    gone.on('close', info => events.push(info));
    expect(await gone.closed).toMatchObject({ code: 1006, initiator: 'network' });
    await turns();
    expect(events).toHaveLength(1);

    const [ended, peer] = duplexPair();
    peer.end();
    ended.resume();
    await once(ended, 'end');
    expect(await connectionOver(ended, 'server').closed).toMatchObject({ code: 1006, initiator: 'network' });
  });

  test('leaves no timer if the application takes kept messages only later', async () => {
    const { connection, peer, socket } = connectionAndPeer('server', { maxUnreadMessages: 1 });
    peer.send(peer.frames.text('1'), peer.frames.text('2'));
    await turns();
    const running = () => process.getActiveResourcesInfo().filter(resource => resource === 'Timeout').length;
    const before = running();
    socket.destroy();
    await connection.closed;
    const atEnd = running();
    expect(await connection[Symbol.asyncIterator]().next()).toEqual({ done: false, value: '1' });
    expect(atEnd).toBeLessThan(before);
    expect(running()).toBe(atEnd);
  });
});

describe('the last data before a close', () => {
  test('arrives before the Close frame right after it', async () => {
    const { client, server } = connectedPair({}, { isAsync: true, highWaterMark: 1_000 });
    const messages = collectMessages(client);
    for (let i = 0; i < 20; i++) server.send(Buffer.alloc(5_000, i));
    expect(await server.close(1000)).toMatchObject({ wasClean: true });
    expect(messages.map(bytes => bytes.length)).toEqual(Array.from({ length: 20 }, () => 5_000));
  });

  test.skipIf(IS_MUTATION_RUN)('gets more time than the second of lingering if the peer reads slowly', async () => {
    const [socket, other] = duplexPair({ highWaterMark: 1_000 });
    const connection = connectionOver(socket, 'server');
    const peer = new FramePeer(other, 'client');
    other.pause();
    connection.send(Buffer.alloc(3_000));
    other.write(peer.frames.close(1000));
    await turns();
    await turns();
    const start = performance.now();
    setTimeout(() => other.resume(), 1_200);
    expect(await connection.closed).toMatchObject({ wasClean: true, code: 1000 });
    expect(performance.now() - start).toBeGreaterThan(1_100);
    expect(peer.seen).toEqual(['binary 3000', 'close 1000']);
  });
});

describe('signal and closed', () => {
  test('signal aborts at the end, with the cause if there is one, and with the close code otherwise', async () => {
    const lost = connectionAndPeer();
    const { signal } = lost.connection;
    expect(signal.aborted).toBe(false);
    lost.connection.terminate();
    const { cause } = await lost.connection.closed;
    expect(signal.aborted).toBe(true);
    expect(signal.reason).toBe(cause);
    expect(lost.connection.signal).toBe(signal);

    const { client, server } = connectedPair();
    const early = client.signal;
    await client.close(4000, 'enough');
    await server.closed;
    const closed = { name: 'ConnectionClosedError', closeCode: 4000 };
    expect(early.reason).toMatchObject({ ...closed, message: 'this endpoint closed the connection with 4000' });
    const message = 'the peer closed the connection with 4000 (enough)';
    expect(server.signal.reason).toMatchObject({ ...closed, reason: 'enough', message });
    expect(server.signal.reason).toBe(server.signal.reason);
  });

  test('closed is the same promise before and after the end', async () => {
    const { connection } = connectionAndPeer();
    expect(connection.closed).toBe(connection.closed);
    connection.terminate();
    await connection.closed;
    const late = connectionAndPeer();
    late.connection.terminate();
    await once(late.connection, 'close');
    expect((await late.connection.closed).code).toBe(1006);
  });
});
