import { describe, expect, test } from 'vitest';
import { parseProxy } from '../../../src/client/proxy/proxy.js';

describe('parseProxy', () => {
  test.each([
    ['http://proxy.test', { kind: 'http', secure: false, hostname: 'proxy.test', port: 80, looksUpNames: true }],
    ['http://proxy.test:3128/ignored', { port: 3128, name: 'http://proxy.test:3128' }],
    ['https://proxy.test', { kind: 'http', secure: true, port: 443 }],
    ['socks5://proxy.test', { kind: 'socks5', port: 1080, looksUpNames: false }],
    ['socks5h://proxy.test', { kind: 'socks5', port: 1080, looksUpNames: true }],
    ['socks://proxy.test', { kind: 'socks5', port: 1080, looksUpNames: true }],
    ['http://[::1]:8080', { hostname: '::1', port: 8080, name: 'http://[::1]:8080' }],
    ['http://a%40b:c%3Ad@p', { credentials: { user: 'a@b', password: 'c:d' }, name: 'http://p:80' }],
  ])('%s', (url, expected) => {
    expect(parseProxy(url)).toMatchObject(expected);
    expect(parseProxy({ url: new URL(url) })).toMatchObject(expected);
  });

  test.each<[unknown, new () => Error, string]>([
    [5, TypeError, "proxy must be 'env', a URL, or an object with a url, got 5"],
    [null, TypeError, "proxy must be 'env', a URL, or an object with a url, got null"],
    [{ url: 5 }, TypeError, 'proxy.url must be a string or a URL, got 5'],
    [{ url: 'http://p', tls: 5 }, TypeError, 'proxy.tls must be an object, got 5'],
    [{ uri: 'http://p' }, TypeError, "unknown option 'proxy.uri': did you mean 'proxy.url'?"],
    [{ url: 'http://p', headers: { 'a b': '' } }, RangeError, 'proxy.headers'],
    [
      'proxy.test:3128',
      RangeError,
      'proxy must be a URL that starts with http://, https://, socks5://, socks5h:// or socks://, got "proxy.test:3128"',
    ],
    ['ftp://p', RangeError, 'got "ftp://p"'],
    ['http://', RangeError, 'got "http://"'],
    ['socks4://user:secret@p', RangeError, 'got "socks4://***@p"'],
    ['http://%ff@p', RangeError, 'percent-encoded as UTF-8'],
    [`socks5://${'a'.repeat(256)}@p`, RangeError, 'at most 255 bytes each for SOCKS5 (RFC 1929 §2)'],
  ])('%o throws', (proxy, type, message) => {
    expect(() => parseProxy(proxy as string)).toThrow(type);
    expect(() => parseProxy(proxy as string)).toThrow(message);
    expect(() => parseProxy(proxy as string)).toThrow(expect.objectContaining({ code: 'WS101_INVALID_ARGUMENT' }));
  });
});
