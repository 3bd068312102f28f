/** What no version of HTTP changes, on requests as HTTP/2 would make them (RFC 8441 §5): CONNECT, and no Sec-WebSocket-Key. */
import { describe, expect, test } from 'vitest';
import { HeaderFields, type HeaderLine } from '../../src/handshake/header-fields.js';
import { type AcceptOptions, acceptanceHeaders, negotiate, refusePath } from '../../src/handshake/negotiation.js';
import { Refusal } from '../../src/handshake/refusal.js';
import type { AddressedRequest, UpgradeRequest } from '../../src/handshake/request.js';
import { UpgradePolicy, type UpgradePolicyOptions } from '../../src/handshake/upgrade-policy.js';

function request(lines: readonly HeaderLine[] = [], changes: Partial<AddressedRequest> = {}): AddressedRequest {
  const headers = new HeaderFields([['sec-websocket-version', '13'], ...lines]);
  return {
    method: 'CONNECT',
    target: '/chat?room=1',
    path: '/chat',
    query: 'room=1',
    host: 'server.example.com',
    headers,
    origin: headers.get('Origin'),
    ...changes,
  };
}

function negotiated(lines: readonly HeaderLine[], options?: UpgradePolicyOptions): UpgradeRequest | Refusal {
  return negotiate(request(lines), new UpgradePolicy(options));
}

describe('negotiate()', () => {
  test('accepts a request without any header of HTTP/1.1', () => {
    const outcome = negotiated([
      ['sec-websocket-protocol', 'a, b'],
      ['sec-websocket-extensions', 'x; y=1'],
      ['origin', 'https://server.example.com'],
    ]);
    expect(outcome).toEqual({
      ...request(),
      headers: expect.any(HeaderFields),
      origin: 'https://server.example.com',
      subprotocols: ['a', 'b'],
      extensions: [{ name: 'x', parameters: [['y', '1']] }],
    });
  });

  test.each<[string, number, HeaderLine[]]>([
    ['a second version', 426, [['sec-websocket-version', '8']]],
    ['a subprotocol offered twice', 400, [['sec-websocket-protocol', 'a, a']]],
    ['a malformed extension', 400, [['sec-websocket-extensions', 'x;;']]],
    ['a foreign Origin', 403, [['origin', 'https://evil.example']]],
  ])('refuses %s with %i', (_, status, lines) => {
    expect(negotiated(lines)).toMatchObject({ status });
  });

  test('refuses a host that is not in the option hosts', () => {
    expect(negotiated([], { hosts: ['other.example'] })).toMatchObject({ status: 403 });
  });

  test('refuses a host that is malformed', () => {
    expect(negotiate(request([], { host: 'a b' }), new UpgradePolicy())).toMatchObject({ status: 400 });
  });
});

describe('refusePath()', () => {
  test('refuses with 404 a path that is not the option path', () => {
    expect(refusePath(request(), new UpgradePolicy({ path: '/other' }))).toMatchObject({ status: 404 });
    expect(refusePath(request(), new UpgradePolicy({ path: '/chat' }))).toBeUndefined();
    expect(refusePath(request(), new UpgradePolicy())).toBeUndefined();
  });

  test.each([
    ['/chat', '/chat/', true],
    ['/chat/', '/chat', true],
    ['/chat/', '/chats', false],
    ['/chat//', '/chat', false],
  ])(
    'for the path %s and the option path %s, names the slash at the end if nothing else differs',
    (path, option, isNamed) => {
      const refusal = refusePath(request([], { path }), new UpgradePolicy({ path: option }));
      expect(refusal?.detail.includes(`${JSON.stringify(option)}: they differ in the slash at the end (Host`)).toBe(
        isNamed,
      );
      expect(refusal?.body).not.toContain('slash');
    },
  );
});

describe('acceptanceHeaders()', () => {
  const accept = (options: AcceptOptions) => {
    const outcome = negotiated([
      ['sec-websocket-protocol', 'a, b'],
      ['sec-websocket-extensions', 'x'],
    ]);
    if (outcome instanceof Refusal) throw new Error(outcome.body);
    return acceptanceHeaders(outcome, options);
  };

  test('returns the subprotocol, the extensions and the application’s headers, and no header of HTTP/1.1', () => {
    const headers = { 'Set-Cookie': ['a=b', 'c=d'] };
    expect(accept({ subprotocol: 'b', extensions: [{ name: 'x', parameters: [] }], headers })).toEqual([
      ['Sec-WebSocket-Protocol', 'b'],
      ['Sec-WebSocket-Extensions', 'x'],
      ['Set-Cookie', 'a=b'],
      ['Set-Cookie', 'c=d'],
    ]);
    expect(accept({})).toEqual([]);
  });

  test.each<[string, AcceptOptions]>([
    ['a subprotocol that was not offered', { subprotocol: 'c' }],
    ['an empty subprotocol', { subprotocol: '' }],
    ['an extension that was not offered', { extensions: [{ name: 'z', parameters: [] }] }],
  ])('throws a RangeError for %s [4.2.2-8] [4.2.2-10] [4.2.2-11] [9-3]', (_, options) => {
    expect(() => accept(options)).toThrow(RangeError);
  });

  test.each<[string, AcceptOptions]>([['a subprotocol that is not a string', { subprotocol: 1 as unknown as string }]])(
    'throws a TypeError for %s',
    (_, options) => {
      expect(() => accept(options)).toThrow(TypeError);
    },
  );

  test.each<[string, AcceptOptions]>([
    ['a parameter that is not a token', { extensions: [{ name: 'x', parameters: [['y', 'a\r\nb']] }] }],
    ['Connection', { headers: { connection: 'close' } }],
    ['Upgrade', { headers: { UPGRADE: 'h2c' } }],
    ['Sec-WebSocket-Accept', { headers: [['Sec-WebSocket-Accept', 'x']] }],
    ['Sec-WebSocket-Protocol', { headers: new Map([['sec-websocket-protocol', 'a']]) }],
    ['Sec-WebSocket-Anything', { headers: new HeaderFields([['Sec-WebSocket-Anything', 'a']]) }],
    ['Content-Length', { headers: { 'Content-Length': '0' } }],
    ['Transfer-Encoding', { headers: { 'Transfer-Encoding': 'chunked' } }],
    ['CR LF in a header', { headers: { 'X-A': 'a\r\nX-B: b' } }],
  ])('throws a RangeError for %s', (_, options) => {
    expect(() => accept(options)).toThrow(RangeError);
  });
});
