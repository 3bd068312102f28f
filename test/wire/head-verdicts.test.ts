import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { decode, head, only, REQUEST, RESPONSE, sent } from './wire-events.js';

const KEY = 'dGhlIHNhbXBsZSBub25jZR==';

/** Returns the parts of both heads that are wrong, as `line or missing: note (section)`. */
function mistakes(request: readonly string[], response: readonly string[] = RESPONSE): string[] {
  const { summary } = decode([sent('client', head(...request)), sent('server', head(...response))]);
  return summary.mistakes.map(({ from, line, note, section }) => `${from}: ${line ?? '-'}: ${note} (${section})`);
}

const replaced = (lines: readonly string[], name: string, ...by: string[]): string[] =>
  lines.flatMap(line => (line.startsWith(name) ? by : [line]));

const inRequest = (name: string, ...by: string[]): string[] => mistakes(replaced(REQUEST, name, ...by));
const inResponse = (name: string, ...by: string[]): string[] => mistakes(REQUEST, replaced(RESPONSE, name, ...by));
const hash = (text: string): string => createHash('sha1').update(text).digest('base64');

describe('every line of a correct handshake', () => {
  const { items } = decode([sent('client', head(...REQUEST)), sent('server', head(...RESPONSE))]);
  const [request, response] = only(items, 'head');

  test('is right', () => {
    expect([...request!.lines, ...response!.lines].map(({ verdict }) => verdict)).toEqual(Array(10).fill('right'));
    expect([...request!.findings, ...response!.findings]).toEqual([]);
  });

  test('has its offset, its length, a note and a section', () => {
    let offset = 0;
    for (const [i, line] of request!.lines.entries()) {
      expect(line).toMatchObject({ text: REQUEST[i], offset, length: REQUEST[i]!.length });
      expect(line.note).not.toBe('');
      expect(line.section).toMatch(/^§/);
      offset += REQUEST[i]!.length + 2;
    }
  });

  test('comes with the arithmetic of Sec-WebSocket-Accept', () => {
    expect(response).toMatchObject({
      isWebSocket: true,
      status: 101,
      accept: {
        key: KEY,
        guid: '258EAFA5-E914-47DA-95CA-C5AB0DC85B11',
        expected: 'Zgw8jYXtqX5qJr7MJ1Q/MqzeSRI=',
        actual: 'Zgw8jYXtqX5qJr7MJ1Q/MqzeSRI=',
      },
    });
  });
});

