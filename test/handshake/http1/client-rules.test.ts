/** Every rule of the response head, each vector in every segmentation. */
import { describe, expect, test } from 'vitest';
import { HandshakeError } from '../../../src/errors.js';
import type { Agreement } from '../../../src/handshake/agreement.js';
import { ClientHandshake, type ClientHandshakeOptions } from '../../../src/handshake/http1/client-handshake.js';
import { type HeadChanges, response, SAMPLE_KEY } from '../../helpers/sample-heads.js';
import { type Reading, readEverySplit } from './segmentation.js';

type Options = Partial<ClientHandshakeOptions>;
/** `says` is held against the message, the hint and the agreement of the outcome; 'more' stands for no outcome yet. */
type Vector = readonly [
  title: string,
  response: string | HeadChanges,
  kind: 'agreed' | 'failed' | 'more',
  says?: RegExp,
];

function read(text: string, options: Options = {}): Reading<Agreement | HandshakeError> {
  return readEverySplit(
    () => new ClientHandshake({ host: 'server.example.com', target: '/chat', ...options }, SAMPLE_KEY),
    text,
    outcome => !(outcome instanceof HandshakeError),
  );
}

function kindOf(outcome: Agreement | HandshakeError | undefined): Vector[2] {
  if (outcome === undefined) return 'more';
  return outcome instanceof HandshakeError ? 'failed' : 'agreed';
}

function rule(title: string, vectors: readonly Vector[], options?: Options): void {
  describe(title, () => {
    for (const [name, vector, kind, says] of vectors) {
      test(`${name}: ${kind}`, () => {
        const { outcome } = read(typeof vector === 'string' ? vector : response(vector), options);
        expect(kindOf(outcome)).toBe(kind);
        if (!(outcome instanceof HandshakeError)) return;
        expect(outcome).toMatchObject({ phase: 'response', fault: 'peer' });
        expect(outcome.hint).toMatch(/./);
        if (says !== undefined) expect(`${outcome.summary}\n${outcome.hint}`).toMatch(says);
      });
    }
  });
}

rule('RFC 6455 §4.1: the response of §1.3', [
  ['whole', {}, 'agreed'],
  ['its last byte missing', response().slice(0, -1), 'more'],
  ['nothing', '', 'more'],
  [
    'names and values in another case',
    'HTTP/1.1 101 \r\nUPGRADE: WebSocket\r\nconnection: upgrade\r\nsec-websocket-accept:s3pPLMBiTxaQ9kYGzzhZRbK+xOo= \t\r\n\r\n',
    'agreed',
  ],
  ['no reason phrase, nor the space before it', { line: 'HTTP/1.1 101' }, 'agreed'],
  ['of HTTP/1.2', { line: 'HTTP/1.2 101 x' }, 'agreed'],
  [
    'of HTTP/1.0',
    { line: 'HTTP/1.0 101 x' },
    'failed',
    /HTTP version: expected 1.1, got "1.0".*\n.*proxy_http_version 1\.1;/,
  ],
]);

rule('bytes that are not an HTTP/1.1 response [4.1-47]', [
  ['TLS', '\x15\x03\x01\0\x02\x02\x50', 'failed', /TLS: try wss/],
  ['SSH', 'SSH-2.0-OpenSSH_9.2\r\n', 'failed', /SSH/],
  ['SMTP', '220 mail.example ESMTP\r\n', 'failed', /mail or FTP/],
  ['POP3', '+OK ready\r\n', 'failed', /mail server/],
  ['HTTP/2', '\0\0\x12\x04\0\0\0\0\0', 'failed', /HTTP\/2 only/],
  ['HTTP/2.0', { line: 'HTTP/2.0 101 x' }, 'failed', /HTTP version/],
  ['HTML', '<html>\n', 'failed', /not HTTP/],
  ['an empty line before it', `\r\n${response()}`, 'failed', /status line/],
  ['a status of two digits', { line: 'HTTP/1.1 99 x' }, 'failed', /a status line.*malformed/s],
  ['a status of four digits', { line: 'HTTP/1.1 1011 x' }, 'failed'],
  ['a status of letters', { line: 'HTTP/1.1 OK x' }, 'failed'],
  ['a status like 1e2', { line: 'HTTP/1.1 1e2 x' }, 'failed'],
  ['two spaces', { line: 'HTTP/1.1  101 x' }, 'failed'],
  ['a bare LF', response().replace('\r\n', '\n'), 'failed', /LF without CR/],
  ['obs-fold', response().replace('Upgrade: ', 'Upgrade:\r\n '), 'failed'],
  ['a space before the colon', response().replace('Upgrade:', 'Upgrade :'), 'failed'],
]);

rule('Upgrade = websocket [4.1-42]', [
  ['missing', { set: { Upgrade: undefined } }, 'failed', /Upgrade: expected websocket, got nothing/],
  ['another', { set: { Upgrade: 'h2c' } }, 'failed', /got "h2c"/],
  ['a list', { set: { Upgrade: 'websocket, h2c' } }, 'failed'],
  ['twice', { add: ['Upgrade: websocket'] }, 'failed'],
]);

