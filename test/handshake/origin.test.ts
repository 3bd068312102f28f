/** The rules as requests meet them are in server-rules.test.ts. */
import { describe, expect, test, vi } from 'vitest';
import { HandlerError } from '../../src/errors.js';
import { HeaderFields, type HeaderLine } from '../../src/handshake/header-fields.js';
import { isSameServer, type OriginRule, originCheck, parseOrigin } from '../../src/handshake/origin.js';
import type { UpgradeRequest } from '../../src/handshake/request.js';
import { parseAuthority } from '../../src/handshake/request-target.js';

describe('parseOrigin (RFC 6454 §7.1)', () => {
  test.each([
    ['http://a', { scheme: 'http', host: 'a', port: 80 }],
    ['HTTPS://A.Example', { scheme: 'https', host: 'a.example', port: 443 }],
    ['ws://a', { scheme: 'ws', host: 'a', port: 80 }],
    ['wss://a', { scheme: 'wss', host: 'a', port: 443 }],
    ['https://a:80', { scheme: 'https', host: 'a', port: 80 }],
    ['http://[::1]:3000', { scheme: 'http', host: '[::1]', port: 3000 }],
    ['moz-extension://a-b', { scheme: 'moz-extension', host: 'a-b', port: undefined }],
    ['app://.', { scheme: 'app', host: '.', port: undefined }],
    ['file://', { scheme: 'file', host: '', port: undefined }],
  ])('%s', (text, origin) => {
    expect(parseOrigin(text)).toEqual(origin);
  });

  test.each([
    '',
    'null',
    'a',
    '//a',
    '://a',
    'http:a',
    'http://',
    'wss://',
    'http://a/',
    'http://a?',
    'http://a#',
    'http://u@a',
    'file:///',
    'file://:80',
    '1http://a',
    'ht tp://a',
    'http://a b',
  ])('not %j', text => {
    expect(parseOrigin(text)).toBeUndefined();
  });
});

describe('isSameServer', () => {
  const page = (text: string) => parseOrigin(text)!;

  test.each([
    ['http://a', undefined, true],
    ['https://a', undefined, true],
    ['https://a', 443, true],
    ['http://a', 80, true],
    ['ws://a', undefined, true],
    ['ws://a', 80, true],
    ['wss://a', undefined, true],
    ['wss://a', 443, true],
    ['wss://a:443', undefined, true],
    ['ws://a:80', undefined, true],
    ['wss://a:8443', 8443, true],
    ['http://a:8080', 8080, true],
    ['https://a:8080', 8080, true],
    ['http://a', 443, false],
    ['wss://a', 80, false],
    ['http://a', 8080, false],
    ['wss://a', 8080, false],
    ['http://a:8080', undefined, false],
    ['https://a:80', undefined, false],
    ['http://a:443', undefined, false],
    ['http://b', undefined, false],
    ['app://a', undefined, false],
    ['app://a', 80, false],
    ['app://a:9', 9, true],
  ])('a page of %s at port %s: %s', (origin, port, same) => {
    expect(isSameServer(page(origin), { host: 'a', port })).toBe(same);
  });
});

function objection(rule: OriginRule, origins: string | string[], host = 'a:8080', more: HeaderLine[] = []) {
  const lines = [origins].flat().map((origin): HeaderLine => ['Origin', origin]);
  const headers = new HeaderFields([...lines, ...more]);
  return originCheck(rule)({ host, headers, origin: headers.get('Origin') } as UpgradeRequest, parseAuthority(host)!);
}

const allows = (rule: OriginRule, origins: string | string[]) => objection(rule, origins) === undefined;

