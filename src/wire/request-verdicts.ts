import { type ExtensionOffer, parseExtensions } from '../handshake/extension-header.js';
import { parseList, parseTokenList } from '../handshake/grammar.js';
import { isKey } from '../handshake/http1/key.js';
import { parseRequestLine } from '../handshake/http1/start-line.js';
import { parseAuthority, parseRequestTarget } from '../handshake/request-target.js';
import { parseSubprotocols } from '../handshake/subprotocol.js';
import { HeaderFields } from '../header-fields.js';
import { faultOfOffer, PERMESSAGE_DEFLATE } from '../permessage-deflate/parameters.js';
import { requestHeaderNote, requestLineNote } from './head-notes.js';
import type { Finding, JudgedLine } from './items.js';
import { note, once, ParsedHead, type PlacedLine, type Rule, right, wrong } from './parsed-head.js';

/** What the response to a request must match. */
export interface HandshakeRequest {
  readonly method: string;
  readonly target: string;
  /** Whether anything in it asks for a WebSocket. */
  readonly isWebSocket: boolean;
  readonly host: string | undefined;
  readonly origin: string | undefined;
  readonly key: string | undefined;
  readonly subprotocols: readonly string[];
  readonly extensions: readonly ExtensionOffer[];
  /** Without malformed lines. */
  readonly headers: HeaderFields;
  /** The size of the body. */
  readonly contentLength: number;
}

export interface JudgedRequest {
  readonly lines: readonly JudgedLine[];
  readonly findings: readonly Finding[];
  readonly facts: HandshakeRequest;
}

/** The keys in the examples of RFC 6455 (§1.2, §1.3, §4.2.2). */
const SAMPLE_KEYS: readonly string[] = [
  'dGhlIHNhbXBsZSBub25jZQ==',
  'x3JJHMbDL1EzLkh9GBhXDw==',
  'AQIDBAUGBwgJCgsMDQ4PEC==',
];

/** Judges the request of an opening handshake, line by line (RFC 6455 §4.1, §4.2.1). */
export function judgeRequest(placed: readonly PlacedLine[], isCutOff: boolean): JudgedRequest {
  const head = new ParsedHead(placed, isCutOff);
  const start = parseRequestLine(head.startLine);
  const isWebSocket = [
    'upgrade',
    'sec-websocket-key',
    'sec-websocket-version',
    'sec-websocket-protocol',
    'sec-websocket-extensions',
  ].some(name => head.has(name));
  const rules = isWebSocket ? RULES : PLAIN_RULES;
  const [host] = head.all('host');
  return {
    lines: head.judged(judgeRequestLine(head.startLine, isWebSocket), name => rules.get(name) ?? OTHERS.get(name)),
    findings: [...(isCutOff ? [] : findingsOf(head, start?.method, isWebSocket)), ...head.sizeFindings],
    facts: {
      method: start?.method ?? '',
      target: start?.target ?? '',
      isWebSocket,
      host,
      origin: head.all('origin')[0],
      key: head.all('sec-websocket-key')[0],
      subprotocols: parseTokenList(head.all('sec-websocket-protocol')) ?? [],
      extensions: parseExtensions(head.all('sec-websocket-extensions')) ?? [],
      headers: new HeaderFields(head.lines),
      contentLength: Number(/^\d{1,15}$/.exec(head.all('content-length')[0] ?? '')?.[0] ?? 0),
    },
  };
}

function findingsOf(head: ParsedHead, method: string | undefined, isWebSocket: boolean): Finding[] {
  if (method === 'CONNECT') return [];
  return isWebSocket ? missing(head) : [PLAIN];
}

const PLAIN: Finding = note('an ordinary HTTP request: nothing in it asks for a WebSocket', '§4.1');

function judgeRequestLine(line: string, isWebSocket: boolean): Finding {
  const start = parseRequestLine(line);
  if (start === undefined) return wrong('not a request line: expected `GET /path HTTP/1.1`', 'RFC 9112 §3');
  const { method, target, version } = start;
  if (method === 'CONNECT') return note('asks a proxy for a tunnel; the handshake follows', 'RFC 9110 §9.3.6');
  if (!isWebSocket) return note('');
  // "The method of the request MUST be GET, and the HTTP version MUST be at least 1.1."
  if (method !== 'GET') return wrong(`the method must be GET, not ${method}`, '§4.1');
  if (version === '1.0' || version.startsWith('0')) {
    return wrong(`HTTP/${version} has no Upgrade; at least 1.1 is needed`, '§4.1');
  }
  if (!version.startsWith('1.'))
    return wrong(`HTTP/${version} has no Upgrade either: it uses CONNECT (RFC 8441)`, '§4.1');
  // "The "Request-URI" part of the request MUST match the /resource name/ … or be an absolute http/https URI".
  if (parseRequestTarget(target) === undefined) return wrong('the target must be a path or an http URI', '§4.1');
  return right(requestLineNote(line), '§4.1');
}

