import { describe, expect, test } from 'vitest';
import {
  type Authority,
  isRequestTarget,
  parseAuthority,
  parseRequestTarget,
} from '../../src/handshake/request-target.js';

describe('parseAuthority (RFC 3986 §3.2)', () => {
  test.each<[string, Authority]>([
    ['a', { host: 'a', port: undefined }],
    ['A.Example', { host: 'a.example', port: undefined }],
    ['a:', { host: 'a', port: undefined }],
    ['a:0', { host: 'a', port: 0 }],
    ['a:65535', { host: 'a', port: 65_535 }],
    ["a_b~c!$&'()*+,;=%41:1", { host: "a_b~c!$&'()*+,;=%41", port: 1 }],
    ['127.0.0.1:80', { host: '127.0.0.1', port: 80 }],
    ['[::1]', { host: '[::1]', port: undefined }],
    ['[2001:DB8::1]:443', { host: '[2001:db8::1]', port: 443 }],
    ['[::ffff:127.0.0.1]:', { host: '[::ffff:127.0.0.1]', port: undefined }],
  ])('%s', (text, authority) => {
    expect(parseAuthority(text)).toEqual(authority);
  });

  test.each([
    '',
    ':',
    ':80',
    'a:b',
    'a:65536',
    'a:-1',
    'a:1.5',
    'a:1e3',
    'a:0x50',
    'a: 80',
    'a:80:80',
    'a@b',
    'a/b',
    'a?b',
    'a#b',
    'a b',
    '[',
    '[]',
    ']',
    '[::1',
    '::1]',
    '[::1]80',
    '[::1]a:80',
    '[a]',
    '[:::]',
    '[::1%25eth0]',
    '[1.2.3.4]',
    'a[::1]',
    '\xe4',
    'a\\b',
    'a"',
  ])('not %j', text => {
    expect(parseAuthority(text)).toBeUndefined();
  });
});

describe('parseRequestTarget (RFC 9112 §3.2)', () => {
  test.each<[string, string, string, string | undefined]>([
    ['/', '/', '', undefined],
    ['/a?', '/a', '', undefined],
    ['/a?b?c', '/a', 'b?c', undefined],
    ['//a/b', '//a/b', '', undefined],
    ['/%zz|{}"', '/%zz|{}"', '', undefined],
    ['/http://b', '/http://b', '', undefined],
    ['http://a', '/', '', 'a'],
    ['http://a?b/c', '/', 'b/c', 'a'],
    ['HTTPS://A:1/b?c', '/b', 'c', 'A:1'],
    ['http://[::1]/', '/', '', '[::1]'],
    ['ws://a:1/b?c', '/b', 'c', 'a:1'],
    ['WSS://a', '/', '', 'a'],
  ])('%s', (target, path, query, authority) => {
    expect(parseRequestTarget(target)).toEqual({ path, query, authority });
  });

  test.each([
    '',
    '*',
    'a',
    'a:80',
    '?a',
    'ftp://a/',
    'wsx://a/',
    'wss:/a',
    'http:/a',
    'http:a',
    'http://',
    'http:///a',
    'http://u@a/',
    'http://a:b/',
    '/#',
    '/ a',
    '/\0',
    '/\xff',
  ])('not %j', target => {
    expect(parseRequestTarget(target)).toBeUndefined();
  });
});

test('the target of a request line may have all printable ASCII except space and `#`', () => {
  for (let code = 0; code < 0x180; code++) {
    expect(isRequestTarget(`/${String.fromCharCode(code)}`)).toBe(code > 0x20 && code < 0x7f && code !== 0x23);
  }
});
