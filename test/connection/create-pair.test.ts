import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { describe, expect, expectTypeOf, test, vi } from 'vitest';
import { createPair } from '../../src/connection/create-pair.js';
import type { WebSocketConnection } from '../../src/connection/websocket-connection.js';

function hashOf(data: string | Buffer): string {
  return `${typeof data} ${createHash('sha1').update(data).digest('hex')}`;
}

describe('createPair()', () => {
  test('connects a client and a server: messages of every kind and size arrive in both directions', async () => {
    const [client, server] = createPair({ subprotocol: 'chat' });
    expect([client.role, client.subprotocol, server.role, server.subprotocol]).toEqual([
      'client',
      'chat',
      'server',
      'chat',
    ]);
    const messages = ['', 'hello', Buffer.from([1, 2, 3]), 'x'.repeat(100_000), Buffer.alloc(300_000, 7)];
    for (const [from, to] of [
      [client, server],
      [server, client],
    ] as const) {
      const received: (string | Buffer)[] = [];
      to.on('message', data => received.push(data));
      for (const message of messages) from.send(message);
      while (received.length < messages.length) await once(to, 'message');
      // Comparing large Buffers by toEqual() takes seconds.
      expect(received.map(hashOf)).toEqual(messages.map(hashOf));
    }
    expect(await client.close(4001, 'done')).toMatchObject({ code: 4001, wasClean: true, initiator: 'local' });
    expect(await server.closed).toMatchObject({ code: 4001, reason: 'done', wasClean: true, initiator: 'remote' });
  });

  test('slows a sender down to what the other end reads, with bounded memory', async () => {
    const [client, server] = createPair();
    server.pause();
    let sent = 0;
    while (client.send(Buffer.alloc(10_000)) === true) sent++;
    expect(sent).toBeGreaterThan(5);
    expect(sent).toBeLessThan(30);
    let received = 0;
    server.on('message', () => received++);
    server.resume();
    expect(await client.drained()).toBe(true);
    await client.close();
    expect(received).toBe(sent + 1);
  });

  test('terminate() of one end is a lost connection for the other', async () => {
    const [client, server] = createPair();
    client.terminate();
    expect(await client.closed).toMatchObject({ code: 1006, wasClean: false });
    expect(await server.closed).toMatchObject({
      code: 1006,
      wasClean: false,
      initiator: 'network',
      cause: { message: 'the peer ended the connection without a Close frame' },
    });
  });

  test('gives the connection of the server a context, for handlers that need one', async () => {
    interface User {
      readonly name: string;
    }
    const greet = (connection: WebSocketConnection<User>) => connection.send(`hello ${connection.context.name}`);
    const [client, server] = createPair<User>({ context: { name: 'Ada' } });
    greet(server);
    expect(await once(client, 'message')).toEqual(['hello Ada', false]);
    expect(client.context).toBeUndefined();
    expectTypeOf(createPair({ context: 5 })[1].context).toEqualTypeOf<number>();
    expectTypeOf(createPair()[1].context).toEqualTypeOf<unknown>();
    client.terminate();
  });

  test('works under fake timers', async () => {
    vi.useFakeTimers();
    try {
      const [client, server] = createPair();
      server.on('message', data => void server.send(data));
      client.send('hello');
      expect(await once(client, 'message')).toEqual(['hello', false]);
      await client.close();
    } finally {
      vi.useRealTimers();
    }
  });

  test('applies the options of each end', async () => {
    const [client, server] = createPair({ server: { maxMessageSize: 10 }, client: { pingInterval: 0 } });
    client.send('more than ten bytes');
    expect(await server.closed).toMatchObject({ sent: { code: 1009 } });
    const reason = 'the message is too big: 19 bytes, of at most 10';
    expect(await client.closed).toMatchObject({ code: 1009, reason });
  });

  test.each([
    [null, 'options must be an object, got null'],
    [{ port: 1 }, "unknown option 'port'"],
    [{ client: 5 }, 'client must be an object, got 5'],
    [{ client: { pingInterval: 'x' } }, 'client.pingInterval must be a number, got "x"'],
    [{ server: { text: 5 } }, "server.text must be 'string' or 'buffer', got 5"],
    [{ server: { maxPayload: 1 } }, "unknown option 'server.maxPayload': use 'maxMessageSize'"],
    [{ client: { followRedirects: true } }, "unknown option 'client.followRedirects': use 'maxRedirects'"],
    [{ server: { clientTracking: true } }, "unknown option 'server.clientTracking': not needed"],
    [{ subprotocol: 5 }, 'subprotocol must be a string, got 5'],
  ])('throws for %j', (options, message) => {
    expect(() => createPair(options as never)).toThrow(message);
  });
});
