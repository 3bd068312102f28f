import { once } from 'node:events';
import { describe, expect, onTestFinished, test } from 'vitest';
import { type ReconnectingOptions, reconnecting } from '../../../src/index.js';
import { openServer } from '../../helpers/open-server.js';

/** Starts a client that is closed when the test finishes. */
function start(url: string | (() => string), options: ReconnectingOptions = {}) {
  const client = reconnecting(url, { initialDelay: 10, ...options });
  onTestFinished(() => void client.close());
  return client;
}

describe('over TCP', () => {
  test('a client survives a restart of its server', async () => {
    const first = await openServer();
    const client = start(`ws://127.0.0.1:${first.port}/`, { maxDelay: 50 });
    await once(client, 'open');
    client.send('one');
    await once(first.connections[0]!, 'message');
    await first.server.close();
    client.send('two');
    const second = await openServer({ port: first.port });
    const [data] = await once(await connectionOf(second), 'message');
    expect(data).toBe('two');
    expect(client.connection?.state).toBe('open');
  });

  test('a refused upgrade ends the client with the status', async () => {
    const { port } = await openServer({ authorize: () => false });
    const { failure } = await start(`ws://127.0.0.1:${port}/`).closed;
    expect(failure).toMatchObject({ kind: 'opening', status: 403 });
  });

  test('a function returns a fresh token for each attempt', async () => {
    const { port } = await openServer({ authorize: ({ headers }) => headers.get('Authorization') === 'Bearer 2' });
    const client = start(`ws://127.0.0.1:${port}/`, {
      connect: ({ number }) => ({ headers: { Authorization: `Bearer ${number}` } }),
      isRetryable: ({ status }, usual) => status === 403 || usual,
    });
    await once(client, 'open');
    expect(client.connection?.state).toBe('open');
  });

  test('connect.signal and heartbeat are refused, with the option to use', async () => {
    const { port } = await openServer();
    const url = `ws://127.0.0.1:${port}/`;
    const signal = start(url, { connect: { signal: AbortSignal.timeout(1_000) } });
    expect(String((await signal.closed).failure?.error)).toContain("pass 'signal' to reconnecting()");
    const heartbeat = start(url, { heartbeat: { message: () => 'ping' } });
    expect(String((await heartbeat.closed).failure?.error)).toContain('connect.pingInterval');
  });
});

async function connectionOf({ server, connections }: Awaited<ReturnType<typeof openServer>>) {
  if (connections[0] === undefined) await once(server, 'connection');
  return connections[0]!;
}
