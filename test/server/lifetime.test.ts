import { once } from 'node:events';
import { createServer } from 'node:http';
import { describe, expect, test } from 'vitest';
import { connect, WebSocketServer } from '../../src/index.js';
import { openServer } from '../helpers/open-server.js';

/** How many listeners keep this process alive. */
const listeners = (): number => process.getActiveResourcesInfo().filter(name => name === 'TCPServerWrap').length;

describe('ref() and unref() of a server', () => {
  test('decide whether its listener keeps the process alive', async () => {
    const before = listeners();
    const { server } = await openServer();
    expect(listeners()).toBe(before + 1);
    expect(server.unref()).toBe(server);
    expect(listeners()).toBe(before);
    expect(server.ref()).toBe(server);
    expect(listeners()).toBe(before + 1);
  });

  test('can be called before it listens', async () => {
    const before = listeners();
    const server = new WebSocketServer({ port: 0, host: '127.0.0.1' }).unref();
    await once(server, 'listening');
    expect(listeners()).toBe(before);
    await server.close();
  });

  test('do nothing if it is attached to a node:http server', async () => {
    const http = createServer().listen(0, '127.0.0.1');
    await once(http, 'listening');
    const before = listeners();
    const server = new WebSocketServer({ server: http });
    server.unref();
    expect(listeners()).toBe(before);
    await server.close();
    http.close();
  });
});

test('Symbol.asyncDispose of a server shuts it down with 1001', async () => {
  const { server, port } = await openServer();
  const connection = await connect(`ws://127.0.0.1:${port}/`);
  await server[Symbol.asyncDispose]();
  expect(await connection.closed).toMatchObject({ code: 1001, wasClean: true });
  expect(server.address()).toBeNull();
});