describe('a request is wrong if', () => {
  test.each<[string, string, string[], RegExp]>([
    ['the method is not GET', 'GET', ['POST /chat HTTP/1.1'], /must be GET, not POST \(§4\.1\)/],
    ['it is HTTP/1.0', 'GET', ['GET /chat HTTP/1.0'], /HTTP\/1\.0 has no Upgrade.* \(§4\.1\)/],
    ['it is HTTP/2.0', 'GET', ['GET /chat HTTP/2.0'], /HTTP\/2\.0 has no Upgrade/],
    ['the target has a fragment', 'GET', ['GET /chat#x HTTP/1.1'], /not a request line/],
    ['the target is no path', 'GET', ['GET chat HTTP/1.1'], /the target must be a path/],
    ['the first line is malformed', 'GET', ['GET  /chat HTTP/1.1'], /not a request line.*RFC 9112 §3/],
    ['Host is missing', 'Host', [], /^client: -: Host is missing \(§4\.1\)/],
    ['Host is repeated', 'Host', ['Host: a', 'Host: b'], /appears 2 times \(RFC 9112 §3\.2\)/],
    ['Host is no host', 'Host', ['Host: a b'], /`host` or `host:port`/],
    ['Upgrade is missing', 'Upgrade', [], /-: Upgrade is missing/],
    ['Upgrade is another protocol', 'Upgrade', ['Upgrade: h2c'], /Upgrade: h2c: must contain websocket \(§4\.1\)/],
    ['Connection is missing', 'Connection', [], /-: Connection is missing/],
    ['Connection lacks Upgrade', 'Connection', ['Connection: keep-alive'], /must contain Upgrade/],
    ['Sec-WebSocket-Key is missing', 'Sec-WebSocket-Key', [], /-: Sec-WebSocket-Key is missing/],
    ['the key is not 16 bytes', 'Sec-WebSocket-Key', ['Sec-WebSocket-Key: c2hvcnQ='], /the base64 of 16 bytes/],
    [
      'the key is repeated',
      'Sec-WebSocket-Key',
      [`Sec-WebSocket-Key: ${KEY}`, `Sec-WebSocket-Key: ${KEY}`],
      /§11\.3\.1/,
    ],
    ['the version is not 13', 'Sec-WebSocket-Version', ['Sec-WebSocket-Version: 8'], /must be 13 \(§4\.1\)/],
    ['the version is missing', 'Sec-WebSocket-Version', [], /Sec-WebSocket-Version is missing/],
    ['Accept is in it', 'Host', ['Host: a', 'Sec-WebSocket-Accept: x'], /belongs in the response/],
    ['it has a body', 'Host', ['Host: a', 'Content-Length: 5'], /has no body/],
    ['a line is folded', 'Host', ['Host: a', ' b'], / b: begins with white space.*RFC 9112 §5\.2/],
    ['a line has no colon', 'Host', ['Host: a', 'nonsense'], /it has no colon \(RFC 9112 §5\)/],
    ['a space precedes a colon', 'Host', ['Host: a', 'Origin : b'], /white space before the colon \(RFC 9112 §5\.1\)/],
    ['a name is no token', 'Host', ['Host: a', 'a(b): c'], /the name is not a token/],
    ['a value has a control byte', 'Host', ['Host: a\0'], /control byte 0x00 \(RFC 9110 §5\.5\)/],
    ['a line ends in LF alone', 'Host', ['Host: a\nOrigin: b'], /Host: a: ends in LF/],
    ['subprotocols are repeated', 'Host', ['Host: a', 'Sec-WebSocket-Protocol: a, a'], /must appear once \(§4\.1\)/],
    ['subprotocols are no tokens', 'Host', ['Host: a', 'Sec-WebSocket-Protocol: a b'], /a list of tokens/],
    ['subprotocols are empty', 'Host', ['Host: a', 'Sec-WebSocket-Protocol:'], /must not be empty/],
    ['extensions are malformed', 'Host', ['Host: a', 'Sec-WebSocket-Extensions: ;'], /§9\.1/],
    [
      'a deflate parameter is unknown',
      'Host',
      ['Host: a', 'Sec-WebSocket-Extensions: permessage-deflate; window=3'],
      /unknown parameter "window" \(RFC 7692 §7\)/,
    ],
  ])('%s', (_, name, by, expected) => {
    const [first, ...more] = inRequest(name, ...by).filter(mistake => mistake.startsWith('client'));
    expect(first).toMatch(expected);
    // A repeated header is wrong in each of its lines.
    expect(more.every(mistake => expected.test(mistake))).toBe(true);
  });

  test('not if its lists are split over several lines, in any case', () => {
    expect(inRequest('Connection', 'connection: keep-alive', 'CONNECTION: upgrade')).toEqual([]);
    expect(inRequest('Upgrade', 'Upgrade: h2c, WebSocket')).toEqual([]);
  });
});

test('a head is judged only as far as it goes if it is cut off', () => {
  const { items } = decode([sent('client', 'GET /chat HTTP/1.1\r\nHost: a\r\nSec-WebSocket-Ke')]);
  const [request] = only(items, 'head');
  expect(request).toMatchObject({ isCutOff: true, findings: [] });
  expect(request!.lines.map(({ verdict, note }) => [verdict, note])).toEqual([
    expect.any(Array),
    expect.any(Array),
    ['note', 'cut off here'],
  ]);
});

test('a head that is larger than usual limits is noted', () => {
  const cookie = `Cookie: ${'x'.repeat(20_000)}`;
  const { items } = decode([sent('client', head(...REQUEST, cookie)), sent('server', head(...RESPONSE))]);
  expect(only(items, 'head')[0]!.findings).toMatchObject([
    { verdict: 'note', note: expect.stringMatching(/^it has 20\d{3} bytes/) },
  ]);
});

