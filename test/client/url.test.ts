import vm from 'node:vm';
import { describe, expect, test } from 'vitest';
import { type Destination, parseWebSocketUrl } from '../../src/client/url.js';

function parsed(url: string, ...properties: Array<keyof Destination>): Partial<Destination> {
  const destination = parseWebSocketUrl(url);
  return Object.fromEntries(properties.map(name => [name, destination[name]]));
}

describe('ws: and wss: URLs (RFC 6455 §3)', () => {
  test('the default ports are 80 and 443, and are not part of Host [3-1] [4.1-23]', () => {
    expect(parseWebSocketUrl('ws://example.com')).toEqual({
      href: 'ws://example.com/',
      secure: false,
      hostname: 'example.com',
      port: 80,
      socketPath: undefined,
      host: 'example.com',
      target: '/',
      authorization: undefined,
    });
    expect(parsed('wss://example.com/', 'secure', 'port', 'host')).toEqual({
      secure: true,
      port: 443,
      host: 'example.com',
    });
    expect(parsed('ws://example.com:80/', 'port', 'host')).toEqual({ port: 80, host: 'example.com' });
    expect(parsed('wss://example.com:443/', 'port', 'host')).toEqual({ port: 443, host: 'example.com' });
  });

  test('any other port is part of Host (§4.1) [3-1] [4.1-23]', () => {
    expect(parsed('ws://example.com:443/', 'port', 'host')).toEqual({ port: 443, host: 'example.com:443' });
    expect(parsed('wss://example.com:80/', 'port', 'host')).toEqual({ port: 80, host: 'example.com:80' });
  });

  test('the resource name is path and query, percent-encoded as sent [3-3] [4.1-22] [11.1.1-2] [11.1.2-2]', () => {
    expect(parseWebSocketUrl('ws://h/a%20b/ü?q=1&r=%23#'.slice(0, -1)).target).toBe('/a%20b/%C3%BC?q=1&r=%23');
    expect(parseWebSocketUrl('ws://h?q').target).toBe('/?q');
  });

  test('an IPv6 address has brackets in Host, but not in hostname', () => {
    expect(parsed('ws://[::1]:8080/', 'hostname', 'host', 'port')).toEqual({
      hostname: '::1',
      host: '[::1]:8080',
      port: 8080,
    });
    expect(parsed('ws://[2001:db8::1]/', 'hostname', 'host')).toEqual({
      hostname: '2001:db8::1',
      host: '[2001:db8::1]',
    });
  });

  test('an international name becomes ASCII [11.1.1-1] [11.1.2-1]', () => {
    expect(parseWebSocketUrl('ws://bücher.example/').hostname).toBe('xn--bcher-kva.example');
  });

  test.each(['"', '`', '{', '}'])('a host name with %s is refused as a wrong url', character => {
    const call = () => parseWebSocketUrl(`ws://a${character}b.example/`);
    expect(call).toThrow(RangeError);
    expect(call).toThrow('url must have a host name without any of " ` { }, got "ws://a');
  });

  test('http: and https: mean ws: and wss:, as in browsers', () => {
    expect(parsed('http://h:81/x', 'href', 'secure', 'port')).toEqual({ href: 'ws://h:81/x', secure: false, port: 81 });
    expect(parsed('https://h/x', 'href', 'secure', 'port')).toEqual({ href: 'wss://h/x', secure: true, port: 443 });
  });

  test('a URL object is accepted', () => {
    expect(parseWebSocketUrl(new URL('ws://h/x?y')).href).toBe('ws://h/x?y');
  });

  test('a URL object of another realm is accepted', () => {
    // As whatwg-url writes it, whose class jsdom has for URL.
    const foreign = vm.runInNewContext(`
      class URL {
        get href() { return 'ws://h/x?y'; }
        get protocol() { return 'ws:'; }
        get searchParams() { return {}; }
        toString() { return this.href; }
      }
      new URL();
    `);
    expect(parseWebSocketUrl(foreign).href).toBe('ws://h/x?y');
  });

  test('user and password become Basic credentials, and appear nowhere else', () => {
    const destination = parseWebSocketUrl('ws://us%40er:p%C3%A4ss%3A@h/x');
    expect(destination.authorization).toBe(`Basic ${Buffer.from('us@er:päss:').toString('base64')}`);
    expect(destination).toMatchObject({ href: 'ws://h/x', host: 'h', hostname: 'h' });
    expect(parseWebSocketUrl('ws://user@h/').authorization).toBe(`Basic ${Buffer.from('user:').toString('base64')}`);
    expect(parseWebSocketUrl('ws://:secret@h/').authorization).toBe(
      `Basic ${Buffer.from(':secret').toString('base64')}`,
    );
  });

  test.each([
    ['chat', 'a valid, absolute URL'],
    ['/chat', 'a valid, absolute URL'],
    ['', 'a valid, absolute URL'],
    ['ws://', 'a valid, absolute URL'],
    ['ftp://h/', 'start with ws:, wss:, http:, https:, ws+unix: or wss+unix:'],
    ['h:80/', 'start with ws:, wss:, http:, https:, ws+unix: or wss+unix:'],
    ['ws://h/#top', 'fragment'],
    ['ws://h/#', 'fragment'],
    ['ws://us%zzer:x@h/', 'user and password'],
    ['ws://user:%ff@h/', 'user and password'],
  ])('%j is refused: url must … %s [3-2] [4.1-3] [4.1-4]', (url, expected) => {
    expect(() => parseWebSocketUrl(url)).toThrow(RangeError);
    expect(() => parseWebSocketUrl(url)).toThrow(/^url must /);
    expect(() => parseWebSocketUrl(url)).toThrow(expected);
  });

  test.each([
    'ws://us:secret%ff@h/',
    'ws://us:sec@secret@h/#',
    'ftp://us:secret@h/',
    'ws://us:secret@',
    'ws://secret@h/#',
    'ws://secret@h/a@b#',
    // Without their slashes they are the same URLs.
    'ws:/us:secret@h/#',
    'ws:us:secret@h/#',
    'ws:\\\\us:secret@h/#',
    // Passwords that should have been percent-encoded.
    'ws://us:a/secret@h/',
    'ws://us:a#secret@h/',
    'ws://us:a?secret@h/',
    'us:secret@h',
  ])('the message about %j does not contain the secret', url => {
    expect(() => parseWebSocketUrl(url)).toThrow('***@');
    expect(() => parseWebSocketUrl(url)).not.toThrow('secret');
  });

  test.each(['ftp://h/a@b', 'ftp://h/a', 'h/a@b'])('the message about %j, without a secret, tells it whole', url => {
    expect(() => parseWebSocketUrl(url)).toThrow(JSON.stringify(url));
  });

  test('a message about a long text is made within milliseconds', () => {
    const started = performance.now();
    for (const part of [':', '@', ':@', '/', '//:', 'a:']) {
      expect(() => parseWebSocketUrl(`ftp://${part.repeat(100_000)}`)).toThrow(RangeError);
    }
    expect(performance.now() - started).toBeLessThan(1_000);
  });

  test.each<[given: unknown, named: string]>([
    [undefined, 'undefined'],
    [null, 'null'],
    [3, '3'],
    [{ host: 'a' }, 'an object'],
    [{ href: 'ws://h/' }, 'an object'],
    [{ href: 7, searchParams: {} }, 'an object'],
    [() => 'ws://h/', 'a function'],
  ])('a value of another type throws a TypeError: %j', (given, named) => {
    expect(() => parseWebSocketUrl(given as never)).toThrow(TypeError);
    expect(() => parseWebSocketUrl(given as never)).toThrow(`url must be a string or a URL, got ${named}`);
  });
});

