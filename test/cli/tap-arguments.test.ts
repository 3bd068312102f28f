import { describe, expect, test } from 'vitest';
import { UsageError } from '../../src/cli/exit-code.js';
import { parseTapArguments } from '../../src/cli/tap-arguments.js';

describe('arguments of ws101 tap', () => {
  test('have defaults', () => {
    expect(parseTapArguments(['ws://a'])).toEqual({
      target: 'ws://a',
      host: '127.0.0.1',
      port: 9_002,
      tls: undefined,
      headers: [],
      origin: undefined,
      proxy: undefined,
      ca: undefined,
      insecure: false,
      verbose: false,
      record: undefined,
      web: false,
      bytesPerSecond: undefined,
      delay: undefined,
      cutAfter: undefined,
      dropPongs: false,
    });
  });

  test('include every option', () => {
    const args = [
      ...['--target', 'wss://a', '--listen', '0', '--host', '::1', '--tls-cert', 'c', '--tls-key', 'k', '-H', 'A: b'],
      ...['-o', 'https://o', '--proxy', 'env', '-k', '-v', '--record', 'r.pcapng', '--web', '--slow', '56k'],
      ...['--delay', '20', '--cut-after', '5s', '--drop-pongs'],
    ];
    expect(parseTapArguments(args)).toEqual({
      target: 'wss://a',
      host: '::1',
      port: 0,
      tls: { cert: 'c', key: 'k' },
      headers: [['A', 'b']],
      origin: 'https://o',
      proxy: 'env',
      ca: undefined,
      insecure: true,
      verbose: true,
      record: 'r.pcapng',
      web: true,
      bytesPerSecond: 56_000,
      delay: 20,
      cutAfter: { time: 5_000 },
      dropPongs: true,
    });
  });

  test.each([
    ['900', { bytes: 900 }],
    ['1.5k', { bytes: 1_500 }],
    ['2M', { bytes: 2_000_000 }],
    ['0', { bytes: 0 }],
    ['0.25s', { time: 250 }],
  ])('--cut-after %s', (text, cutAfter) => {
    expect(parseTapArguments(['ws://a', '--cut-after', text])).toMatchObject({ cutAfter });
  });

  test.each([
    [[], 'tap takes a target, such as wss://example.com/chat'],
    [['ws://a', '--target', 'ws://b'], 'tap takes one target, got "ws://a" too'],
    [['ws://a', '--listen', 'x'], '--listen must be an integer from 0 to 65535, got "x"'],
    [['ws://a', '--tls-cert', 'c'], '--tls-cert requires --tls-key'],
    [['ws://a', '--ca', 'c', '-k'], '--ca and --insecure cannot be combined'],
    [['ws://a', '--slow', '0'], '--slow must be a number of bytes a second, such as 56k or 1M, got "0"'],
    [['ws://a', '--slow', '5g'], '--slow must be a number of bytes a second, such as 56k or 1M, got "5g"'],
    [
      ['ws://a', '--cut-after', '5m s'],
      '--cut-after must be a number of seconds, such as 5s, or of bytes, such as 56k',
    ],
    [['ws://a', '--delay', '1.5'], '--delay must be an integer'],
  ])('%j are wrong', (args, message) => {
    expect(() => parseTapArguments(args)).toThrow(UsageError);
    expect(() => parseTapArguments(args)).toThrow(message);
  });

  test('ask for help', () => {
    expect(parseTapArguments(['-h'])).toBe('help');
  });
});
