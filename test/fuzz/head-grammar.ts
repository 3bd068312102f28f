import { SAMPLE_ACCEPT, SAMPLE_KEY } from '../helpers/sample-heads.js';
import type { Random } from './random.js';

/** Generates heads by the grammar of RFC 9112 and RFC 6455 §4. Each character of the text is one byte. */

const METHODS = [
  'GET',
  'GET',
  'GET',
  'GET',
  'GET',
  'GET',
  'HEAD',
  'POST',
  'get',
  'OPTIONS',
  'CONNECT',
  'PRI',
  '__proto__',
];
const VERSIONS = ['1.1', '1.1', '1.1', '1.1', '1.1', '1.2', '1.0', '2.0', '0.9', '1.10', '1'];
const HOSTS = [
  'server.example.com',
  'server.example.com',
  'a:80',
  'a:8080',
  '[::1]:9001',
  '127.0.0.1',
  'A.b',
  'a:',
  'a:65536',
  '[1::2::3]',
  'u@a',
  '',
];
const TARGETS = [
  '/chat',
  '/chat',
  '/chat?room=1',
  '/',
  '//a',
  'http://a/chat',
  'wss://a:443/chat',
  'HTTPS://a:1?x',
  'http://u@a/',
  'http://',
  '*',
  'a:80',
  '/a|{}%',
  '/a#b',
  '/?a=/?',
];
const STATUSES = [
  '101',
  '101',
  '101',
  '101',
  '101',
  '100',
  '103',
  '200',
  '204',
  '301',
  '304',
  '400',
  '401',
  '404',
  '426',
  '500',
  '999',
  '099',
  '1e2',
];
const REASONS = ['Switching Protocols', 'Switching Protocols', '', 'caf\xe9', '\x80\x9f', '"\\'];
const TOKENS = [
  'a',
  'chat',
  'superchat',
  'permessage-deflate',
  'client_max_window_bits',
  'x-y',
  '__proto__',
  'constructor',
  '13',
  "!#$%&'*+.^_`|~-",
];
const SPACES = ['', '', '', ' ', ' ', '\t', ' \t '];
const SEPARATORS = [', ', ',', ' , ', ',,', ',\t,', ' '];

/** Values for each header, mostly acceptable ones. */
const REQUEST_HEADERS: ReadonlyArray<readonly [name: string, always: boolean, value: (random: Random) => string]> = [
  ['Host', true, random => random.pick(HOSTS)],
  ['Upgrade', true, random => often(random, 'websocket', ['WebSocket', 'h2c, websocket', 'websocket/13', 'h2c', 'a/'])],
  ['Connection', true, random => often(random, 'Upgrade', ['keep-alive, upgrade', 'close', ',UPGRADE,', 'a b'])],
  ['Sec-WebSocket-Key', true, random => often(random, SAMPLE_KEY, ['AQIDBAUGBwgJCgsMDQ4PEC==', 'x', `${SAMPLE_KEY}=`])],
  ['Sec-WebSocket-Version', true, random => often(random, '13', ['8', '13, 8', '013', ''])],
  ['Sec-WebSocket-Protocol', false, random => list(random, token)],
  ['Sec-WebSocket-Extensions', false, random => list(random, extension)],
  [
    'Origin',
    false,
    random =>
      often(random, 'http://server.example.com', [
        'null',
        'https://a',
        'wss://server.example.com',
        'https://b.example.com',
        'http://a:8080',
        'app://a',
        'file://',
        '',
      ]),
  ],
  ['Content-Length', false, random => random.pick(['0', '0', '5', '00', '-1'])],
  ['Transfer-Encoding', false, random => random.pick(['chunked', 'identity', ''])],
  ['Expect', false, random => random.pick(['100-continue', '100-Continue', 'tea', ','])],
  ['X-Anything', false, text],
];

const RESPONSE_HEADERS: typeof REQUEST_HEADERS = [
  ['Upgrade', true, random => often(random, 'websocket', ['WebSocket', 'h2c', 'websocket, h2c'])],
  ['Connection', true, random => often(random, 'Upgrade', ['close', 'a, upgrade', 'a b'])],
  ['Sec-WebSocket-Accept', true, random => often(random, SAMPLE_ACCEPT, ['x', SAMPLE_ACCEPT.toLowerCase()])],
  ['Sec-WebSocket-Protocol', false, random => often(random, 'chat', ['superchat', 'other', 'chat, superchat', ''])],
  ['Sec-WebSocket-Extensions', false, random => often(random, 'permessage-deflate', [list(random, extension), 'mux'])],
  ['Content-Length', false, random => random.pick(['0', '3', '99999999999999999999', '1e1', '-0'])],
  ['Transfer-Encoding', false, random => random.pick(['chunked', 'gzip, chunked', 'chunked, gzip'])],
  ['Content-Type', false, random => random.pick(['text/html', 'text/plain'])],
  ['Location', false, random => random.pick(['/', 'wss://a/', '\x85'])],
  ['WWW-Authenticate', false, text],
  ['Set-Cookie', false, text],
];

