/** Every rule of the request head, each vector in every segmentation. */
import { describe, expect, test } from 'vitest';
import type { ServerHandshakeOptions } from '../../../src/handshake/http1/server-handshake.js';
import { ServerHandshake } from '../../../src/handshake/http1/server-handshake.js';
import { Refusal } from '../../../src/handshake/refusal.js';
import type { UpgradeRequest } from '../../../src/handshake/request.js';
import { type HeadChanges, request, SAMPLE_KEY } from '../../helpers/sample-heads.js';
import { readEverySplit } from './segmentation.js';

type Vector = readonly [title: string, request: string | HeadChanges, status: number, says?: RegExp];

function read(text: string, options: ServerHandshakeOptions = {}): UpgradeRequest | Refusal | undefined {
  return readEverySplit(
    () => new ServerHandshake(options),
    text,
    outcome => !(outcome instanceof Refusal),
  ).outcome;
}

/** The status of the answer; 101 for a request that is fit for one. */
function statusOf(outcome: UpgradeRequest | Refusal | undefined): number | undefined {
  return outcome instanceof Refusal ? outcome.status : outcome && 101;
}

function rule(title: string, vectors: readonly Vector[], options?: ServerHandshakeOptions): void {
  describe(title, () => {
    for (const [name, vector, status, says] of vectors) {
      test(`${name}: ${status}`, () => {
        const outcome = read(typeof vector === 'string' ? vector : request(vector), options);
        expect(statusOf(outcome)).toBe(status);
        if (says !== undefined) expect((outcome as Refusal).body).toMatch(says);
      });
    }
  });
}

const VALID = request();

rule('RFC 9112 §2.2: lines end with CRLF', [
  ['CRLF', VALID, 101],
  ['a bare LF after the request line', VALID.replace('\r\n', '\n'), 400, /LF without CR at offset 18\n/],
  ['a bare LF after a header', VALID.replace('com\r\n', 'com\n'), 400, /LF without CR/],
  ['a bare LF at the end', VALID.slice(0, -2).concat('\n'), 400, /LF without CR/],
  ['only bare CRs', VALID.replaceAll('\r\n', '\r'), 400, /CR without LF/],
  ['a bare CR in a value', VALID.replace('server', 'ser\rver'), 400, /CR without LF at offset 29/],
  ['two CRs', VALID.replace('\r\n', '\r\r\n'), 400, /CR without LF/],
  ['one leading empty line', `\r\n${VALID}`, 101],
  ['two leading empty lines', `\r\n\r\n${VALID}`, 400, /request line/],
  ['a leading bare LF', `\n${VALID}`, 400],
]);

rule('RFC 9112 §3: the request line has exactly two spaces', [
  ['two spaces in a row', { line: 'GET  /chat HTTP/1.1' }, 400, /request line/],
  ['a space at the end', { line: 'GET /chat HTTP/1.1 ' }, 400],
  ['a space at the start', { line: ' GET /chat HTTP/1.1' }, 400],
  ['a tab for a space', { line: 'GET\t/chat HTTP/1.1' }, 400],
  ['a space in the target', { line: 'GET /a b HTTP/1.1' }, 400],
  ['no target', { line: 'GET HTTP/1.1' }, 400],
  ['HTTP/0.9', { line: 'GET /chat' }, 400],
  ['an empty method', { line: ' /chat HTTP/1.1' }, 400],
  ['a method that is not a token', { line: 'G(T /chat HTTP/1.1' }, 400],
  ['a raw byte in the target', { line: 'GET /caf\xe9 HTTP/1.1' }, 400],
  ['words', 'hello, is anybody there?\r\n', 400, /hello, is/],
]);