rule('Connection holds upgrade [4.1-43]', [
  ['missing', { set: { Connection: undefined } }, 'failed', /Connection: expected/],
  ['another', { set: { Connection: 'close' } }, 'failed'],
  ['one of two values', { set: { Connection: 'keep-alive, Upgrade' } }, 'agreed'],
  ['in two lines', { set: { Connection: 'keep-alive' }, add: ['Connection: upgrade'] }, 'agreed'],
  ['not a list', { set: { Connection: 'Upgrade;' } }, 'failed'],
]);

rule('exactly one Sec-WebSocket-Accept [4.1-44] [11.3.3-1]', [
  [
    'missing',
    { set: { 'Sec-WebSocket-Accept': undefined } },
    'failed',
    /s3pPLMBiTxaQ9kYGzzhZRbK\+xOo=, .* got nothing/,
  ],
  ['wrong', { set: { 'Sec-WebSocket-Accept': 'AAAALMBiTxaQ9kYGzzhZRbK+xOo=' } }, 'failed'],
  ['in another case', { set: { 'Sec-WebSocket-Accept': 'S3PPLMBiTxaQ9kYGzzhZRbK+xOo=' } }, 'failed'],
  ['twice', { add: ['Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo='] }, 'failed'],
  ['the key itself', { set: { 'Sec-WebSocket-Accept': SAMPLE_KEY } }, 'failed'],
]);

rule(
  'Sec-WebSocket-Protocol: one of those offered [4.1-46] [11.3.4-2]',
  [
    ['none', {}, 'agreed'],
    ['one', { add: ['Sec-WebSocket-Protocol: superchat'] }, 'agreed'],
    ['not offered', { add: ['Sec-WebSocket-Protocol: other'] }, 'failed', /\(chat, superchat\).* got "other"/],
    ['in another case', { add: ['Sec-WebSocket-Protocol: Chat'] }, 'failed'],
    ['a list', { add: ['Sec-WebSocket-Protocol: chat, superchat'] }, 'failed'],
    ['twice', { add: ['Sec-WebSocket-Protocol: chat', 'Sec-WebSocket-Protocol: chat'] }, 'failed'],
    ['two', { add: ['Sec-WebSocket-Protocol: chat', 'Sec-WebSocket-Protocol: superchat'] }, 'failed'],
    ['empty, which counts as absent', { add: ['Sec-WebSocket-Protocol:'] }, 'agreed'],
    ['empty beside one', { add: ['Sec-WebSocket-Protocol:', 'Sec-WebSocket-Protocol: chat'] }, 'agreed'],
  ],
  { subprotocols: ['chat', 'superchat'] },
);

rule('a subprotocol where none was offered [4.1-46]', [
  ['one', { add: ['Sec-WebSocket-Protocol: chat'] }, 'failed', /offered \(none\)/],
  ['as an extension', { add: ['Sec-WebSocket-Extensions: a'] }, 'failed', /offered \(none\)/],
  ['constructor', { add: ['Sec-WebSocket-Protocol: constructor'] }, 'failed'],
  ['an empty one, as the Kubernetes API sends', { add: ['Sec-WebSocket-Protocol:'] }, 'agreed'],
]);

rule(
  'RFC 6455 §9.1: Sec-WebSocket-Extensions: some of those offered [4.1-45] [9.1-1]',
  [
    ['none', {}, 'agreed'],
    ['one', { add: ['Sec-WebSocket-Extensions: a; b'] }, 'agreed'],
    ['both, in two lines', { add: ['Sec-WebSocket-Extensions: c', 'Sec-WebSocket-Extensions: a'] }, 'agreed'],
    ['not offered', { add: ['Sec-WebSocket-Extensions: d'] }, 'failed', /\(a, c\), each once, got "d"/],
    ['one of two not offered', { add: ['Sec-WebSocket-Extensions: a, d'] }, 'failed'],
    ['one twice', { add: ['Sec-WebSocket-Extensions: a, a'] }, 'failed'],
    ['malformed', { add: ['Sec-WebSocket-Extensions: a; b="'] }, 'failed'],
    ['empty, which counts as absent', { add: ['Sec-WebSocket-Extensions:'] }, 'agreed'],
  ],
  {
    extensions: [
      { name: 'a', parameters: [['b', true]] },
      { name: 'c', parameters: [] },
    ],
  },
);

rule('an extension where none was offered [4.1-45]', [
  ['one', { add: ['Sec-WebSocket-Extensions: permessage-deflate'] }, 'failed', /offered \(none\)/],
]);

const interim = (count: number) => 'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n'.repeat(count);

rule('RFC 9110 §15.2: interim responses', [
  ['a 100', `HTTP/1.1 100 Continue\r\n\r\n${response()}`, 'agreed'],
  ['five', interim(5) + response(), 'agreed'],
  ['six', interim(6) + response(), 'failed', /more than 5 interim/],
  ['one, and a refusal', `${interim(1)}HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n`, 'failed', /403 Forbidden/],
]);

