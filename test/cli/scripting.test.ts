import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { connect } from '../../src/cli/connect.js';
import { EXIT, UsageError } from '../../src/cli/exit-code.js';
import { ws101 } from '../../src/cli/ws101.js';
import type { ServerOptions, WebSocketConnection } from '../../src/index.js';
import { httpProxy } from '../helpers/proxy-servers.js';
import { rawServer } from '../helpers/raw-peer.js';
import { echo, server } from './servers.js';
import { pipes, type TestStreams, terminal } from './streams.js';

function file(content: string | Buffer): string {
  const folder = mkdtempSync(join(tmpdir(), 'ws101-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(join(folder, 'file'), content);
  return join(folder, 'file');
}

/** Returns the lines of `--json` without their times, which are checked. */
function events({ stdout }: TestStreams): Array<Record<string, unknown>> {
  const lines = stdout.text.trimEnd().split('\n');
  return lines.map(line => {
    const { time, ...event } = JSON.parse(line) as Record<string, unknown>;
    expect(new Date(String(time)).toISOString()).toBe(time);
    return event;
  });
}

describe('input', () => {
  test('--execute sends its messages instead of stdin, and waits for the answers', async () => {
    const streams = pipes();
    expect(await connect([await echo(), '-x', 'one', '--execute', '/two', '--wait-for', '2'], streams)).toBe(EXIT.OK);
    expect(streams.stdout.text).toBe('one\n/two\n');
  });

  test('--execute runs commands with --commands', async () => {
    const streams = pipes();
    await connect([await echo(), '-x', '/binary 00ff', '--commands', '--wait-for', '1'], streams);
    expect(streams.stdout.text).toBe('<binary 2 bytes> 00ff\n');
  });

  test('--file sends a file as one binary message', async () => {
    const content = Buffer.alloc(300_000, 'abc');
    const received: unknown[] = [];
    const url = await server(connection => connection.on('message', data => received.push(data)));
    expect(await connect([url, '--file', file(content), '--wait', '0'], pipes())).toBe(EXIT.OK);
    expect(received).toEqual([content]);
  });

  test('--file - sends stdin as one binary message', async () => {
    const streams = pipes('a\nb\n');
    expect(await connect([await echo(), '--file', '-', '--binary-output', 'raw', '--wait-for', '1'], streams)).toBe(
      EXIT.OK,
    );
    expect(streams.stdout.text).toBe('a\nb\n');
  });

  test.each([['/no/such/file'], [tmpdir()]])('--file %s is a wrong command line', async path => {
    await expect(connect([await echo(), '--file', path], pipes())).rejects.toThrow(UsageError);
  });

  test('--no-commands sends a line that looks like a command', async () => {
    const received: unknown[] = [];
    const url = await server(connection => connection.on('message', data => received.push(data)));
    const streams = terminal();
    const exit = connect([url, '--no-commands'], streams);
    await streams.stderr.until('opened');
    streams.stdin.write('/close\r\x04');
    expect(await exit).toBe(EXIT.OK);
    expect(received).toEqual(['/close']);
  });

  test('on a terminal, --execute exits without a prompt', async () => {
    const streams = terminal();
    expect(await connect([await echo(), '-x', 'hello', '--wait-for', '1'], streams)).toBe(EXIT.OK);
    expect(streams.stdout.text).toBe('hello\n');
    expect(streams.stderr.text).not.toContain('Ctrl-D');
  });
});

describe('the end', () => {
  test('--wait-for exits 1 if the server closes before enough messages have arrived', async () => {
    const url = await server(connection => {
      connection.send('only one');
      void connection.close(1000);
    });
    const streams = pipes('');
    expect(await connect([url, '--wait-for', '2'], streams)).toBe(EXIT.FAILURE);
    expect(streams.stderr.text).toContain('* received 1 of 2 messages (--wait-for)\n');
  });

  test('--keep-open stays until the server closes', async () => {
    let open!: (connection: WebSocketConnection) => void;
    const opened = new Promise<WebSocketConnection>(resolve => {
      open = resolve;
    });
    const exit = connect([await server(open), '--keep-open', '--wait', '0'], pipes(''));
    const connection = await opened;
    expect(await connection.ping()).toBeGreaterThan(0);
    expect(connection.state).toBe('open');
    void connection.close(4001);
    expect(await exit).toBe(EXIT.CLOSED_WITH_ERROR);
  });

  test.each([
    ['1000', 1000, EXIT.OK],
    ['an error code', 1011, EXIT.CLOSED_WITH_ERROR],
  ])('the exit code shows a close with %s', async (_, code, exit) => {
    const url = await server(connection => void connection.close(code));
    expect(await connect([url], pipes())).toBe(exit);
  });

  test('the exit code shows an unclean end', async () => {
    const url = await server(connection => connection.terminate());
    expect(await connect([url], pipes())).toBe(EXIT.FAILURE);
  });
});

describe('the request', () => {
  test('--auth sends Basic credentials', async () => {
    const requests: Array<string | undefined> = [];
    const authorize: ServerOptions['authorize'] = ({ headers }) => {
      requests.push(headers.get('Authorization'));
      return {};
    };
    const url = await server(() => {}, { authorize });
    await connect([url, '--auth', 'ada:secret', '--wait', '0'], pipes(''));
    expect(requests).toEqual(['Basic YWRhOnNlY3JldA==']);
  });

  test('--location follows a redirect', async () => {
    const target = await echo();
    const redirecting = await rawServer(async peer => {
      await peer.head();
      peer.write(`HTTP/1.1 302 Found\r\nLocation: ${target}\r\nContent-Length: 0\r\n\r\n`);
    });
    const url = `ws://127.0.0.1:${redirecting.port}/`;
    expect(await connect([url, '-L', '-x', 'hi', '--wait-for', '1'], pipes())).toBe(EXIT.OK);
    expect(await connect([url, '-x', 'hi'], pipes())).toBe(EXIT.FAILURE);
  });

  test('--proxy connects through a proxy', async () => {
    const proxy = await httpProxy();
    const url = await echo();
    const args = [url, '--proxy', `http://127.0.0.1:${proxy.port}`, '-x', 'hi', '--wait-for', '1'];
    expect(await connect(args, pipes())).toBe(EXIT.OK);
    expect(proxy.tunnels).toEqual([new URL(url).host]);
  });

  test('--connect-timeout limits how long opening may take', async () => {
    const silent = await rawServer(async () => {});
    const streams = pipes();
    const args = [`ws://127.0.0.1:${silent.port}/`, '--connect-timeout', '0.05'];
    expect(await connect(args, streams)).toBe(EXIT.FAILURE);
    expect(streams.stderr.text).toContain('took more than 50 ms');
  });

  test('a url alone connects', async () => {
    const streams = pipes('hello\n');
    expect(await ws101([await echo()], streams)).toBe(EXIT.OK);
    expect(streams.stdout.text).toBe('hello\n');
  });
});

describe('--json', () => {
  test('prints what was sent and received, with time and direction', async () => {
    const streams = pipes('hello\n/binary 00ff\n');
    const url = await echo();
    expect(await connect([url, '--json', '--commands', '--wait-for', '2'], streams)).toBe(EXIT.OK);
    expect(events(streams)).toEqual([
      { event: 'open', url: `${url}/`, subprotocol: '', extensions: '' },
      { event: 'message', direction: 'out', type: 'text', data: 'hello' },
      { event: 'message', direction: 'out', type: 'binary', data: 'AP8=' },
      { event: 'message', direction: 'in', type: 'text', data: 'hello' },
      { event: 'message', direction: 'in', type: 'binary', data: 'AP8=' },
      { event: 'close', direction: 'out', code: 1000, reason: '', wasClean: true, initiator: 'local' },
    ]);
  });

  test('prints the size of a file', async () => {
    const streams = pipes();
    await connect([await server(() => {}), '--json', '--file', file('abc'), '--wait', '0'], streams);
    expect(events(streams)[1]).toEqual({ event: 'message', direction: 'out', type: 'binary', size: 3 });
  });

  test('prints why a connection could not be opened', async () => {
    const streams = pipes();
    const url = await server(() => {}, { authorize: () => ({ status: 403, body: 'no' }) });
    expect(await connect([url, '--json'], streams)).toBe(EXIT.FAILURE);
    expect(events(streams)).toEqual([
      expect.objectContaining({ event: 'failed', phase: 'response', status: 403, body: 'no' }),
    ]);
  });

  test('prints pings and pongs with --show-pings', async () => {
    const url = await server(async connection => {
      await connection.ping('abc');
      await connection.close(1000);
    });
    const streams = pipes();
    await connect([url, '--json', '--show-pings'], streams);
    expect(events(streams)[1]).toEqual({ event: 'ping', direction: 'in', data: 'YWJj' });
    expect(streams.stderr.text).toContain('* ping received: 3 bytes 616263\n');
  });
});
