import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { collectMessages, connectionOver, type Setup } from '../helpers/connections.js';
import { FramePeer } from '../helpers/frame-peer.js';
import { FRAMES } from '../helpers/frames.js';
import { tcpPair, tlsPair } from '../helpers/sockets.js';
import { turns } from '../helpers/turns.js';

const PAIRS: Array<[string, () => Promise<[Socket, Socket]>]> = [
  ['TCP', tcpPair],
  ['TLS', tlsPair],
];

describe.each(PAIRS)('over %s', (_, pair) => {
  async function connections(setup: Setup = {}) {
    const [a, b] = await pair();
    return { client: connectionOver(a, 'client', setup), server: connectionOver(b, 'server', setup) };
  }

  async function serverAndPeer(setup: Setup = {}) {
    const [other, socket] = await pair();
    return { connection: connectionOver(socket, 'server', setup), socket, peer: new FramePeer(other, 'client') };
  }

  test('messages of every size arrive in both directions, and the closing handshake is clean [5.1-7] [6.1-9] [7.1.2-2]', async () => {
    const { client, server } = await connections();
    server.on('message', data => server.send(data));
    const echoes = collectMessages(client);
    const messages: Array<string | Buffer> = ['', 'grüezi', 'x'.repeat(70_000), Buffer.alloc(0)];
    for (const size of [1, 125, 126, 16_384, 16_385, 65_535, 65_536, 1_000_000]) messages.push(randomBytes(size));
    for (const message of messages) client.send(message);
    while (echoes.length < messages.length) await once(client, 'message');
    expect(
      echoes.every((echo, i) => (typeof echo === 'string' ? echo === messages[i] : echo.equals(messages[i] as Buffer))),
    ).toBe(true);
    expect(await client.close(1000, 'done')).toMatchObject({ code: 1000, wasClean: true, cause: undefined });
    expect(await server.closed).toMatchObject({ code: 1000, reason: 'done', initiator: 'remote', wasClean: true });
  });

  test('many connections do not mix up the memory that they share', async () => {
    const all = await Promise.all(Array.from({ length: 8 }, () => connections()));
    await Promise.all(
      all.map(async ({ client, server }, at) => {
        server.on('message', data => server.send(data));
        const hash = createHash('sha256');
        const echoed = createHash('sha256');
        let sent = 0;
        let back = 0;
        client.on('message', data => {
          echoed.update(data);
          back++;
        });
        for (let i = 0; i < 300; i++) {
          const message = `${at}.${i} `.repeat((i * 31) % 400);
          hash.update(message);
          sent++;
          if (!client.send(message)) await client.drained();
          if (i % 10 === 0) await setImmediate();
        }
        while (back < sent) await once(client, 'message');
        expect(echoed.digest('hex')).toBe(hash.digest('hex'));
        await client.close();
        await server.closed;
      }),
    );
  });

  test('binary messages do not change when later chunks are unmasked in place', async () => {
    const { connection, peer } = await serverAndPeer();
    const messages = collectMessages(connection);
    const data = Array.from({ length: 40 }, (_, i) => Buffer.alloc(1 + i * 1_500, i));
    for (const bytes of data) peer.send(peer.frames.binary(bytes));
    while (messages.length < data.length) await once(connection, 'message');
    expect(messages.every((message, i) => data[i]?.equals(message as Buffer))).toBe(true);
    connection.terminate();
  });

  test('early bytes in a plain Uint8Array are delivered as Buffers', async () => {
    const { connection } = await serverAndPeer({ head: new Uint8Array(FRAMES.client.binary(Buffer.alloc(1_000, 3))) });
    const [message] = await once(connection, 'message');
    expect(Buffer.isBuffer(message)).toBe(true);
    expect(message.equals(Buffer.alloc(1_000, 3))).toBe(true);
    connection.terminate();
  });

  test('a slow reader slows the sender down, and gets everything', async () => {
    const { client, server } = await connections();
    client.pause();
    let sent = 0;
    while (sent < 200 && server.send(Buffer.alloc(100_000, sent))) {
      sent++;
      await setImmediate();
    }
    expect(sent).toBeLessThan(200);
    expect(server.bufferedAmount).toBeGreaterThan(65_536);
    const messages = collectMessages(client);
    const drained = once(server, 'drain');
    client.resume();
    await drained;
    await server.close();
    expect(messages.map(bytes => bytes[0])).toEqual(Array.from({ length: sent + 1 }, (_, i) => i));
  });

  test('bytes that wait to be written are not overwritten by other connections', async () => {
    const { client, server } = await connections();
    const other = await connections();
    client.pause();
    const said: string[] = [];
    for (let i = 0; server.bufferedAmount < 3_000_000; i++) {
      const text = `${i} `.repeat(1_500);
      said.push(text);
      server.send(text);
      if (i % 2 === 0) await setImmediate();
    }
    for (let i = 0; i < 200; i++) {
      other.server.send('?'.repeat(10_000));
      await setImmediate();
    }
    const heard = collectMessages(client);
    client.resume();
    await server.close();
    expect(heard.length).toBe(said.length);
    expect(heard.every((text, i) => text === said[i])).toBe(true);
    other.client.terminate();
  });

  test('a violation with much unread input still sends the Close frame, without a reset [7.1.1-1]', async () => {
    const { connection, peer } = await serverAndPeer();
    peer.send(peer.frames.illegal(), Buffer.alloc(200_000));
    expect(await peer.saw(1)).toEqual([expect.stringMatching(/^close 1002 /)]);
    await peer.closed;
    expect(peer.error).toBeUndefined();
    expect((await connection.closed).sent?.code).toBe(1002);
  });

  test('a peer that ignores our Close frame and FIN is gone after closeTimeout', async () => {
    const { connection, socket } = await serverAndPeer({ closeTimeout: 50 });
    expect((await connection.close(1001)).cause).toMatchObject({ code: 'WS101_CLOSE_TIMEOUT' });
    expect(socket.destroyed).toBe(true);
  });

  test('a paused connection whose peer ends TCP still delivers everything before it', async () => {
    const { connection, peer } = await serverAndPeer();
    const messages = collectMessages(connection);
    connection.once('message', () => connection.pause());
    peer.send(...['1', '2', '3'].map(text => peer.frames.text(text)));
    peer.socket.end();
    await once(connection, 'message');
    await turns();
    connection.resume();
    expect(await connection.closed).toMatchObject({ code: 1006, initiator: 'network' });
    expect(messages).toEqual(['1', '2', '3']);
  });

  test('keepalive detects a silent peer', async () => {
    const { connection, peer } = await serverAndPeer({ pingInterval: 40, pingTimeout: 40 });
    peer.socket.pause();
    expect(await connection.closed).toMatchObject({ initiator: 'network', cause: { code: 'WS101_KEEPALIVE_TIMEOUT' } });
    peer.socket.destroy();
  });
});

