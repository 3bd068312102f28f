/** The rule as requests meet it is in server-rules.test.ts. */
import { describe, expect, test } from 'vitest';
import { hostCheck } from '../../src/handshake/allowed-hosts.js';
import { HeaderFields, type HeaderLine } from '../../src/handshake/header-fields.js';
import type { UpgradeRequest } from '../../src/handshake/request.js';
import { parseAuthority } from '../../src/handshake/request-target.js';

function objectionTo(hosts: readonly string[] | undefined, host: string, lines: HeaderLine[] = []): string | undefined {
  const headers = new HeaderFields(lines);
  const request = { host, headers, origin: headers.get('Origin') } as UpgradeRequest;
  return hostCheck(hosts)(request, parseAuthority(host)!);
}

const allows = (hosts: readonly string[] | undefined, host: string) => objectionTo(hosts, host) === undefined;

describe('hosts', () => {
  test('allow all if left out, and none if empty', () => {
    expect(allows(undefined, 'a')).toBe(true);
    expect(allows([], 'a')).toBe(false);
  });

  test.each([
    ['B', 'b', true],
    ['b', 'B:1', true],
    ['[::1]:9', '[::1]:9', true],
    ['[::1]:9', '[::1]', false],
    ['b', 'a.b', false],
    ['*.b.example', 'a.b.example', true],
    ['*.b.example', 'A.B.example:8080', true],
    ['*.b.example', 'c.a.b.example', true],
    ['*.b.example', 'b.example', false],
    ['*.b.example', '.b.example', false],
    ['*.b.example', 'ab.example', false],
    ['*.b.example', 'a.b.example.evil', false],
    ['*.b.example:81', 'a.b.example:81', true],
    ['*.b.example:81', 'a.b.example', false],
    ['my_service', 'my_service:80', true],
  ])('%s and a request to %s: %s', (entry, host, isAllowed) => {
    expect(allows([entry], host)).toBe(isAllowed);
  });

  test.each([
    ['*', /only as in `\*\.example\.com`.*all hosts are allowed if the option is left out/],
    ['*.', /only as in `\*\.example\.com`/],
    ['a.*.example', /only as in `\*\.example\.com`/],
    ['a*.example', /only as in `\*\.example\.com`/],
    ['*.*.example', /only as in `\*\.example\.com`/],
    ['*a.example', /only as in `\*\.example\.com`/],
    ['a:*', /host\[:port\]/],
    ['a/', /host\[:port\]/],
    ['https://a', /host\[:port\]/],
    ['b\xfccher.example', /in ASCII/],
    ['', /host\[:port\]/],
    ['0x7f.1', /spelled as in URLs, 127\.0\.0\.1/],
    ['[0:0::1]', /spelled as in URLs, \[::1\]/],
    ['*.1.2.3.4', /that is valid in URLs/],
    ['1.2.3.4.5', /that is valid in URLs/],
  ])('an entry %j, which can never match, throws a RangeError', (entry, message) => {
    expect(() => hostCheck([entry])).toThrow(RangeError);
    expect(() => hostCheck([entry])).toThrow(message);
  });
});

describe('the text for the operator', () => {
  test('names the host, the option, the Origin, and the proxy that may have replaced Host', () => {
    expect(objectionTo(['a', '*.b'], '127.0.0.1:3000', [['Origin', 'https://a']])).toBe(
      'The host "127.0.0.1:3000" is not in the option hosts, ["a", "*.b"] (Origin "https://a"). If a proxy in front of this server replaces ' +
        'Host, configure it to pass on the original one (nginx: proxy_set_header Host $http_host;)',
    );
    expect(objectionTo([], 'a')).toContain('[] (no Origin)');
  });

  test('names the X-Forwarded-Host of a proxy', () => {
    expect(objectionTo(['b'], 'a', [['x-forwarded-host', 'b']])).toContain('replaces Host (X-Forwarded-Host is "b")');
  });

  test('is short for a long list', () => {
    const hosts = Array.from({ length: 100 }, (_, i) => `host-${i}`);
    expect(objectionTo(hosts, 'a')).toContain('"host-9" and 90 more]');
    expect(objectionTo(hosts.slice(0, 10), 'a')).toContain('"host-9"]');
  });
});
