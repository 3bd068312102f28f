import { describe, expect, test } from 'vitest';
import { UsageError } from '../../src/cli/exit-code.js';
import { parseServeArguments } from '../../src/cli/serve-arguments.js';

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
      health: undefined,
      inspect: false,
    });
  });

  test('include every option', () => {
    const args = [
      ...['--host', '::1', '--port', '0', '--tls-cert', 'c', '--tls-key', 'k', '--broadcast'],
      ...[
        '--subprotocol',
        'p',
        '--subprotocol',
        'q',
        '--max-message-size',
        '1000',
        '--compress',
        '--health',
        '/up',
        '--inspect',
      ],
    ];
    expect(parseServeArguments(args)).toEqual({
      host: '::1',
      port: 0,
      tls: { cert: 'c', key: 'k' },
      broadcast: true,
      subprotocols: ['p', 'q'],
      maxMessageSize: 1_000,
      compress: true,
      health: '/up',
      inspect: true,
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
    [['--health', 'up'], '--health must be a path that starts with /, got "up"'],
    [['9001'], 'serve takes no arguments, got "9001"'],
    [['--trace'], '--trace'],
  ])('%j throws a UsageError that names the option', (args, message) => {
    expect(() => parseServeArguments(args)).toThrow(UsageError);
    expect(() => parseServeArguments(args)).toThrow(message);
  });
});
