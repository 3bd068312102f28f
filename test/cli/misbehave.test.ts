import { describe, expect, test } from 'vitest';
import { ws101 as run } from '../../src/cli/ws101.js';
import { connect } from '../../src/index.js';
import { MISBEHAVE_KINDS } from '../../src/tools/index.js';
import { ws101 } from './process.js';
import { echo } from './servers.js';
import { pipes } from './streams.js';

async function output(...args: string[]) {
  const streams = pipes('');
  const code = await run(args, streams);
  return { code, stdout: streams.stdout.text, stderr: streams.stderr.text };
}

describe('--misbehave list', () => {
  test.each([
    ['serve', 'client', 'The server masks a frame.', 'A correct client fails the connection with 1002.'],
    ['connect', 'server', 'The client does not mask a frame.', 'A correct server fails the connection with 1002.'],
  ])('%s prints what each kind does', async (command, side, does, expected) => {
    const { code, stdout } = await output(command, '--misbehave', 'list');
    expect(code).toBe(0);
    expect(stdout).toContain(`(§5.1)\n      ${does}\n      ${expected}\n`);
    const kinds = Array.from(stdout.matchAll(/^ {2}(\S+) \(/gm), ([, kind]) => kind);
    expect(kinds).toEqual(MISBEHAVE_KINDS.filter(({ by }) => by !== side).map(({ kind }) => kind));
  });

  test('breaks lines at the width of the terminal, and names the options of the command', async () => {
    const streams = pipes('');
    Object.assign(streams.stdout, { isTTY: true, columns: 60 });
    await run(['serve', '--misbehave', 'list'], streams);
    const lines = streams.stdout.text.split('\n');
    expect(Math.max(...lines.map(line => line.length))).toBeLessThanOrEqual(60);
    expect(streams.stdout.text).not.toContain('`');
    expect(streams.stdout.text).toContain('--delay');
  });
});

test('--misbehave KIND --help prints help pages of at most 80 columns', async () => {
  for (const command of ['serve', 'connect']) {
    const { code, stdout } = await output(command, '--misbehave', 'masked', '--help');
    expect(code).toBe(0);
    expect(stdout).toContain('Exit codes\n  0  ');
    expect(stdout.split('\n').filter(line => line.length > 80)).toEqual([]);
  }
});

test.each([
  [['serve', '--misbehave', 'maskd'], 2, 'unknown kind of misbehaving server "maskd": did you mean \'masked\'?'],
  [['serve', '--misbehave', 'nothing'], 2, '--misbehave list prints them'],
  [['serve', '--misbehave'], 2, '--misbehave requires a value: --misbehave list prints the kinds'],
  [['serve', '--misbehave=masked', '--broadcast'], 2, '--broadcast; it cannot be combined with --misbehave'],
  [['serve', '--misbehave', 'masked', 'ws://x/'], 2, 'serve takes no arguments'],
  [['serve', '--misbehave', 'masked', '--port', 'x'], 2, '--port must be an integer'],
  [['serve', '--misbehave', 'close-at-once', '--close-code', '1005'], 2, '--close-code must be 1000 to 1003'],
  [['serve', '--misbehave', 'masked', '--host', '192.0.2.1'], 1, 'cannot listen on 192.0.2.1, port 9001'],
  [['connect', '--misbehave', 'post', 'ws://a/', 'ws://b/'], 2, 'connect takes one url'],
  [['connect', '--misbehave', 'post', '--port', '1'], 2, 'unknown option: --port'],
  [['connect', '--misbehave', 'post', 'wss://a/'], 2, 'url must be a ws: or http: url'],
  [
    ['connect', '--misbehave', 'post', 'ws://127.0.0.1:1/'],
    1,
    'cannot connect to ws://127.0.0.1:1/: connect ECONNREFUSED',
  ],
])('%j exits %i', async (args, code, message) => {
  const got = await output(...args);
  expect(got.stderr).toContain(message);
  expect([got.code, got.stdout]).toEqual([code, '']);
});

test('serve --misbehave prints what each client did, until SIGTERM', async () => {
  const args = ['--port', '0', '--close-code', '4001', '--close-reason', 'later'];
  const command = ws101('serve', '--misbehave', 'close-at-once', ...args);
  await command.stdout.until('\n');
  await command.stderr.until('a correct client');
  expect(command.stderr.text).toBe(
    '* the server closes at once, without a code unless --close-code (and --close-reason) say one (§7.1.2)\n' +
      '* a correct client answers the Close frame and reports its code, or 1005\n',
  );
  const url = /^listening on (ws:\/\/127\.0\.0\.1:\d+)\n/.exec(command.stdout.text)?.[1] ?? '';
  const client = await connect(`${url}/path`);
  expect(await client.closed).toMatchObject({ code: 4001, reason: 'later', wasClean: true });
  await command.stdout.until('TCP');
  const [, report] = command.stdout.text.split('\n');
  expect(report).toMatch(/^127\.0\.0\.1:\d+: GET \/path, opened, closed with 4001 \(private use\), ended TCP$/);
  command.process.kill('SIGTERM');
  expect(await command.exit).toBe(0);
});

describe('connect --misbehave', () => {
  test('prints what the server did', async () => {
    const { code, stdout, stderr } = await output('connect', '--misbehave', 'post', await echo());
    expect(stderr).toBe('* the client sends POST (§4.1)\n* a correct server refuses the request with 400 or 405\n');
    expect([code, stdout]).toEqual([0, 'the server: 405 Method Not Allowed, ended TCP\n']);
  });

  test('connects to an echo server of its own if there is no url', async () => {
    const { stdout } = await output('connect', '--misbehave', 'unmasked');
    const closed = 'closed with 1002 (protocol error), "a frame from a client must be masked"';
    expect(stdout).toBe(`the server: 101 Switching Protocols, ${closed}, ended TCP\n`);
  });

  test('prints what the server did so far on SIGINT', async () => {
    const command = ws101('connect', '--misbehave', 'half-open', await echo());
    await command.stderr.until('a correct server');
    command.process.kill('SIGINT');
    expect(await command.exit).toBe(0);
    expect(command.stdout.text).toMatch(/^the server: .*did not end TCP\n$/);
  });
});
