import { describe, expect, test } from 'vitest';
import { connect, HandshakeError } from '../../src/index.js';
import { startEchoServer } from './helpers/echo-server.js';
import { startNginx } from './helpers/nginx.js';

describe('nginx between our client and our server', () => {
  test('relays everything when it is configured for WebSockets', async () => {
    const server = await startEchoServer({ path: '/right', subprotocols: ['chat.v1'] });
    const { url } = await startNginx(server.port);
    const connection = await connect(url('right'), { subprotocols: ['chat.v1'] });
    expect(connection.subprotocol).toBe('chat.v1');
    const messages = connection[Symbol.asyncIterator]();
    connection.send('κόσμε 🌍');
    expect((await messages.next()).value).toBe('κόσμε 🌍');
    const big = Buffer.alloc(2 ** 20, 'ws101');
    connection.send(big);
    expect((await messages.next()).value).toSatisfy(echo => big.equals(echo));
    expect(await connection.ping('through the proxy')).toBeGreaterThan(0);
    expect(await connection.close(4001, 'goodbye')).toMatchObject({ code: 4001, wasClean: true });
    expect(await server.closed).toMatchObject({ code: 4001, reason: 'goodbye', wasClean: true });
  });

  test('relays a close by the server, and the messages before it', async () => {
    const server = await startEchoServer();
    const { url } = await startNginx(server.port);
    const connection = await connect(url('right'));
    connection.send('the last message');
    connection.send('close 4002 the server says goodbye');
    const received: unknown[] = [];
    for await (const message of connection) received.push(message);
    expect(received).toEqual(['the last message']);
    expect(await connection.closed).toMatchObject({ code: 4002, reason: 'the server says goodbye', wasClean: true });
  });

  test.each([
    { location: 'withoutUpgrade', status: 426 },
    { location: 'plain', status: 400 },
  ] as const)(
    'is named in the hint as the likely cause when it is configured $location ($status)',
    async ({ location, status }) => {
      const server = await startEchoServer();
      const { url } = await startNginx(server.port);
      const error = await connect(url(location)).catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(HandshakeError);
      expect(error).toMatchObject({
        phase: 'response',
        status,
        hint: expect.stringContaining('a proxy on the way may have removed Upgrade or Connection'),
      });
    },
  );

  test('must pass on Host, or pages are refused because their Origin names another host', async () => {
    const server = await startEchoServer();
    const { url } = await startNginx(server.port);
    const { origin } = new URL(url('right').replace('ws:', 'http:'));
    const connection = await connect(url('right'), { origin });
    expect(await connection.close(1000)).toMatchObject({ wasClean: true });
    await expect(connect(url('withoutHost'), { origin })).rejects.toMatchObject({
      status: 403,
      hint: expect.stringContaining('Origin'),
    });
  });

  test('responds with 502 if our server is down, and the hint of our client explains it', async () => {
    const server = await startEchoServer();
    const { url } = await startNginx(server.port);
    await server.server.close();
    await expect(connect(url('right'))).rejects.toMatchObject({
      status: 502,
      hint: expect.stringContaining('gateway'),
    });
  });
});
