import { describe, expect, test } from 'vitest';
import { parseConnectArguments } from '../../src/cli/connect-arguments.js';
import { UsageError } from '../../src/cli/exit-code.js';

describe('arguments of ws101 connect', () => {
  test('have defaults', () => {
    expect(parseConnectArguments([])).toEqual({
      url: undefined,
      headers: [],
      subprotocols: [],
      origin: undefined,
      compress: false,
      pingInterval: undefined,
      pingTimeout: undefined,
      connectTimeout: undefined,
      location: false,
      proxy: undefined,
      ca: undefined,
      cert: undefined,
      key: undefined,
      insecure: false,
      execute: [],
      file: undefined,
      commands: undefined,
      wait: 1_000,
      waitFor: undefined,
      keepOpen: false,
      json: false,
      binaryOutput: 'described',
      showPings: false,
      trace: false,
      inspect: false,
    });
  });

  test('include every option', () => {
    const args = [
      ...['wss://x/', '-H', 'Cookie: a=b', '--header', 'X-Time: 10:20', '--subprotocol', 'p', '--subprotocol', 'q'],
      ...['--origin', 'http://o', '--auth', 'ada:secret', '--compress', '--ping-interval', '2', '--ping-timeout=.25'],
      ...['--connect-timeout', '3', '--location', '--proxy', 'env', '--ca', 'file', '--cert', 'c', '--key', 'k'],
      ...['--execute', 'one', '-x', 'two', '--file', 'f', '--commands', '--wait', '2.5', '--wait-for', '7'],
      ...['--binary-output', 'hex', '--show-pings', '--trace', '--inspect'],
    ];
    expect(parseConnectArguments(args)).toEqual({
      url: 'wss://x/',
      headers: [
        ['Cookie', 'a=b'],
        ['X-Time', '10:20'],
        ['Authorization', 'Basic YWRhOnNlY3JldA=='],
      ],
      subprotocols: ['p', 'q'],
      origin: 'http://o',
      compress: true,
      pingInterval: 2_000,
      pingTimeout: 250,
      connectTimeout: 3_000,
      location: true,
      proxy: 'env',
      ca: 'file',
      cert: 'c',
      key: 'k',
      insecure: false,
      execute: ['one', 'two'],
      file: 'f',
      commands: true,
      wait: 2_500,
      waitFor: 7,
      keepOpen: false,
      json: false,
      binaryOutput: 'hex',
      showPings: true,
      trace: true,
      inspect: true,
    });
  });

  test('include --json, --keep-open, --no-commands and the short names of wscat', () => {
    expect(parseConnectArguments(['--json', '--keep-open', '--no-commands'])).toMatchObject({
      json: true,
      keepOpen: true,
      commands: false,
    });
    expect(parseConnectArguments(['-s', 'p', '-o', 'http://o', '-w', '0', '-L', '-k'])).toMatchObject({
      subprotocols: ['p'],
      origin: 'http://o',
      wait: 0,
      location: true,
      insecure: true,
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
    [['-X'], 'unknown option: -X'],
    [['-x'], '--execute requires a value'],
    [['--auth', 'ada'], '--auth must be user:password'],
    [['--cert', 'c'], '--cert requires --key'],
    [['--key', 'k'], '--key requires --cert'],
    [['--wait-for', 'all'], '--wait-for must be an integer from 0'],
    [['--binary-output', 'octal'], '--binary-output must be raw, hex, base64, got "octal"'],
    [['--commands', '--no-commands'], '--commands and --no-commands cannot be combined'],
    [['--wait-for', '1', '--keep-open'], '--wait-for and --keep-open cannot be combined'],
    [['--json', '--binary-output', 'raw'], '--json and --binary-output cannot be combined'],
    [['--commands', '-x', 'hello', '-x', '/nonsense'], '--execute: unknown command /nonsense: see /help'],
    [['--commands', '-x', '/close 1005'], '--execute: /close: '],
    [['--ca', 'f', '--insecure'], '--ca and --insecure cannot be combined'],
  ])('%j throws a UsageError that names the option', (args, message) => {
    expect(() => parseConnectArguments(args)).toThrow(UsageError);
    expect(() => parseConnectArguments(args)).toThrow(message);
  });
});
