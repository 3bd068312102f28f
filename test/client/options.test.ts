import { PassThrough } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { resolveConnectOptions } from '../../src/client/options.js';
import { type ConnectOptions, connect, dial } from '../../src/index.js';

const URL_OF_NOBODY = 'ws://127.0.0.1:1/';

/** What connect() rejects with. It fails the test if connect() throws. */
async function rejectionOf(url: unknown, options?: unknown): Promise<unknown> {
  let opening: Promise<unknown> | undefined;
  expect(() => {
    opening = connect(url as string, options as ConnectOptions);
  }).not.toThrow();
  return await opening!.then(
    () => undefined,
    (error: unknown) => error,
  );
}

describe('connect() rejects when an option is wrong, and names it', () => {
  test.each<[name: string, options: unknown, error: typeof TypeError | typeof RangeError, message: string]>([
    ['options', null, TypeError, 'options must be an object, got null'],
    ['options', 'chat', TypeError, 'options must be an object, got "chat"'],
    ['options', ['chat'], TypeError, 'options must be an object, got an Array'],
    ...[
      [true, TypeError, ' must be an object of options, got true'],
      [null, TypeError, ' must be an object of options, got null'],
      [{ locaPort: 1 }, TypeError, "unknown option 'socket.locaPort': did you mean 'socket.localPort'?"],
      [{ lookup: 'dns' }, TypeError, '.lookup must be a function, got "dns"'],
      [{ family: 5 }, RangeError, '.family must be 0, 4 or 6, got 5'],
      [{ family: '4' }, TypeError, '.family must be 0, 4 or 6, got "4"'],
      [{ localAddress: 'here' }, RangeError, '.localAddress must be an IP address, got "here"'],
      [{ localAddress: '127.0.0.1\0x' }, RangeError, '.localAddress must be an IP address, got'],
      [{ localAddress: 7 }, TypeError, '.localAddress must be an IP address, got 7'],
      [
        { family: 4, localAddress: '::1' },
        RangeError,
        '.localAddress must be an IPv4 address, since socket.family is 4, got "::1"',
      ],
      [{ localPort: 65_536 }, RangeError, '.localPort must be an integer from 0 to 65535, got 65536'],
      [{ localPort: '80' }, TypeError, '.localPort must be a number, got "80"'],
      [{ keepAlive: 1 }, TypeError, '.keepAlive must be a boolean, got 1'],
      [{ keepAliveInitialDelay: -1 }, RangeError, '.keepAliveInitialDelay must be an integer from 0'],
      [{ attemptDelay: 9 }, RangeError, '.attemptDelay must be an integer from 10 to 2147483647, got 9'],
    ].map(
      ([socket, error, message]) =>
        ['socket', { socket }, error, String(message).replace(/^(?=[. ])/, 'socket')] as never,
    ),
    ['dial', { dial: {} }, TypeError, 'dial must be a function, got an object'],
    ['family', { family: 4 }, TypeError, "unknown option 'family': use 'socket.family'"],
    ['localAddress', { localAddress: '::1' }, TypeError, "unknown option 'localAddress': use 'socket.localAddress'"],
    ['tls', { tls: true }, TypeError, 'tls must be an object, got true'],
    ['tls', { tls: { lookup() {} } }, TypeError, "tls.lookup is not available: use 'socket.lookup'"],
    ['tls', { tls: { socket: {} } }, TypeError, 'tls.socket is not available: the url says where to connect'],
    ['tls', { tls: { path: '/a' } }, TypeError, 'tls.path is not available'],
    ['tls', { tls: null }, TypeError, 'tls must be an object, got null'],
    ['signal', { signal: {} }, TypeError, 'signal must be an AbortSignal, got an object'],
    [
      'handshakeTimeout',
      { handshakeTimeout: 0 },
      RangeError,
      'handshakeTimeout must be an integer from 1 to 2147483647',
    ],
    ['handshakeTimeout', { handshakeTimeout: 2 ** 31 }, RangeError, 'handshakeTimeout must be an integer from 1'],
    ['handshakeTimeout', { handshakeTimeout: '5' }, TypeError, 'handshakeTimeout must be a number, got "5"'],
    ['oneAtATime', { oneAtATime: 'yes' as never }, TypeError, 'oneAtATime must be a boolean, got "yes"'],
    ['maxRedirects', { maxRedirects: 6 }, RangeError, 'maxRedirects must be an integer from 0 to 5, got 6'],
    ['maxRedirects', { maxRedirects: -1 }, RangeError, 'maxRedirects must be an integer from 0 to 5, got -1'],
    ['maxHeadSize', { maxHeadSize: 0 }, RangeError, 'maxHeadSize must be a positive integer, got 0'],
    ['maxHeaderLines', { maxHeaderLines: 1.5 }, RangeError, 'maxHeaderLines must be a positive integer, got 1.5'],
    [
      'tap',
      { tap: {} },
      TypeError,
      'tap must be a WireTap with connected, sent, received, ended, closed, got an object',
    ],
    [
      'tap',
      { tap: { connected() {} } },
      TypeError,
      'tap must be a WireTap with connected, sent, received, ended, closed',
    ],
    ['tap', { tap: null }, TypeError, 'tap must be a WireTap with connected, sent, received, ended, closed, got null'],
    ['subprotocols', { subprotocols: 'chat' }, TypeError, 'subprotocols must be an array of tokens, got "chat"'],
    ['subprotocols', { subprotocols: ['a b'] }, RangeError, 'each entry of subprotocols must be a token, got "a b"'],
    ['subprotocols', { subprotocols: ['a', 'a'] }, RangeError, 'subprotocols must not contain "a" twice'],
    ['headers', { headers: 'X: 1' }, TypeError, 'headers must be an object'],
    ['headers', { headers: { 'X Y': '1' } }, RangeError, 'a name in headers must be a token'],
    ['headers', { headers: { X: 'a\r\nY: b' } }, RangeError, 'headers["X"] must be a string of'],
    ['headers', { headers: { X: 'č' } }, RangeError, 'headers["X"] must be a string of'],
    ['headers', { headers: { Upgrade: 'h2c' } }, RangeError, 'headers must not contain "Upgrade"'],
    ['headers', { headers: { Host: '' } }, RangeError, 'headers["Host"] must be `host[:port]`'],
    ['origin', { origin: 'a\nb' }, RangeError, 'origin must be a string of'],
    ['origin', { origin: 'http://a', headers: { Origin: 'http://b' } }, TypeError, 'origin must be passed once'],
    ['maxMessageSize', { maxMessageSize: -1 }, RangeError, 'maxMessageSize must be an integer from 0'],
    ['incoming', { incoming: 'drop' }, RangeError, "incoming must be 'keep' or 'discard', got \"drop\""],
    ...[
      ['yes', TypeError, ' must be a boolean or an object, got "yes"'],
      [[], TypeError, ' must be a boolean or an object, got'],
      [{ clientMaxWindowBits: 8 }, RangeError, '.clientMaxWindowBits must be an integer from 9 to 15, got 8'],
      [{ serverMaxWindowBits: 7 }, RangeError, '.serverMaxWindowBits must be an integer from 8 to 15, got 7'],
      [{ clientMaxWindowBits: '10' }, TypeError, '.clientMaxWindowBits must be a number, got "10"'],
      [{ level: Number.NaN }, RangeError, '.level must be an integer from 0 to 9, got NaN'],
      [{ clientNoContextTakeover: 'no' }, TypeError, '.clientNoContextTakeover must be a boolean, got "no"'],
    ].map(
      ([perMessageDeflate, error, message]) =>
        ['perMessageDeflate', { perMessageDeflate }, error, `perMessageDeflate${message}`] as never,
    ),
  ])('%s: %j', async (_name, options, error, message) => {
    const rejection = await rejectionOf(URL_OF_NOBODY, options);
    expect(rejection).toBeInstanceOf(error);
    expect(rejection).toMatchObject({ message: expect.stringContaining(message), code: 'WS101_INVALID_ARGUMENT' });
  });

  test.each<[url: unknown, error: typeof TypeError | typeof RangeError]>([
    ['example.com', RangeError],
    ['htp://example.com', RangeError],
    ['ws://a"b/', RangeError],
    ['ws://127.0.0.1%00x/', RangeError],
    ['ws+unix:/a%00b', RangeError],
    [undefined, TypeError],
    [Symbol('url'), TypeError],
  ])('connect() rejects when the url is %s', async (url, error) => {
    const rejection = await rejectionOf(url);
    expect(rejection).toBeInstanceOf(error);
    expect(rejection).toMatchObject({ code: 'WS101_INVALID_ARGUMENT' });
  });

  test('connect() rejects when reading an option throws', async () => {
    const options = {
      get headers(): never {
        throw new Error('no headers today');
      },
    };
    expect(await rejectionOf(URL_OF_NOBODY, options)).toMatchObject({ message: 'no headers today' });
  });
});

