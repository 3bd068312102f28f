import { describe, expect, test } from 'vitest';
import { startEchoServer } from './helpers/echo-server.js';
import { startPython } from './helpers/python.js';

/** The program that `ws101 connect` is modelled on, with our server. */
describe('the reference client (python3-websocket)', () => {
  test('sends its lines, prints the echoes, and closes', async () => {
    const server = await startEchoServer();
    const client = startPython('reference_client.py', server.url);
    client.write('hello\nκόσμε\n');
    await client.line(/^κόσμε$/);
    client.write('close\n');
    const { code, stdout, stderr } = await client.ended;
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'hello\nκόσμε\n' });
    expect(stderr).toMatch(/^INIT\nOPENED\n(CLOSED|no on_close)\n/);
    expect(stderr).not.toContain('ERROR');
    expect(await server.closed).toMatchObject({ code: 1000, wasClean: true, initiator: 'remote' });
  });

  test('receives a Pong for its Ping every 2 s, and closes at the end of its input', async () => {
    const server = await startEchoServer();
    const client = startPython('reference_client.py', server.url);
    await client.line(/^PONG$/);
    client.write('still here\n');
    await client.line(/^still here$/);
    client.end();
    expect(await client.ended).toMatchObject({ code: 0, stdout: 'still here\n' });
    expect(server.pings).toEqual(['']);
    expect(await server.closed).toMatchObject({ code: 1000, wasClean: true });
  });

  test('answers our keepalive', async () => {
    const server = await startEchoServer({ pingInterval: 50 });
    const client = startPython('reference_client.py', server.url);
    await client.line(/^OPENED$/);
    const [connection] = server.server.clients;
    await new Promise(resolve => connection?.once('pong', resolve));
    expect(connection?.latency).toBeGreaterThan(0);
    client.end();
    expect(await client.ended).toMatchObject({ code: 0 });
  });

  test('receives the close code and reason of our server', async () => {
    const server = await startEchoServer();
    const client = startPython('reference_client.py', server.url);
    client.write('close 4002 goodbye\n');
    await client.line(/^CODE 4002 goodbye$/);
    client.write('too late\nclose\n');
    const { code, stderr } = await client.ended;
    expect(code).toBe(0);
    expect(stderr).toContain('not sent: CLOSED');
    // websocket-client answers every Close frame with 1000. Most peers send the code back.
    expect(await server.closed).toMatchObject({ code: 1000, wasClean: true, initiator: 'local', sent: { code: 4002 } });
  });

  test('reports a refusal', async () => {
    const server = await startEchoServer({ authorize: () => ({ status: 401 }) });
    const client = startPython('reference_client.py', server.url);
    client.write('hello\n');
    await client.line(/^ERROR WebSocketBadStatusException Handshake status 401/);
    client.end();
    expect((await client.ended).stderr).toContain('not sent');
  });
});