rule('RFC 9110 §7.8, §15.6.6: the HTTP version [4.2.1-i1]', [
  ['1.1', { line: 'GET /chat HTTP/1.1' }, 101],
  ['1.2', { line: 'GET /chat HTTP/1.2' }, 101],
  ['1.9', { line: 'GET /chat HTTP/1.9' }, 101],
  [
    '1.0, with a hint at the proxy that speaks it',
    { line: 'GET /chat HTTP/1.0' },
    400,
    /version: expected 1\.1.*got "1\.0"; .*proxy .*proxy_http_version 1\.1;.*Connection "upgrade";/,
  ],
  ['0.9', { line: 'GET /chat HTTP/0.9' }, 400],
  ['2.0', { line: 'GET /chat HTTP/2.0' }, 505, /"2\.0"/],
  ['3.0', { line: 'GET /chat HTTP/3.0' }, 505],
  ['the preface of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 505],
  ['without a minor version', { line: 'GET /chat HTTP/1' }, 400],
  ['of two digits', { line: 'GET /chat HTTP/1.10' }, 400],
  ['in lower case', { line: 'GET /chat http/1.1' }, 400],
  ['of another protocol', { line: 'GET /chat RTSP/1.0' }, 400],
  ['of a longer name', { line: 'GET /chat XHTTP/1.1' }, 400],
]);

rule('RFC 9112 §2.2, §5.1, §5.2: white space where none may be', [
  ['a space before the first header', VALID.replace('\r\nHost', '\r\n Host'), 400, /not begin with white space/],
  ['a tab before the first header', VALID.replace('\r\nHost', '\r\n\tHost'), 400],
  ['obs-fold', VALID.replace('Upgrade: websocket', 'Upgrade:\r\n websocket'), 400, /not begin with white space/],
  ['a line with only a space', VALID.replace('\r\n\r\n', '\r\n \r\n\r\n'), 400],
  ['a space before the colon', VALID.replace('Host:', 'Host :'), 400, /"Host : server/],
  ['a tab before the colon', VALID.replace('Host:', 'Host\t:'), 400],
  ['none after the colon', VALID.replace('Host: ', 'Host:'), 101],
  ['spaces and tabs around a value', VALID.replace('13', '\t 13 \t '), 101],
]);

rule('RFC 9110 §5.1, §5.5: names and values [4.2.1-1]', [
  ['an empty name', { add: [': value'] }, 400],
  ['a name that is not a token', { add: ['X(Y: value'] }, 400],
  ['a name beyond ASCII', { add: ['N\xe4me: value'] }, 400],
  ['no colon', { add: ['Name'] }, 400, /"Name"/],
  ['an empty value', { add: ['X-Empty:'] }, 101],
  ['a tab in a value', { add: ['X: a\tb'] }, 101],
  ['obs-text in a value', { add: ['X: \x80\xff'] }, 101],
  ['NUL', { add: ['X: a\0b'] }, 400, /control byte 0x00/],
  ['NUL in the target', VALID.replace('chat', '\0'), 400, /control byte 0x00 at offset 5\n/],
  ['the first byte of TLS, in another place', { add: ['X: a\x16\x16b'] }, 400, /control byte 0x16 at offset \d+\n/],
  ['a vertical tab', { add: ['X: a\x0bb'] }, 400, /0x0b/],
  ['escape', { add: ['X: \x1b[31m'] }, 400, /0x1b/],
  ['DEL', { add: ['X: \x7f'] }, 400, /0x7f/],
  ['latin1 white space is not trimmed', { set: { 'Sec-WebSocket-Version': '13\xa0' } }, 426],
  ['a TLS ClientHello', '\x16\x03\x01\x02\0\x01', 400, /looks like TLS/],
]);

const headOf = (size: number) => {
  const frame = request({ add: ['X: '] });
  return request({ add: [`X: ${'x'.repeat(size - frame.length)}`] });
};

rule(
  'limits: the target 414, the head and its lines 431',
  [
    ['a head of 1,024 bytes', headOf(1024), 101],
    ['a head of 1,025 bytes', headOf(1025), 431, /at most 1024 bytes/],
    ['a target that fills the head', { line: `GET /${'x'.repeat(1100)} HTTP/1.1` }, 414, /at most 1024 bytes/],
    ['a target without an end', `GET /${'x'.repeat(1100)}`, 414],
    ['12 header lines', { add: Array.from({ length: 7 }, (_, i) => `X-${i}: y`) }, 101],
    ['13 header lines', { add: Array.from({ length: 8 }, (_, i) => `X-${i}: y`) }, 431, /at most 12 header lines/],
    ['13 lines of the same name', { add: Array.from({ length: 8 }, () => 'X: y') }, 431],
  ],
  { maxHeadSize: 1024, maxHeaderLines: 12 },
);

rule('RFC 9112 §3.2: Host [4.2.1-i2]', [
  ['missing', { set: { Host: undefined } }, 400, /Host: expected exactly one .*, got nothing/],
  ['twice', { add: ['Host: server.example.com'] }, 400, /got "server\.example\.com" and "server/],
  ['empty', { set: { Host: '' } }, 400],
  ['with a space', { set: { Host: 'a b' } }, 400],
  ['with a path', { set: { Host: 'a/b' } }, 400],
  ['with userinfo', { set: { Host: 'user@a' } }, 400],
  ['two in one line', { set: { Host: 'a, b' } }, 400],
  ['a port of letters', { set: { Host: 'a:http' } }, 400],
  ['a port too high', { set: { Host: 'a:65536' } }, 400],
  ['two ports', { set: { Host: 'a:1:2' } }, 400],
  ['half an IPv6 address', { set: { Host: '[::1' } }, 400],
  ['an invalid IPv6 address', { set: { Host: '[1::2::3]' } }, 400],
  ['a tab in an IPv6 address, which the URL parser removes', { set: { Host: '[::\t1]' } }, 400],
  ['an IPv6 address without brackets', { set: { Host: '::1' } }, 400],
  ['an IPv6 address', { set: { Host: '[::1]:9001' } }, 101],
  ['an IPv4 address', { set: { Host: '127.0.0.1:9001' } }, 101],
  ['a name with a port', { set: { Host: 'localhost:80' } }, 101],
  ['beyond ASCII', { set: { Host: 'b\xfccher.example' } }, 400],
]);

rule('RFC 9112 §3.2: the four forms of a target [4.2.1-i1]', [
  ['origin-form', { line: 'GET /chat?room=1 HTTP/1.1' }, 101],
  ['origin-form of two slashes', { line: 'GET //chat HTTP/1.1' }, 101],
  ['absolute-form', { line: 'GET http://other.example:81/chat HTTP/1.1' }, 101],
  ['absolute-form of https, in capitals', { line: 'GET HTTPS://other.example HTTP/1.1' }, 101],
  ['absolute-form of ws', { line: 'GET ws://other.example/chat HTTP/1.1' }, 101],
  ['absolute-form of wss', { line: 'GET wss://other.example:444/chat HTTP/1.1' }, 101],
  ['absolute-form of wss without a host', { line: 'GET wss:///chat HTTP/1.1' }, 400],
  ['absolute-form with userinfo', { line: 'GET http://u:p@other.example/chat HTTP/1.1' }, 400],
  ['absolute-form without a host', { line: 'GET http:///chat HTTP/1.1' }, 400],
  ['absolute-form of another scheme', { line: 'GET ftp://other.example/chat HTTP/1.1' }, 400],
  ['absolute-form and no Host', { line: 'GET http://other.example/ HTTP/1.1', set: { Host: undefined } }, 400],
  ['authority-form', { line: 'CONNECT server.example.com:80 HTTP/1.1' }, 400, /request target/],
  ['authority-form with GET', { line: 'GET server.example.com:80 HTTP/1.1' }, 400],
  ['asterisk-form', { line: 'OPTIONS * HTTP/1.1' }, 400, /got "\*"/],
  ['a relative path', { line: 'GET chat HTTP/1.1' }, 400],
  ['a fragment (RFC 6455 §3)', { line: 'GET /chat#top HTTP/1.1' }, 400],
]);

rule(
  'RFC 6455 §4.2.2: a service that is not available [4.2.2-7]',
  [
    ['the path', VALID, 101],
    ['the path with a query', { line: 'GET /chat?x=/ HTTP/1.1' }, 101],
    ['the path of an absolute-form', { line: 'GET http://a/chat?x HTTP/1.1' }, 101],
    ['another path', { line: 'GET /other HTTP/1.1' }, 404],
    ['a longer path', { line: 'GET /chat/ HTTP/1.1' }, 404],
    ['another case', { line: 'GET /CHAT HTTP/1.1' }, 404],
    ['POST to another path', { line: 'POST /other HTTP/1.1' }, 404],
  ],
  { path: '/chat' },
);

rule('RFC 6455 §4.1: the method is GET [4.2.1-i1]', [
  ['POST', { line: 'POST /chat HTTP/1.1' }, 405, /expected GET .*, got "POST"/],
  ['HEAD', { line: 'HEAD /chat HTTP/1.1' }, 405],
  ['get', { line: 'get /chat HTTP/1.1' }, 405],
  ['OPTIONS', { line: 'OPTIONS /chat HTTP/1.1' }, 405],
]);

rule('no body, so that nobody takes frames for one', [
  ['Content-Length: 0', { add: ['Content-Length: 0'] }, 101],
  ['Content-Length: 5', { add: ['Content-Length: 5'] }, 400, /Content-Length: expected none/],
  ['Content-Length: 00', { add: ['Content-Length: 00'] }, 400],
  ['Content-Length: +0', { add: ['Content-Length: +0'] }, 400],
  ['Content-Length: 0 twice', { add: ['Content-Length: 0', 'Content-Length: 0'] }, 400],
  ['Content-Length: 0, 0', { add: ['Content-Length: 0, 0'] }, 400],
  ['Content-Length: empty', { add: ['Content-Length:'] }, 400],
  ['Transfer-Encoding: chunked', { add: ['Transfer-Encoding: chunked'] }, 400, /Transfer-Encoding: expected none/],
  ['Transfer-Encoding: identity', { add: ['Transfer-Encoding: identity'] }, 400],
  ['Transfer-Encoding: empty', { add: ['Transfer-Encoding:'] }, 400],
  ['both', { add: ['Content-Length: 0', 'Transfer-Encoding: chunked'] }, 400],
]);

rule('RFC 9110 §10.1.1: Expect', [
  ['100-continue', { add: ['Expect: 100-continue'] }, 101],
  ['100-Continue', { add: ['Expect: 100-Continue'] }, 101],
  ['nothing', { add: ['Expect:'] }, 101],
  ['something else', { add: ['Expect: tea'] }, 417, /got "tea"/],
  ['something else too', { add: ['Expect: 100-continue, tea'] }, 417],
  ['not a list', { add: ['Expect: 100-continue; q="'] }, 417],
]);

rule('RFC 6455 §4.2.1: Upgrade and Connection [4.2.1-i3] [4.2.1-i4]', [
  [
    'an ordinary GET',
    { set: { Upgrade: undefined, Connection: undefined } },
    426,
    /Upgrade: expected websocket .*proxy_set_header Upgrade \$http_upgrade;/,
  ],
  ['no Upgrade', { set: { Upgrade: undefined } }, 426],
  ['Upgrade to something else', { set: { Upgrade: 'h2c' } }, 426, /got "h2c"/],
  ['Upgrade in capitals', { set: { Upgrade: 'WebSocket' } }, 101],
  ['Upgrade to one of two', { set: { Upgrade: 'h2c, websocket' } }, 101],
  ['Upgrade in two lines', { set: { Upgrade: 'HTTP/2.0' }, add: ['Upgrade: websocket'] }, 101],
  ['Upgrade with a version', { set: { Upgrade: 'websocket/13' } }, 426],
  ['Upgrade to a longer word', { set: { Upgrade: 'websockets' } }, 426],
  ['Upgrade that is not a list', { set: { Upgrade: 'websocket;' } }, 400],
  ['Upgrade with half a version', { set: { Upgrade: 'websocket/' } }, 400],
  ['Upgrade with an empty version', { set: { Upgrade: '/13' } }, 400],
  ['Upgrade that does not begin with a token', { set: { Upgrade: ';' } }, 400],
  ['no Connection', { set: { Connection: undefined } }, 426, /Connection: expected upgrade .*proxy_set_header/],
  ['Connection: keep-alive', { set: { Connection: 'keep-alive' } }, 426],
  ['Connection: keep-alive, UPGRADE', { set: { Connection: 'keep-alive, UPGRADE' } }, 101],
  ['Connection in two lines', { set: { Connection: 'keep-alive' }, add: ['connection: upgrade'] }, 101],
  ['Connection with empty elements', { set: { Connection: ', ,Upgrade ,,' } }, 101],
  ['Connection with a longer word', { set: { Connection: 'upgrades' } }, 426],
  ['Connection that is not a list', { set: { Connection: 'Upgrade Insecure' } }, 400],
]);

rule('RFC 6455 §4.2.1, §11.3.1: Sec-WebSocket-Key [4.2.1-i5] [11.3.1-1]', [
  ['of the RFC’s own sample, not canonical', { set: { 'Sec-WebSocket-Key': 'AQIDBAUGBwgJCgsMDQ4PEC==' } }, 101],
  ['missing', { set: { 'Sec-WebSocket-Key': undefined } }, 400, /Sec-WebSocket-Key: .* got nothing/],
  ['empty', { set: { 'Sec-WebSocket-Key': '' } }, 400],
  ['twice', { add: [`Sec-WebSocket-Key: ${SAMPLE_KEY}`] }, 400],
  ['of 15 bytes', { set: { 'Sec-WebSocket-Key': 'AQIDBAUGBwgJCgsMDQ4P' } }, 400],
  ['of 17 bytes', { set: { 'Sec-WebSocket-Key': 'AQIDBAUGBwgJCgsMDQ4PEBE=' } }, 400],
  ['without padding', { set: { 'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ' } }, 400],
  ['of base64url', { set: { 'Sec-WebSocket-Key': 'dGhl-HNhbXBsZSBub25_ZQ==' } }, 400],
]);

rule('RFC 6455 §4.2.2, §4.4: Sec-WebSocket-Version [4.2.1-i6] [4.2.2-6] [11.3.5-2]', [
  ['missing', { set: { 'Sec-WebSocket-Version': undefined } }, 426, /Version: expected exactly one, 13 .* got nothing/],
  ['8', { set: { 'Sec-WebSocket-Version': '8' } }, 426, /got "8"/],
  ['013', { set: { 'Sec-WebSocket-Version': '013' } }, 426],
  ['13, 8', { set: { 'Sec-WebSocket-Version': '13, 8' } }, 426],
  ['13 twice', { add: ['Sec-WebSocket-Version: 13'] }, 426],
]);

rule('RFC 6455 §4.1: Sec-WebSocket-Protocol [4.2.1-i8] [11.3.4-1]', [
  ['one', { add: ['Sec-WebSocket-Protocol: chat'] }, 101],
  ['two lines', { add: ['Sec-WebSocket-Protocol: chat', 'Sec-WebSocket-Protocol: superchat'] }, 101],
  ['empty elements', { add: ['Sec-WebSocket-Protocol: ,chat,, superchat ,'] }, 101],
  ['empty, which counts as absent', { add: ['Sec-WebSocket-Protocol:'] }, 101],
  ['only empty elements', { add: ['Sec-WebSocket-Protocol: , ,'] }, 101],
  ['one twice', { add: ['Sec-WebSocket-Protocol: chat, chat'] }, 400],
  ['one twice in two lines', { add: ['Sec-WebSocket-Protocol: chat', 'Sec-WebSocket-Protocol: chat'] }, 400],
  ['two that differ only in case', { add: ['Sec-WebSocket-Protocol: chat, Chat'] }, 101],
  ['two words', { add: ['Sec-WebSocket-Protocol: chat room'] }, 400, /a list of tokens/],
  ['no token', { add: ['Sec-WebSocket-Protocol: chat/1'] }, 400],
  ['beyond ASCII', { add: ['Sec-WebSocket-Protocol: ch\xe4t'] }, 400],
]);

rule('RFC 6455 §9.1: Sec-WebSocket-Extensions [4.2.1-i9] [9.1-1]', [
  ['one', { add: ['Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits'] }, 101],
  [
    'one that cannot be used',
    { add: ['Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=1000'] },
    101,
  ],
  [
    'one that nobody knows',
    { add: ['Sec-WebSocket-Extensions: mux; max-channels=4; flow-control, deflate-stream'] },
    101,
  ],
  ['white space everywhere', { add: ['Sec-WebSocket-Extensions: a ; b = c\t;\td = "e" , f'] }, 101],
  ['empty, which counts as absent', { add: ['Sec-WebSocket-Extensions:'] }, 101],
  ['only empty elements', { add: ['Sec-WebSocket-Extensions: , ,'] }, 101],
  ['no name', { add: ['Sec-WebSocket-Extensions: ; b'] }, 400],
  ['no parameter', { add: ['Sec-WebSocket-Extensions: a;'] }, 400],
  ['no value', { add: ['Sec-WebSocket-Extensions: a; b='] }, 400],
  ['a quoted value that is not a token', { add: ['Sec-WebSocket-Extensions: a; b="c d"'] }, 400],
  ['an empty quoted value', { add: ['Sec-WebSocket-Extensions: a; b=""'] }, 400],
  ['a quote without an end', { add: ['Sec-WebSocket-Extensions: a; b="c'] }, 400],
  ['two words', { add: ['Sec-WebSocket-Extensions: a b'] }, 400],
]);

describe('the first broken rule in the order of request-rules.ts determines the response', () => {
  // From the last rule to the first: each row breaks one more, and answers for it.
  const broken: ReadonlyArray<readonly [HeadChanges, number, RegExp]> = [
    [{ set: { Host: 'evil.example' } }, 403, /The host/],
    [{ add: ['Origin: null'] }, 403, /Origin/],
    [{ add: ['Sec-WebSocket-Extensions: ;'] }, 400, /Sec-WebSocket-Extensions/],
    [{ add: ['Sec-WebSocket-Protocol: ;'] }, 400, /Sec-WebSocket-Protocol/],
    [{ set: { 'Sec-WebSocket-Version': '8' } }, 426, /Sec-WebSocket-Version/],
    [{ set: { 'Sec-WebSocket-Key': 'x' } }, 400, /Sec-WebSocket-Key/],
    [{ set: { Connection: 'close' } }, 426, /Connection: expected/],
    [{ set: { Upgrade: 'h2c' } }, 426, /Upgrade: expected/],
    [{ add: ['Expect: tea'] }, 417, /Expect/],
    [{ add: ['Content-Length: 5'] }, 400, /Content-Length/],
    [{ add: ['Transfer-Encoding: chunked'] }, 400, /Transfer-Encoding/],
    [{ line: 'POST /chat HTTP/1.1' }, 405, /The method/],
    [{ line: 'POST /other HTTP/1.1' }, 404, /path/],
    [{ line: 'POST * HTTP/1.1' }, 400, /The request target/],
    [{ set: { Host: 'a b' } }, 400, /Host: expected/],
    [{ line: 'POST * HTTP/1.0' }, 400, /The HTTP version/],
    [{ add: ['X : y'] }, 400, /The request head/],
  ];
  test.each(broken.map((row, index) => [row[2], index] as const))('%s', (says, index) => {
    const changes = broken.slice(0, index + 1).map(([change]) => change);
    const outcome = read(
      request({
        line: changes.findLast(change => change.line)?.line ?? 'GET /chat HTTP/1.1',
        set: Object.assign({}, ...changes.map(change => change.set)),
        add: changes.flatMap(change => change.add ?? []),
      }),
      { path: '/chat', hosts: ['server.example.com'] },
    ) as Refusal;
    expect(outcome.body).toMatch(says);
    expect(outcome.status).toBe(broken[index]![1]);
  });
});

describe('RFC 6455 §10.2: Origin must by default have the host and port of the request', () => {
  const origin = (value: string, host = 'server.example.com') =>
    request({ set: { Host: host }, add: [`Origin: ${value}`] });
  rule('same host [4.2.1-i7] [4.2.1-2]', [
    ['no Origin', VALID, 101],
    ['of http', origin('http://server.example.com'), 101],
    ['of https', origin('https://server.example.com'), 101],
    ['of wss, as native clients send it', origin('wss://server.example.com'), 101],
    ['of ws', origin('ws://server.example.com'), 101],
    ['of wss, with the default port in Origin', origin('wss://a:443', 'a'), 101],
    ['of wss, with the default port in Host', origin('wss://a', 'a:443'), 101],
    ['of ws, with the port of Host', origin('ws://a:8080', 'a:8080'), 101],
    ['in capitals', origin('HTTP://Server.Example.COM'), 101],
    ['with the port of Host', origin('http://a:8080', 'a:8080'), 101],
    ['with the default port that Host spells out', origin('https://a', 'a:443'), 101],
    ['with the default port spelled out', origin('http://a:80', 'a'), 101],
    ['of an IPv6 address', origin('http://[::1]:9001', '[::1]:9001'), 101],
    ['of the absolute-form of ws', request({ line: 'GET ws://b/ HTTP/1.1', add: ['Origin: http://b'] }), 101],
    ['of the absolute-form, not of Host', request({ line: 'GET http://b/ HTTP/1.1', add: ['Origin: http://b'] }), 101],
  ]);
  rule(
    'CSWSH (CVE-2018-14732, CVE-2025-30360, CVE-2025-24010, CVE-2025-24964, CVE-2026-27148, CVE-2024-23898) [4.2.2-4] [4.2.2-5] [10.2-1] [10.2-2]',
    [
      ['evil', origin('http://evil.example'), 403, /got "http:\/\/evil\.example"/],
      ['null', origin('null'), 403],
      ['a foreign IP address', origin('http://203.0.113.7'), 403],
      ['server.example.com.evil', origin('http://server.example.com.evil'), 403],
      ['evil-server.example.com', origin('http://evil-server.example.com'), 403],
      ['another port', origin('http://a:8081', 'a:8080'), 403],
      ['another port than the default', origin('http://a:8080', 'a'), 403],
      ['the default port if Host has another', origin('http://a', 'a:8080'), 403],
      ['the default port of the other scheme', origin('http://a', 'a:443'), 403],
      ['the default port of the other scheme, in Origin', origin('https://a:80', 'a'), 403],
      ['the default port of the other scheme, of wss', origin('wss://a', 'a:80'), 403],
      ['evil, of wss', origin('wss://evil.example'), 403],
      ['a scheme without a default port', origin('app://a', 'a'), 403],
      ['userinfo', origin('http://server.example.com@evil.example'), 403],
      ['a path', origin('http://server.example.com/'), 403],
      ['no scheme', origin('server.example.com'), 403],
      ['no host', origin('http://'), 403],
      ['empty', origin(''), 403],
      ['a list', origin('http://server.example.com http://evil.example'), 403],
      [
        'two headers',
        request({ add: ['Origin: http://server.example.com', 'Origin: http://server.example.com'] }),
        403,
      ],
      [
        'Host while the target names another',
        request({ line: 'GET http://b/ HTTP/1.1', add: ['Origin: http://server.example.com'] }),
        403,
      ],
    ],
  );
  rule(
    'an allow-list is exact [4.2.2-4] [10.2-1] [10.2-2]',
    [
      ['on it', origin('https://allowed.com'), 101],
      ['on it, its port spelled out', origin('https://allowed.com:443'), 101],
      ['on it, with a port', origin('http://allowed.com:3000'), 101],
      ['on it, of its own scheme', origin('chrome-extension://abcdef'), 101],
      ['no Origin', VALID, 101],
      ['another scheme', origin('http://allowed.com'), 403],
      ['another scheme of the same port', origin('wss://allowed.com'), 403],
      ['another port', origin('https://allowed.com:8443'), 403],
      ['allowed.com.evil', origin('https://allowed.com.evil'), 403],
      ['www.allowed.com', origin('https://www.allowed.com'), 403],
      ['the server itself', origin('http://server.example.com'), 403],
      ['null', origin('null'), 403],
      ['malformed', origin('https//allowed.com'), 403],
      ['two headers', request({ add: ['Origin: https://allowed.com', 'Origin: https://allowed.com'] }), 403],
    ],
    { origins: ['https://allowed.com', 'http://allowed.com:3000', 'chrome-extension://abcdef'] },
  );
  rule(
    'a pattern on the allow-list stands for the hosts below its domain',
    [
      ['one below', origin('https://app.allowed.com'), 101],
      ['two below', origin('https://eu.app.allowed.com:443'), 101],
      ['the domain itself', origin('https://allowed.com'), 403],
      ['another scheme', origin('http://app.allowed.com'), 403],
      ['another port', origin('https://app.allowed.com:8443'), 403],
      ['app.allowed.com.evil', origin('https://app.allowed.com.evil'), 403],
      ['evilallowed.com', origin('https://evilallowed.com'), 403],
    ],
    { origins: ['https://*.allowed.com'] },
  );
  rule(
    'a function answers',
    [
      ['yes', origin('https://app.allowed.com'), 101],
      ['no', origin('https://evil.example'), 403, /^This connection is not allowed\.\nOrigin: /],
      ['no Origin', VALID, 101],
      ['it fails, and the client does not learn that', origin('https://oops'), 500, /^The server failed\.\n$/],
    ],
    {
      origins: page => {
        if (page === 'https://oops') throw new Error('a secret');
        return page.endsWith('.allowed.com');
      },
    },
  );
  rule('file:// on the allow-list', [['file://', origin('file://'), 101]], { origins: ['file://'] });
  rule('null on the allow-list', [['null', origin('null'), 101]], { origins: ['null'] });
  rule('an empty allow-list', [['the server itself', origin('http://server.example.com'), 403]], { origins: [] });
  rule(
    "'*' opens",
    [
      ['evil', origin('http://evil.example'), 101],
      ['null', origin('null'), 101],
    ],
    { origins: '*' },
  );
});

rule(
  'hosts: an allow-list for Host, against DNS rebinding',
  [
    ['on it', { set: { Host: 'localhost' } }, 101],
    ['on it, any port', { set: { Host: 'LOCALHOST:1234' } }, 101],
    ['on it, its port', { set: { Host: '127.0.0.1:9001' } }, 101],
    ['another port', { set: { Host: '127.0.0.1:9002' } }, 403],
    ['no port', { set: { Host: '127.0.0.1' } }, 403],
    [
      'evil, and of the same origin',
      { set: { Host: 'evil.example' }, add: ['Origin: http://evil.example'] },
      403,
      /The host: .* got "evil\.example"/,
    ],
    ['localhost.evil.example', { set: { Host: 'localhost.evil.example' } }, 403],
    ['below the domain of a pattern', { set: { Host: 'a.b.pattern.example:9001' } }, 101],
    ['the domain of a pattern', { set: { Host: 'pattern.example' } }, 403],
  ],
  { hosts: ['localhost', '127.0.0.1:9001', '*.pattern.example'] },
);