describe('a 101 is wrong if', () => {
  test.each<[string, string, string[], RegExp]>([
    ['it is HTTP/1.0', 'HTTP', ['HTTP/1.0 101 Switching Protocols'], /HTTP\/1\.0 has no 101/],
    ['Upgrade is missing', 'Upgrade', [], /-: Upgrade is missing \(§4\.1\)/],
    ['Upgrade is another protocol', 'Upgrade', ['Upgrade: h2c'], /must be websocket/],
    ['Upgrade is repeated', 'Upgrade', ['Upgrade: websocket', 'Upgrade: websocket'], /appears 2 times/],
    ['Connection is missing', 'Connection', [], /-: Connection is missing/],
    ['Connection lacks Upgrade', 'Connection', ['Connection: close'], /must contain Upgrade/],
    ['Accept is missing', 'Sec-WebSocket-Accept', [], /-: Sec-WebSocket-Accept is missing/],
    ['Accept is wrong', 'Sec-WebSocket-Accept', ['Sec-WebSocket-Accept: x'], /must be Zgw8[^ ]+ \(§4\.2\.2\)/],
    [
      'it chooses a subprotocol that was not offered',
      'Upgrade',
      ['Upgrade: websocket', 'Sec-WebSocket-Protocol: chat'],
      /the client did not offer it \(§4\.1\)/,
    ],
    [
      'it uses an extension that was not offered',
      'Upgrade',
      ['Upgrade: websocket', 'Sec-WebSocket-Extensions: permessage-deflate'],
      /did not offer permessage-deflate \(§4\.1\)/,
    ],
    ['it has Transfer-Encoding', 'Upgrade', ['Upgrade: websocket', 'Transfer-Encoding: chunked'], /RFC 9112 §6\.1/],
    ['it has Content-Length', 'Upgrade', ['Upgrade: websocket', 'Content-Length: 0'], /RFC 9110 §8\.6/],
  ])('%s', (_, name, by, expected) => {
    expect(inResponse(name, ...by)[0]).toMatch(expected);
  });

  test.each([
    ['the key itself', KEY, 'it is the key, unchanged'],
    ['a hash without the GUID', hash(KEY), 'without the GUID'],
    ['a hash with the GUID in lower case', hash(`${KEY}258eafa5-e914-47da-95ca-c5ab0dc85b11`), 'in lower case'],
    ['a hash of no key', hash('258EAFA5-E914-47DA-95CA-C5AB0DC85B11'), 'an empty key'],
    ['a hash of another key', hash('other'), 'another key'],
  ])('Accept is %s, which it recognises', (_, accept, expected) => {
    expect(inResponse('Sec-WebSocket-Accept', `Sec-WebSocket-Accept: ${accept}`)[0]).toContain(expected);
  });

  test('a parameter of permessage-deflate was not offered', () => {
    const request = [...REQUEST, 'Sec-WebSocket-Extensions: permessage-deflate'];
    const response = [...RESPONSE, 'Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits=10'];
    expect(mistakes(request, response)[0]).toMatch(/client_max_window_bits was not offered.*RFC 7692 §7/);
  });
});

describe('a response', () => {
  test('that chooses none of the subprotocols breaks no rule, but browsers close', () => {
    const { items, summary } = decode([
      sent('client', head(...REQUEST, 'Sec-WebSocket-Protocol: chat, v2')),
      sent('server', head(...RESPONSE)),
    ]);
    expect(summary).toMatchObject({ handshake: 'open', mistakes: [] });
    expect(only(items, 'head')[1]!.findings).toMatchObject([
      { verdict: 'note', note: expect.stringMatching(/chose no subprotocol of chat, v2: browsers close/) },
    ]);
  });

  test('without its request cannot be checked against the key', () => {
    const { items, summary } = decode([sent('server', head(...RESPONSE))]);
    expect(summary.mistakes).toEqual([]);
    expect(only(items, 'head')[0]!.lines[3]).toMatchObject({
      verdict: 'note',
      note: expect.stringContaining('cannot be checked'),
    });
  });

  test.each([
    ['HTTP/1.1 200 OK', 'plain HTTP, not a WebSocket'],
    ['HTTP/1.1 302 Found', 'redirected: see Location'],
    ['HTTP/1.1 403 Forbidden', 'refused by the server'],
    ['HTTP/1.1 502 Bad Gateway', 'the server or a proxy failed'],
  ])('%s refuses', (line, note) => {
    const { items, summary } = decode([
      sent('client', head(...REQUEST)),
      sent('server', `${head(line, 'Content-Length: 4')}body`),
    ]);
    expect(summary).toMatchObject({ handshake: 'refused', isFine: false });
    expect(only(items, 'head')[1]!.lines[0]).toMatchObject({ verdict: 'wrong', note, section: '§4.1' });
    expect(only(items, 'body')).toMatchObject([{ length: 4, bytes: Uint8Array.from(Buffer.from('body')) }]);
  });

  test('before the final one is noted', () => {
    const { items, summary } = decode([
      sent('client', head(...REQUEST)),
      sent('server', head('HTTP/1.1 100 Continue') + head(...RESPONSE)),
    ]);
    expect(summary.handshake).toBe('open');
    expect(only(items, 'head').map(({ status }) => status)).toEqual([undefined, 100, 101]);
  });
});