const padded = (size: number) => {
  const frame = interim(2) + response({ add: ['X: '] });
  return interim(2) + response({ add: [`X: ${'x'.repeat(size - frame.length)}`] });
};

rule(
  'limits, interim responses included',
  [
    ['500 bytes', padded(500), 'agreed'],
    ['501 bytes', padded(501), 'failed', /at most 500 bytes/],
    ['a status line without an end', `HTTP/1.1 101 ${'x'.repeat(500)}`, 'failed', /first line of at most 500 bytes/],
    ['6 header lines', { add: ['a:', 'a:', 'a:'] }, 'agreed'],
    ['7 header lines', { add: ['a:', 'a:', 'a:', 'a:'] }, 'failed', /at most 6 header lines/],
  ],
  { maxHeadSize: 500, maxHeaderLines: 6 },
);

describe('a response that agrees', () => {
  test('has subprotocol, extensions and headers', () => {
    const text = response({
      add: ['Sec-WebSocket-Protocol: chat', 'Sec-WebSocket-Extensions: a; b="c"; d', 'Set-Cookie: e=f'],
    });
    const { outcome } = read(text, { subprotocols: ['chat'], extensions: [{ name: 'a', parameters: [] }] });
    expect(outcome).toMatchObject({
      subprotocol: 'chat',
      extensions: [
        {
          name: 'a',
          parameters: [
            ['b', 'c'],
            ['d', true],
          ],
        },
      ],
    });
    expect((outcome as Agreement).headers.get('set-cookie')).toBe('e=f');
  });

  test('has no subprotocol and no extensions if the server names none', () => {
    expect(read(response(), { subprotocols: ['chat'] }).outcome).toMatchObject({ subprotocol: '', extensions: [] });
  });

  test('does not have the headers of interim responses', () => {
    const { headers } = read(interim(2) + response()).outcome as Agreement;
    expect(headers.lines.map(([name]) => name)).toEqual(['Upgrade', 'Connection', 'Sec-WebSocket-Accept']);
  });

  test('leaves the bytes after it to the connection', () => {
    expect(read(`${response()}\x81\x02hi\r\n\r\n`).rest).toBe('\x81\x02hi\r\n\r\n');
  });
});

const refused = (status: string, headers: readonly string[] = [], body = '') =>
  [`HTTP/1.1 ${status}`, ...headers, `Content-Length: ${body.length}`, '', body].join('\r\n');

rule('a response other than 101 says what is likely wrong', [
  [
    '200 with a page',
    refused('200 OK', ['Content-Type: text/html; charset=utf-8'], '<p>'),
    'failed',
    /web page.*proxy_set_header Upgrade/,
  ],
  ['200', refused('200 OK'), 'failed', /ordinary HTTP resource.*proxy_set_header Upgrade/],
  ['301', refused('301 Moved', ['Location: /new']), 'failed', /redirect to "\/new"/],
  ['307 without Location', refused('307 Moved'), 'failed', /redirect without a Location header/],
  ['400', refused('400 Bad Request'), 'failed', /malformed; a proxy/],
  ['400 of a TLS port', refused('400 Bad Request', [], 'sent to an HTTPS server'), 'failed', /TLS: try wss/],
  ['401', refused('401 Unauthorized', ['WWW-Authenticate: Basic realm="x"']), 'failed', /credentials: "Basic/],
  ['401 without a challenge', refused('401 Unauthorized'), 'failed', /credentials, but does not say which/],
  ['403', refused('403 Forbidden'), 'failed', /Origin/],
  ['404', refused('404 Not Found'), 'failed', /404 Not Found\n.*path.*proxy_set_header Upgrade/s],
  ['410', refused('410 Gone'), 'failed', /refuses the request/],
  ['426', refused('426 Upgrade Required'), 'failed', /did not see a WebSocket request/],
  [
    '426 of our version',
    refused('426 x', ['Sec-WebSocket-Version: 8, 13', 'Upgrade: websocket']),
    'failed',
    /did not see/,
  ],
  ['426 of other versions', refused('426 x', ['Sec-WebSocket-Version: 8, 7']), 'failed', /versions .*"8, 7"/],
  ['426 of another protocol', refused('426 x', ['Upgrade: TLS/1.2']), 'failed', /asks for "TLS\/1.2"/],
  ['502', refused('502 Bad Gateway'), 'failed', /gateway/],
  ['500', refused('500 Oops'), 'failed', /the server failed/],
  ['999', refused('999 Oops'), 'failed', /999 Oops/],
  ['404 without a reason', refused('404'), 'failed', /answered 404\n/],
  [
    'a 404 of HTTP/1.0',
    'HTTP/1.0 404 Not Found\r\nContent-Length: 0\r\n\r\n',
    'failed',
    /404.*\n.*proxy_http_version 1\.1;/,
  ],
]);