/** What every opening handshake must have (§4.1, the list of twelve requirements). */
const REQUIRED: ReadonlyArray<readonly [name: string, spelled: string, advice: string]> = [
  ['host', 'Host', ''],
  ['upgrade', 'Upgrade', ': without `Upgrade: websocket` a server sees plain HTTP'],
  ['connection', 'Connection', ': without `Connection: Upgrade` a server or proxy ignores Upgrade'],
  ['sec-websocket-key', 'Sec-WebSocket-Key', ''],
  ['sec-websocket-version', 'Sec-WebSocket-Version', ''],
];

function missing(head: ParsedHead): Finding[] {
  return REQUIRED.filter(([name]) => !head.has(name)).map(([, spelled, advice]) =>
    wrong(`${spelled} is missing${advice}`, '§4.1'),
  );
}

const RULES: ReadonlyMap<string, Rule> = new Map<string, Rule>([
  [
    'host',
    once('RFC 9112 §3.2', value =>
      parseAuthority(value) === undefined
        ? wrong('must be `host` or `host:port`', 'RFC 9112 §3.2')
        : right(requestHeaderNote('host'), '§4.1'),
    ),
  ],
  // "The request MUST contain an |Upgrade| header field whose value MUST include the "websocket" keyword."
  [
    'upgrade',
    (value, all) => {
      const names = parseList([value], scanner => {
        const name = scanner.token();
        if (scanner.take('/')) scanner.token();
        return name;
      });
      if (names?.some(isWebSocketToken)) return right(requestHeaderNote('upgrade'), '§4.1');
      return all.length > 1 ? note('') : wrong('must contain websocket', '§4.1');
    },
  ],
  // "The request MUST contain a |Connection| header field whose value MUST include the "Upgrade" token."
  [
    'connection',
    (value, all) => {
      if (hasUpgrade([value])) return right(requestHeaderNote('connection'), '§4.1');
      return hasUpgrade(all) ? note('') : wrong('must contain Upgrade: did a proxy replace it?', '§4.1');
    },
  ],
  // "… a nonce consisting of a randomly selected 16-byte value that has been base64-encoded"
  [
    'sec-websocket-key',
    once('§11.3.1', value => {
      if (!isKey(value)) return wrong('must be the base64 of 16 bytes', '§4.1');
      if (SAMPLE_KEYS.includes(value)) return note('the example of the RFC; it should be random', '§4.1');
      return right(requestHeaderNote('sec-websocket-key'), '§4.1');
    }),
  ],
  // "The value of this header field MUST be 13."
  [
    'sec-websocket-version',
    once('§11.3.5', value =>
      value === '13' ? right(requestHeaderNote('sec-websocket-version'), '§4.1') : wrong('must be 13', '§4.1'),
    ),
  ],
  // "The elements that comprise this value MUST be non-empty strings … and MUST all be unique strings."
  [
    'sec-websocket-protocol',
    (value, all) => {
      if (value === '') return wrong('must not be empty', '§4.1');
      const tokens = parseTokenList([value]);
      if (tokens === undefined) return wrong('must be a list of tokens, such as `chat, v2`', '§4.1');
      if (parseSubprotocols(all) === undefined) return wrong('each subprotocol must appear once', '§4.1');
      return right(
        tokens.length === 1 ? 'the subprotocol offered' : 'the subprotocols offered, preferred first',
        '§4.1',
      );
    },
  ],
  [
    'sec-websocket-extensions',
    value => {
      const offers = parseExtensions([value]);
      if (offers === undefined) return wrong('must be a list of `name; parameter=token`', '§9.1');
      if (offers.length === 0) return wrong('must not be empty', '§9.1');
      const fault = offers
        .filter(({ name }) => name === PERMESSAGE_DEFLATE)
        .map(faultOfOffer)
        .find(Boolean);
      return fault === undefined
        ? right(requestHeaderNote('sec-websocket-extensions'), '§9.1')
        : wrong(`a server declines it: ${fault}`, 'RFC 7692 §7');
    },
  ],
  ['sec-websocket-accept', () => wrong('belongs in the response', '§11.3.3')],
  ['origin', once('§4.1', () => note(requestHeaderNote('origin'), '§10.2'))],
  // RFC 6455 has no rule, but the bytes of a body would be taken for frames or frames for a body.
  ['transfer-encoding', () => wrong('an opening handshake has no body', '§4.1')],
  ['content-length', value => (value === '0' ? note('') : wrong('an opening handshake has no body', '§4.1'))],
]);

const PLAIN_RULES: ReadonlyMap<string, Rule> = new Map();

const FROM_PROXY: Rule = () => note('a proxy added this');
const SECRET: Rule = () => note('a secret: remove it before you share this');

/** Headers that have no rule, but say something about the way the request took. */
const OTHERS: ReadonlyMap<string, Rule> = new Map([
  ...['via', 'forwarded', 'x-forwarded-for', 'x-forwarded-proto', 'x-forwarded-host', 'x-real-ip'].map(
    name => [name, FROM_PROXY] as const,
  ),
  ...['cookie', 'authorization', 'proxy-authorization'].map(name => [name, SECRET] as const),
]);

function isWebSocketToken(name: string): boolean {
  return name.toLowerCase() === 'websocket';
}

/** Whether a Connection header has the token `Upgrade`, in any case. */
export function hasUpgrade(lines: readonly string[]): boolean {
  return parseTokenList(lines)?.some(token => token.toLowerCase() === 'upgrade') ?? false;
}