describe('the end of TCP', () => {
  test('by RST in the middle of a frame emits one close event, and no partial message', async () => {
    for (let i = 0; i < 50; i++) {
      const [other, socket] = await tcpPair();
      const connection = connectionOver(socket, 'server');
      const events: string[] = [];
      connection.on('message', () => events.push('message'));
      connection.on('close', info => events.push(`close ${info.code} ${info.initiator}`));
      const frame = Buffer.from(FRAMES.client.text('a whole message'));
      const seen = once(socket, 'data');
      other.write(frame.subarray(0, 1 + (i % (frame.length - 1))));
      await seen;
      other.resetAndDestroy();
      const { cause } = await connection.closed;
      expect(events).toEqual(['close 1006 network']);
      expect(cause).toMatchObject({ code: 'WS101_CONNECTION_LOST', cause: { code: 'ECONNRESET' } });
    }
  });

  test('by FIN without a Close frame reports 1006 within a second', async () => {
    const [other, socket] = await tcpPair();
    const connection = connectionOver(socket, 'server');
    const start = performance.now();
    other.end();
    other.resume();
    expect(await connection.closed).toMatchObject({ code: 1006, initiator: 'network', wasClean: false });
    expect(performance.now() - start).toBeLessThan(900);
    expect(socket.destroyed).toBe(true);
  });

  test('by FIN right after the Close frame gets our answer, even without allowHalfOpen', async () => {
    const [other, socket] = await tcpPair({ allowHalfOpen: false });
    other.allowHalfOpen = true;
    socket.pause();
    other.write(FRAMES.client.close(1000));
    other.end();
    // Both have come before anyone reads, so that the end follows the Close frame within one turn.
    while (socket.readableLength === 0) await setImmediate();
    await turns();
    const connection = connectionOver(socket, 'server');
    const peer = new FramePeer(other, 'client');
    expect(await connection.closed).toMatchObject({ code: 1000, wasClean: true, cause: undefined });
    await peer.closed;
    expect(peer.seen).toEqual(['close 1000']);
    expect(peer.error).toBeUndefined();
  });

  test('leaves no timer, handle or listener', async () => {
    const count = () => process.getActiveResourcesInfo().filter(name => /Timeout|TCP|TLS/.test(name)).length;
    await turns();
    const before = count();
    for (let i = 0; i < 20; i++) {
      const [a, b] = await tcpPair();
      const client = connectionOver(a, 'client', { pingInterval: 10_000 });
      const server = connectionOver(b, 'server', { pingInterval: 10_000 });
      if (i % 2 === 0) await client.close();
      else client.terminate();
      await Promise.all([client.closed, server.closed]);
    }
    await turns();
    expect(count()).toBeLessThanOrEqual(before);
  });
});