describe('originCheck', () => {
  test('is not checked if all may connect', () => {
    expect(allows('*', ['anything', 'at all'])).toBe(true);
  });

  test.each<[string, OriginRule]>([
    ['without the option', undefined],
    ['with a list', ['http://a:8080']],
    ['with a function', () => true],
  ])('accepts a request without Origin, but not with two or a malformed one: %s', (_, rule) => {
    expect(allows(rule, [])).toBe(true);
    expect(allows(rule, 'http://a:8080')).toBe(true);
    expect(allows(rule, ['http://a:8080', 'http://a:8080'])).toBe(false);
    for (const malformed of [
      '',
      'a:8080',
      'http://u@a:8080',
      'http://a:8080/',
      'http://a:8080 http://a:8080',
      'NULL',
    ]) {
      expect(allows(rule, malformed)).toBe(false);
    }
  });

  test.each([
    ['https://b', 'https://b', true],
    ['https://B.Example:443', 'https://b.example', true],
    ['https://b', 'HTTPS://B:443', true],
    ['https://b', 'wss://b', false],
    ['wss://b', 'wss://b', true],
    ['https://b', 'https://b:8443', false],
    ['file://', 'file://', true],
    ['file://', 'file://a', false],
    ['file://', 'null', false],
    ['app://.', 'app://.', true],
    ['app://.', 'app://', false],
    ['capacitor://localhost', 'capacitor://localhost', true],
    ['null', 'null', true],
    ['https://*.b.example', 'https://a.b.example', true],
    ['https://*.B.example', 'https://c.A.b.example', true],
    ['https://*.b.example', 'https://b.example', false],
    ['https://*.b.example', 'https://.b.example', false],
    ['https://*.b.example', 'https://ab.example', false],
    ['https://*.b.example', 'https://evil-b.example', false],
    ['https://*.b.example', 'https://a.b.example.evil', false],
    ['https://*.b.example', 'http://a.b.example', false],
    ['https://*.b.example', 'http://a.b.example:443', false],
    ['https://*.b.example', 'https://a.b.example:8443', false],
    ['https://*.b.example', 'null', false],
    ['https://*.b.example:8443', 'https://a.b.example:8443', true],
    ['https://*.b.example:8443', 'https://a.b.example', false],
    ['app://*.b', 'app://a.b', true],
    ['app://*.b', 'web://a.b', false],
  ])('a list of %s and the Origin %s: %s', (entry, origin, isAllowed) => {
    expect(allows(['https://other.example', entry], origin)).toBe(isAllowed);
  });

  test.each([
    ['*', /to allow all, pass origins: '\*'/],
    ['https://*', /only as in `\*\.example\.com`.*origins: '\*' allows all/],
    ['https://*.', /only as in `\*\.example\.com`/],
    ['https://*.*.b', /only as in `\*\.example\.com`/],
    ['https://a.*.b', /only as in `\*\.example\.com`/],
    ['https://a*.b', /only as in `\*\.example\.com`/],
    ['app://*', /only as in `\*\.example\.com`/],
    ['*://b', /scheme:\/\//],
    ['https://b:*', /scheme:\/\//],
    ['*.b.example', /scheme:\/\//],
    ['https://b/', /\(not even `\/`\)/],
    ['https://b/chat', /without a path/],
    ['https://b?c', /without a path/],
    ['https://u@b', /scheme:\/\//],
    ['https://', /scheme:\/\//],
    ['file:///', /\(not even `\/`\)/],
    ['NULL', /'null'/],
    ['', /scheme:\/\//],
    ['https://b\xfccher.example', /in ASCII/],
    ['https://127.1', /spelled as in URLs, 127\.0\.0\.1/],
    ['wss://[0::1]:9', /spelled as in URLs, \[::1\]/],
    ['https://*.1.2.3.4', /that is valid in URLs/],
  ])('an entry %j, which can never match, throws a RangeError', (entry, message) => {
    expect(() => originCheck([entry])).toThrow(RangeError);
    expect(() => originCheck([entry])).toThrow(message);
    expect(() => originCheck([entry])).toThrow(`got ${JSON.stringify(entry)}`);
  });
});

describe('a function', () => {
  test('gets the Origin as it was sent, and the request', () => {
    const rule = vi.fn((_origin: string, request: UpgradeRequest) => request.host === 'a:8080');
    expect(allows(rule, 'HTTPS://B')).toBe(true);
    expect(rule).toHaveBeenCalledExactlyOnceWith('HTTPS://B', expect.objectContaining({ origin: 'HTTPS://B' }));
    expect(allows(() => false, 'https://b')).toBe(false);
  });

  test('is not called for requests without Origin, with two, or with a malformed one', () => {
    const rule = vi.fn(() => true);
    for (const origins of [[], ['https://b', 'https://b'], ['https://evil/.b.example']]) allows(rule, origins);
    expect(rule).not.toHaveBeenCalled();
  });

  test.each<[string, () => unknown, RegExp]>([
    ['a promise', () => Promise.reject(new Error('late')), /must return true or false synchronously, got a Promise/],
    ['undefined', () => undefined, /must return true or false, got undefined/],
    ['a string', () => 'false', /must return true or false, got "false"/],
    [
      'an exception',
      () => {
        throw new Error('oops');
      },
      /origins\(\) failed: oops/,
    ],
  ])('that returns %s causes a HandlerError', (_, rule, message) => {
    const judge = () => allows(rule as () => boolean, 'https://b');
    expect(judge).toThrow(HandlerError);
    expect(judge).toThrow(message);
  });
});

describe('the text for the operator', () => {
  test('names Origin, Host, the option, and the proxy that may have replaced Host', () => {
    expect(objection(undefined, 'https://app.example', '127.0.0.1:3000')).toBe(
      'Origin "https://app.example" does not have the host and port of the request, "127.0.0.1:3000", which is required unless the ' +
        'option origins is set. If its pages may connect, list it there. If a proxy in front of this server replaces Host, configure it to pass on the original one ' +
        '(nginx: proxy_set_header Host $http_host;)',
    );
    expect(objection(undefined, 'https://b', 'a', [['X-Forwarded-Host', 'b']])).toContain('X-Forwarded-Host is "b"');
  });

  test('names the entries of a list', () => {
    expect(objection(['https://b', 'https://*.c'], 'http://b', 'a')).toBe(
      'Origin "http://b" is not in the option origins, ["https://b", "https://*.c"]: scheme, host and port must be those of an entry (Host "a").',
    );
  });

  test('says that a function refused', () => {
    expect(objection(() => false, 'http://b', 'a')).toBe(
      'The option origins, a function, returned false for Origin "http://b" (Host "a").',
    );
  });

  test('says what is wrong with Origin itself', () => {
    expect(objection(undefined, ['http://b', 'http://c'])).toMatch(/^Origin: expected one .* got "http:\/\/b" and /);
  });
});