describe('ws+unix: URLs', () => {
  test('the path of the socket, a colon, the path on its server', () => {
    expect(parseWebSocketUrl('ws+unix:/tmp/a.sock:/chat?room=1')).toEqual({
      href: 'ws+unix:/tmp/a.sock:/chat?room=1',
      secure: false,
      hostname: 'localhost',
      port: 0,
      socketPath: '/tmp/a.sock',
      host: 'localhost',
      target: '/chat?room=1',
      authorization: undefined,
    });
  });

  test('with three slashes as well, without a path, with a query alone, and over TLS', () => {
    expect(parsed('ws+unix:///tmp/a.sock', 'socketPath', 'target')).toEqual({
      socketPath: '/tmp/a.sock',
      target: '/',
    });
    expect(parsed('ws+unix:/tmp/a.sock?q', 'socketPath', 'target')).toEqual({
      socketPath: '/tmp/a.sock',
      target: '/?q',
    });
    expect(parsed('wss+unix:/tmp/a.sock:/x', 'socketPath', 'target', 'secure')).toEqual({
      socketPath: '/tmp/a.sock',
      target: '/x',
      secure: true,
    });
  });

  test('a relative path, and one with percent-encoded characters', () => {
    expect(parseWebSocketUrl('ws+unix:run/a.sock:/x').socketPath).toBe('run/a.sock');
    expect(parseWebSocketUrl('ws+unix:/tmp/a%20b%3Ac.sock:/x').socketPath).toBe('/tmp/a b:c.sock');
  });

  test.each([
    ['/a%00b', 'a path without NUL'],
    ['/a\0b', 'a path without NUL'],
    [`/${'a'.repeat(107)}`, 'a path of at most '],
    [`/${'%C3%BC'.repeat(54)}`, 'a path of at most '],
  ])('a path that would be cut off is refused: %j', (path, fault) => {
    expect(() => parseWebSocketUrl(`ws+unix:${path}:/chat`)).toThrow(RangeError);
    expect(() => parseWebSocketUrl(`ws+unix:${path}:/chat`)).toThrow(`url must name the socket by ${fault}`);
  });

  test.each(['ws+unix:', 'ws+unix::/x', 'ws+unix:/tmp/a.sock:x', 'ws+unix:/tmp/%ff.sock', 'ws+unix://tmp/a.sock:/x'])(
    '%j is refused, with the form that is expected',
    url => {
      expect(() => parseWebSocketUrl(url)).toThrow(RangeError);
      expect(() => parseWebSocketUrl(url)).toThrow('url must have the form ws+unix:/path/of.sock:/path?query');
    },
  );
});
