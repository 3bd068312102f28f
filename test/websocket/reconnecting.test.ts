import { once } from 'node:events';
import { expect, onTestFinished, test } from 'vitest';
import { reconnecting } from '../../src/index.js';
import { echoServer, WebSocket } from '../helpers/w3c-socket.js';

test('reconnecting() keeps a WebSocket of browsers open', async () => {
  const { server, url } = await echoServer();
  const client = reconnecting(url, { open: target => new WebSocket(target), initialDelay: 1, maxDelay: 10 });
  onTestFinished(() => void client.close());
  client.send('first');
  expect((await once(client, 'message'))[0]).toBe('first');
  for (const connection of server.clients) void connection.close(1012);
  await once(server, 'connection');
  client.send('second');
  expect((await once(client, 'message'))[0]).toBe('second');
});
