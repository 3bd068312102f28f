import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { startEcho, urlOf } from '../../src/cli/echo.js';
import { connect, type WebSocketConnection, WebSocketServer } from '../../src/index.js';
import { ws101 } from './process.js';
import { rawServer } from './raw-server.js';

/** The command as a process: exit codes, signals and streams. */

async function listening(...args: string[]) {
  const command = ws101('serve', '--port', '0', ...args);
  await command.stdout.until('\n');
  const url = /^listening on (ws:\/\/127\.0\.0\.1:\d+)\n$/.exec(command.stdout.text)?.[1] ?? '';
  return { command, url };
}

async function echoServer(): Promise<string> {
  const server = await startEcho({ host: '127.0.0.1', port: 0 });
  onTestFinished(() => server.close({ timeout: 0 }));
  return urlOf(server, false);
}

test('ws101 exits with the code of its subcommand, and with 2 for wrong arguments', async () => {
  const command = ws101('connect', '--nope');
  expect(await command.exit).toBe(2);
  expect(command.stderr.text).toBe('ws101 connect: unknown option: --nope\nsee ws101 connect --help\n');
});

describe('ws101 connect as a process', () => {
  test('prints the answer to a piped line before it closes', async () => {
    const command = ws101('connect', await echoServer());
    command.process.stdin.end('hi\n');
    expect(await command.exit).toBe(0);
    expect(command.stdout.text).toBe('hi\n');
  });

  test('exits 3 if the server closes with an error', async () => {
    const { url } = await listening('--max-message-size', '3');
    const command = ws101('connect', url);
    command.process.stdin.end('too long\n');
    expect(await command.exit).toBe(3);
    expect(command.stderr.text).toContain('* closed: 1009 (message too big)');
  });

  test('ends when the reader of its output exits', async () => {
    const server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
    onTestFinished(() => server.close({ timeout: 0 }));
    server.on('connection', connection => {
      const timer = setInterval(() => connection.send('tick'), 5);
      connection.on('close', () => clearInterval(timer));
    });
    await once(server, 'listening');
    const command = ws101('connect', urlOf(server, false), '--wait', '3600');
    command.process.stdin.end();
    await command.stdout.until('tick\n');
    command.process.stdout.destroy();
    expect(await command.exit).toBe(0);
  });

  test('exits 0 after /close, even if its stdin is still open', async () => {
    const command = ws101('connect', '--trace', '--commands');
    command.process.stdin.write('hello\n/close\n');
    expect(await command.exit).toBe(0);
    expect(command.stdout.text).toBe('hello\n');
    for (const section of ['1  TCP connection', '2  Opening handshake', '3  Frames', '4  Closing handshake']) {
      expect(command.stderr.text).toContain(section);
    }
  });

  test.each(['SIGINT', 'SIGTERM'] as const)('closes the connection on %s', async signal => {
    const command = ws101('connect', await echoServer());
    await command.stderr.until('opened');
    command.process.kill(signal);
    expect(await command.exit).toBe(0);
    expect(command.stderr.text).toContain('* closed: 1001 (going away), cleanly, by us\n');
  });

  test('prints an event with --json on a signal before the connection is open', async () => {
    const silent = createServer(socket => socket.resume());
    onTestFinished(() => void silent.close());
    await once(silent.listen(0, '127.0.0.1'), 'listening');
    const { port } = silent.address() as AddressInfo;
    const command = ws101('connect', `ws://127.0.0.1:${port}`, '--json');
    await command.stderr.until('init: connecting');
    command.process.kill('SIGINT');
    expect(await command.exit).toBe(1);
    expect(JSON.parse(command.stdout.text)).toEqual({
      time: expect.any(String),
      event: 'failed',
      message: 'canceled before the connection was open',
    });
  });

  test('exits immediately on a second signal', async () => {
    const command = ws101('connect', await rawServer(socket => socket.resume()));
    await command.stderr.until('opened');
    command.process.kill('SIGINT');
    command.process.stdin.write('too late\n');
    await command.stderr.until('opened');
    // The first signal has no effect that can be awaited, and two signals at the same time count as one.
    await new Promise(resolve => setTimeout(resolve, 100));
    command.process.kill('SIGTERM');
    expect(await command.exit).toBe(1);
  });

  test('closes the connection if the reader of its output has exited', async () => {
    const server = await startEcho({ host: '127.0.0.1', port: 0 });
    onTestFinished(() => server.close({ timeout: 0 }));
    const command = ws101('connect', urlOf(server, false));
    await command.stderr.until('opened');
    command.process.stdout.destroy();
    const [connection] = server.clients as Set<WebSocketConnection>;
    command.process.stdin.write('one\ntwo\nthree\n');
    expect((await connection!.closed).wasClean).toBe(true);
    expect(await command.exit).toBe(0);
    expect(command.stderr.text).not.toContain('EPIPE');
  });

  test('writes all received messages before it exits', async () => {
    const command = ws101('connect', await echoServer());
    const line = 'x'.repeat(1_000_000);
    command.process.stdin.end(`${line}\n${line}\n`);
    expect(await command.exit).toBe(0);
    expect(command.stdout.text.length).toBe(2 * 1_000_001);
  });
});