describe('defaults', () => {
  test('apply to missing options', () => {
    expect(resolveConnectOptions({})).toEqual({
      dial,
      dialOptions: {},
      subprotocols: [],
      headers: [],
      origin: undefined,
      signal: undefined,
      handshakeTimeout: 10_000,
      maxRedirects: 0,
      oneAtATime: false,
      headLimits: {},
      tap: undefined,
    });
  });

  test('given options are kept', () => {
    const { signal } = new AbortController();
    const tls = { rejectUnauthorized: true };
    const ownDial = async () => new PassThrough();
    expect(
      resolveConnectOptions({
        socket: { family: 6, localAddress: '::1' },
        tls,
        dial: ownDial,
        signal,
        headers: { Cookie: ['a=1', 'b=2'] },
        maxHeadSize: 100,
        maxHeaderLines: 3,
        handshakeTimeout: 1,
        maxRedirects: 5,
        oneAtATime: true,
      }),
    ).toMatchObject({
      dial: ownDial,
      dialOptions: { socket: { family: 6, localAddress: '::1' }, tls },
      signal,
      headers: [
        ['Cookie', 'a=1'],
        ['Cookie', 'b=2'],
      ],
      headLimits: { maxHeadSize: 100, maxHeaderLines: 3 },
      handshakeTimeout: 1,
      maxRedirects: 5,
      oneAtATime: true,
    });
  });
});
