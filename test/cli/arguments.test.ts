import { describe, expect, test } from 'vitest';
import { parseConnectArguments, parseServeArguments } from '../../src/cli/arguments.js';
import { UsageError } from '../../src/cli/exit-code.js';

describe('arguments of ws101 connect', () => {
  test('have defaults', () => {
    expect(parseConnectArguments([])).toEqual({
      url: undefined,
      headers: [],
      subprotocols: [],
      origin: undefined,
      pingInterval: undefined,
      pingTimeout: undefined,
      ca: undefined,
      insecure: false,
      compress: false,
      commands: false,
      wait: 1_000,
      trace: false,
    });
  });

  test('include every option', () => {
    const args = [
      ...['wss://x/', '-H', 'Cookie: a=b', '--header', 'X-Time: 10:20', '--subprotocol', 'p', '--subprotocol', 'q'],
      ...[
        '--origin',
        'http://o',
        '--ca',
        'file',
        '--trace',
        '--compress',
        '--ping-interval',
        '2',
        '--ping-timeout=.25',
        '--commands',
        '--wait',
        '2.5',
      ],
    ];
    expect(parseConnectArguments(args)).toEqual({
      url: 'wss://x/',
      headers: [
        ['Cookie', 'a=b'],
        ['X-Time', '10:20'],
      ],
      subprotocols: ['p', 'q'],
      origin: 'http://o',
      pingInterval: 2_000,
      pingTimeout: 250,
      ca: 'file',
      insecure: false,
      compress: true,
      commands: true,
      wait: 2_500,
      trace: true,
    });
  });

  test('include a ping interval of 0, and never round a larger value to 0', () => {
    expect(parseConnectArguments(['--ping-interval', '0'])).toMatchObject({ pingInterval: 0 });
    expect(parseConnectArguments(['--ping-interval', '0.0001'])).toMatchObject({ pingInterval: 1 });
    expect(parseConnectArguments(['--ping-interval', '1.5'])).toMatchObject({ pingInterval: 1_500 });
  });

  test.each([['-h'], ['--help'], ['ws://x', '--trace', '--help']])('ask for help: %s', (...args) => {
    expect(parseConnectArguments(args)).toBe('help');
  });

  test.each([
    [['--nope'], 'unknown option: --nope'],
    [['ws://a', 'ws://b'], 'connect takes one url, got "ws://b" too'],
    [['-H', 'no colon'], `--header must be 'Name: value', got "no colon"`],
    [['-H', ': nameless'], '--header'],
    [['--ping-interval', 'often'], '--ping-interval must be a number of seconds from 0 to 2147483, got "often"'],
    [['--ping-interval', '1e3'], '--ping-interval'],
    [['--ping-interval', '.'], '--ping-interval'],
    [['--ping-interval', '99999999'], '--ping-interval'],
    [['--ping-timeout', '0'], '--ping-timeout must be a number of seconds from 0.001'],
    [['-H'], '--header requires a value'],
    [['--ping-timeout'], '--ping-timeout requires a value'],
    [['--wait', '-1'], '--wait requires a value'],
    [['--wait=soon'], '--wait must be a number of seconds from 0 to 2147483, got "soon"'],
    [['--trace=yes'], '--trace takes no value'],
    [['--help=yes'], '--help takes no value'],
    [['-x'], 'unknown option: -x'],
    [['--ca', 'f', '--insecure'], '--ca and --insecure cannot be combined'],
  ])('%j throws a UsageError that names the option', (args, message) => {
    expect(() => parseConnectArguments(args)).toThrow(UsageError);
    expect(() => parseConnectArguments(args)).toThrow(message);
  });
});

describe('arguments of ws101 serve', () => {
  test('have defaults', () => {
    expect(parseServeArguments([])).toEqual({
      host: '127.0.0.1',
      port: 9_001,
      tls: undefined,
      broadcast: false,
      subprotocols: [],
      maxMessageSize: undefined,
      compress: false,
    });
  });

  test('include every option', () => {
    const args = [
      ...['--host', '::1', '--port', '0', '--tls-cert', 'c', '--tls-key', 'k', '--broadcast'],
      ...['--subprotocol', 'p', '--subprotocol', 'q', '--max-message-size', '1000', '--compress'],
    ];
    expect(parseServeArguments(args)).toEqual({
      host: '::1',
      port: 0,
      tls: { cert: 'c', key: 'k' },
      broadcast: true,
      subprotocols: ['p', 'q'],
      maxMessageSize: 1_000,
      compress: true,
    });
  });

  test('ask for help', () => {
    expect(parseServeArguments(['--help'])).toBe('help');
  });

  test.each([
    [['--port', '65536'], '--port must be an integer from 0 to 65535, got "65536"'],
    [['--port', 'http'], '--port'],
    [['--port', ''], '--port'],
    [['--port', '-1'], '--port'],
    [['--max-message-size', '1M'], '--max-message-size'],
    [['--max-message-size', '9'.repeat(17)], '--max-message-size'],
    [['--tls-cert', 'c'], '--tls-cert requires --tls-key'],
    [['--tls-key', 'k'], '--tls-key requires --tls-cert'],
    [['9001'], 'serve takes no arguments, got "9001"'],
    [['--trace'], '--trace'],
  ])('%j throws a UsageError that names the option', (args, message) => {
    expect(() => parseServeArguments(args)).toThrow(UsageError);
    expect(() => parseServeArguments(args)).toThrow(message);
  });
});