describe('ws101 serve as a process', () => {
  test('echoes, and on Ctrl-C closes every connection with 1001 and exits 0', async () => {
    const { command, url } = await listening();
    const connection = await connect(url);
    connection.send('hello');
    const [message] = await new Promise<unknown[]>(resolve => connection.once('message', (...args) => resolve(args)));
    expect(message).toBe('hello');
    command.process.kill('SIGINT');
    expect(await connection.closed).toMatchObject({ code: 1001, wasClean: true, initiator: 'remote' });
    expect(await command.exit).toBe(0);
    expect(command.stdout.text).toMatch(/^listening on .*\n$/);
  });

  test('exits 1 immediately on a second Ctrl-C', async () => {
    const { command, url } = await listening();
    const connection = await connect(url, { unreadTimeout: 0 });
    onTestFinished(() => connection.terminate());
    // A peer that does not read does not answer.
    connection.pause();
    command.process.kill('SIGINT');
    await command.stderr.until('closing 1 connection; press Ctrl-C again to exit immediately');
    command.process.kill('SIGINT');
    expect(await command.exit).toBe(1);
  });

  test('names the port if it is taken, and exits 1', async () => {
    const { port } = new URL(await echoServer());
    const command = ws101('serve', '--port', port);
    expect(await command.exit).toBe(1);
    expect(command.stderr.text).toBe(
      `ws101 serve: cannot listen on 127.0.0.1, port ${port}: another program is listening there; --port 0 picks a free port\n`,
    );
  });

  test('applies its options', async () => {
    const { url } = await listening('--broadcast', '--subprotocol', 'chat', '--max-message-size', '3');
    const [one, other] = [await connect(url, { subprotocols: ['chat'] }), await connect(url)];
    expect(one.subprotocol).toBe('chat');
    one.send('news');
    expect(await one.closed).toMatchObject({ code: 1009 });
    other.terminate();
  });

  test('compresses both directions if both sides have --compress', async () => {
    const { url } = await listening('--compress');
    const command = ws101('connect', '--compress', '--trace', url);
    const line = 'compress me '.repeat(200);
    command.process.stdin.end(`${line}\n`);
    expect(await command.exit).toBe(0);
    expect(command.stdout.text).toBe(`${line}\n`);
    expect(command.stderr.text).toContain('Sec-WebSocket-Extensions: permessage-deflate');
    expect(command.stderr.text).toMatch(/ → {2}1 {2}100 text +1 +\d\d [0-9a-f]{8} deflated /);
    expect(command.stderr.text).toMatch(/ ← {2}1 {2}100 text +0 +\d\d +deflated /);
  });
});