/** Bytes after a head: frames, a body, a second head. */
const AFTER = [
  '',
  '',
  '',
  '\x81\x00',
  'abc',
  '3\r\nabc\r\n0\r\n\r\n',
  'ffffffffff\r\n',
  'GET / HTTP/1.1\r\n\r\n',
  '\0\xff',
];

export function request(random: Random): string {
  const empty = random.oneIn(16) ? '\r\n'.repeat(1 + random.few(2)) : '';
  const line = `${empty}${random.pick(METHODS)} ${random.pick(TARGETS)} HTTP/${random.pick(VERSIONS)}`;
  return [line, ...headers(random, REQUEST_HEADERS), '', ''].join('\r\n') + random.pick(AFTER);
}

export function response(random: Random): string {
  const interim = random.oneIn(6) ? `HTTP/1.1 1${random.below(100)} x\r\n\r\n`.repeat(random.few(7)) : '';
  const line = `HTTP/${often(random, '1.1', VERSIONS)} ${random.pick(STATUSES)} ${random.pick(REASONS)}`;
  return interim + [line, ...headers(random, RESPONSE_HEADERS), '', ''].join('\r\n') + random.pick(AFTER);
}

function headers(random: Random, table: typeof REQUEST_HEADERS): string[] {
  const lines = table
    .filter(([, always]) => (always ? !random.oneIn(40) : random.oneIn(4)))
    .map(([name, , value]) => `${spelled(random, name)}:${random.pick(SPACES)}${value(random)}${random.pick(SPACES)}`);
  if (lines.length > 0 && random.oneIn(12)) lines.push(random.pick(lines));
  return random.oneIn(2) ? lines : random.shuffled(lines);
}

function often(random: Random, value: string, others: readonly string[]): string {
  return random.oneIn(8) ? random.pick(others) : value;
}

function spelled(random: Random, name: string): string {
  return random.oneIn(8) ? random.pick([name.toLowerCase(), name.toUpperCase()]) : name;
}

function text(random: Random): string {
  return random.pick(['', 'a b', '"', '\xe4\xff', 'a\tb', '__proto__', 'x'.repeat(random.few(9) * 40)]);
}

function list(random: Random, element: (random: Random) => string): string {
  return Array.from({ length: 1 + random.few(4) }, () => element(random)).join(random.pick(SEPARATORS));
}

function token(random: Random): string {
  return random.pick(TOKENS);
}

function extension(random: Random): string {
  const parameters = Array.from({ length: random.few(4) }, () => {
    const value = random.pick(['', `=${token(random)}`, `="${token(random)}"`, '="\\a\\b"', '=', '=""', '="a b"']);
    return `${random.pick(SPACES)};${random.pick(SPACES)}${token(random)}${value}`;
  });
  return token(random) + parameters.join('');
}

/** Mutates a head at the level of lines and tokens. */
export function mutateHead(head: string, isRequest: boolean, random: Random): string {
  const lines = head.split('\r\n');
  const at = random.below(lines.length);
  const line = lines[at]!;
  switch (random.below(9)) {
    case 0:
      lines.splice(at, 1);
      break;
    case 1:
      lines.splice(at, 0, ...Array.from({ length: random.oneIn(6) ? 120 : 1 }, () => random.pick(lines)));
      break;
    case 2:
      lines.splice(at, 0, ...headers(random, isRequest ? REQUEST_HEADERS : RESPONSE_HEADERS));
      break;
    case 3:
      lines[at] = random.pick([' ', '\t', '']) + line + random.pick(['\n', '\r', ' ', '\0', '']);
      break;
    case 4:
      return head.replace('\r\n', random.pick(['\n', '\r', '\r\r\n', '\n\r', '']));
    case 5:
      lines[at] = replacedToken(line, random);
      break;
    case 6:
      lines[at] = line.replace(/:.*/s, `: ${list(random, random.oneIn(2) ? extension : token)}`);
      break;
    case 7:
      lines[at] =
        line +
        random
          .pick([' ', ',', ';', '\\c', '"', 'a', ';a=', ' ,'])
          .repeat(random.oneIn(6) ? random.pick([700, 9_000]) : 1 + random.few(8));
      break;
    default: {
      const other = random.below(lines.length);
      [lines[at], lines[other]] = [lines[other]!, line];
    }
  }
  return lines.join('\r\n');
}

function replacedToken(line: string, random: Random): string {
  const tokens = line.split(/([ \t,;:="/]+)/);
  const at = random.below(tokens.length);
  tokens[at] = random.pick([
    token(random),
    '',
    tokens[at]! + tokens[at]!,
    random.pick(HOSTS),
    random.pick(VERSIONS),
    random.pick(STATUSES),
  ]);
  return tokens.join('');
}
