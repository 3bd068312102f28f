import { describe, expect, test } from 'vitest';
import { ws101 } from '../../src/cli/ws101.js';
import { pipes } from './streams.js';

describe('ws101 without a connection', () => {
  test.each([
    [['--help'], 0, /ws101 connect \[url\]/, /^$/],
    [['-h'], 0, /ws101 serve/, /^$/],
    [['serve', '--help'], 0, /--broadcast/, /^$/],
    [['connect', '-h'], 0, /--trace/, /^$/],
    [['--version'], 0, /^\d+\.\d+\.\d+\n$/, /^$/],
    [[], 2, /^$/, /^ws101: no command given\nsee ws101 --help\n$/],
    [['toString'], 2, /^$/, /^ws101: unknown command: toString\n/],
    [['connect', '--nope'], 2, /^$/, /^ws101 connect: unknown option: --nope\nsee ws101 connect --help\n$/],
    [['serve', '--port', 'x'], 2, /^$/, /^ws101 serve: --port must be an integer/],
    [['serve', '--tls-cert', '/no/file', '--tls-key', '/no/file'], 2, /^$/, /^ws101 serve: --tls-cert: ENOENT/],
    [
      ['serve', '--tls-cert', 'LICENSE', '--tls-key', 'LICENSE'],
      2,
      /^$/,
      /^ws101 serve: --tls-cert and --tls-key must be .*PEM/,
    ],
    [['serve', '--port', '0', '--subprotocol', 'a b'], 2, /^$/, /^ws101 serve: --subprotocol must be a token/],
    [['serve', '--host', '192.0.2.1'], 1, /^$/, /^ws101 serve: cannot listen on 192\.0\.2\.1, port 9001: this machine/],
    [
      ['serve', '--host', 'no.such.host.invalid'],
      1,
      /^$/,
      /^ws101 serve: cannot listen on no\.such\.host\.invalid, port/,
    ],
  ])('%j exits %i', async (args, code, stdout, stderr) => {
    const streams = pipes('');
    expect(await ws101(args, streams)).toBe(code);
    expect(streams.stdout.text).toMatch(stdout);
    expect(streams.stderr.text).toMatch(stderr);
  });

  test('ignores errors of its output', async () => {
    const streams = pipes('');
    await ws101(['--help'], streams);
    const gone = Object.assign(new Error('write EPIPE'), { code: 'EPIPE' });
    expect(() => streams.stdout.emit('error', gone)).not.toThrow();
    expect(() => streams.stderr.emit('error', gone)).not.toThrow();
  });

  test('prints help pages of at most 80 columns, with their exit codes', async () => {
    for (const args of [['--help'], ['connect', '--help'], ['serve', '--help']]) {
      const streams = pipes('');
      await ws101(args, streams);
      expect(streams.stdout.text).toContain('Exit codes\n  0  ');
      for (const line of streams.stdout.text.split('\n')) expect(line.length, line).toBeLessThanOrEqual(80);
    }
  });
});
