import { type ExtensionOffer, parseExtensions } from '../handshake/extension-header.js';
import { isToken } from '../handshake/grammar.js';
import { acceptOf, GUID } from '../handshake/http1/key.js';
import { parseStatusLine } from '../handshake/http1/start-line.js';
import { HeaderFields } from '../header-fields.js';
import {
  type DeflateParameters,
  judgeResponse as judgeDeflate,
  PERMESSAGE_DEFLATE,
} from '../permessage-deflate/parameters.js';
import { mistakeInAccept } from './accept-mistakes.js';
import { agreementNote, refusalNote, statusLineNote } from './head-notes.js';
import type { AcceptArithmetic, Finding, JudgedLine } from './items.js';
import { note, once, ParsedHead, type PlacedLine, type Rule, right, wrong } from './parsed-head.js';
import { type HandshakeRequest, hasUpgrade } from './request-verdicts.js';

export interface JudgedResponse {
  readonly lines: readonly JudgedLine[];
  readonly findings: readonly Finding[];
  readonly status: number | undefined;
  readonly accept: AcceptArithmetic | undefined;
  /** Whether a client accepts it as the end of the opening handshake. */
  readonly isWebSocket: boolean;
  /** The parameters of permessage-deflate, if it was agreed on. */
  readonly deflate: DeflateParameters | undefined;
  /** The subprotocol of a 101, '' if there is none. */
  readonly subprotocol: string;
  /** Of HTTP, such as `1.1`. */
  readonly version: string;
  readonly reason: string;
  /** Without malformed lines. */
  readonly headers: HeaderFields;
}

/** A server that agrees to compress in a way that no client accepts compresses nevertheless. */
const DEFAULT_DEFLATE: DeflateParameters = {
  serverNoContextTakeover: false,
  clientNoContextTakeover: false,
  serverMaxWindowBits: 15,
  clientMaxWindowBits: 15,
};

/**
 * Judges the response of an opening handshake, line by line (RFC 6455 §4.1, "The client MUST validate the server's
 * response as follows").
 *
 * @param request undefined if it is not in the capture
 */
export function judgeResponse(
  placed: readonly PlacedLine[],
  request: HandshakeRequest | undefined,
  isCutOff: boolean,
): JudgedResponse {
  const head = new ParsedHead(placed, isCutOff);
  const start = parseStatusLine(head.startLine);
  const status = start?.status;
  const isSwitch = status === 101;
  const rules = isSwitch ? switchRules(request) : REFUSAL_RULES;
  const lines = head.judged(judgeStatusLine(head.startLine, request), name => rules.get(name) ?? ALWAYS.get(name));
  const findings = [...(isSwitch && !isCutOff ? switchFindings(head, request) : []), ...head.sizeFindings];
  const isFatal = ({ verdict, name }: Partial<JudgedLine>) =>
    verdict === 'wrong' && (name === undefined || FATAL.includes(name));
  const extensions = parseExtensions(head.all('sec-websocket-extensions'));
  const deflate = isSwitch && extensions !== undefined ? judgeDeflate(extensions, offersOf(request)) : undefined;
  const agrees = isSwitch && head.all('sec-websocket-extensions').some(value => value.includes(PERMESSAGE_DEFLATE));
  const key = request?.key;
  const actual = head.all('sec-websocket-accept')[0];
  return {
    lines,
    findings,
    status,
    accept: isSwitch && key !== undefined ? { key, guid: GUID, expected: acceptOf(key), actual } : undefined,
    isWebSocket: isSwitch && !lines.some(isFatal) && !findings.some(isFatal),
    deflate: typeof deflate === 'object' ? deflate : agrees ? DEFAULT_DEFLATE : undefined,
    subprotocol: isSwitch ? (head.all('sec-websocket-protocol')[0] ?? '') : '',
    version: start?.version ?? '',
    reason: start?.reason ?? '',
    headers: new HeaderFields(head.lines),
  };
}

/** The headers of a 101 that a client must reject if they are wrong. */
const FATAL = ['upgrade', 'connection', 'sec-websocket-accept', 'sec-websocket-protocol', 'sec-websocket-extensions'];

function judgeStatusLine(line: string, request: HandshakeRequest | undefined): Finding {
  const start = parseStatusLine(line);
  if (start === undefined)
    return wrong('not a status line: expected `HTTP/1.1 101 Switching Protocols`', 'RFC 9112 §4');
  const { status, version } = start;
  if (status !== 101) {
    if (request?.method === 'CONNECT' && status < 300) return right('the proxy opened a tunnel', 'RFC 9110 §9.3.6');
    // "If the status code received from the server is not 101, the client handles the response per HTTP".
    const isAnswer = status >= 200 && request?.isWebSocket !== false;
    return isAnswer ? wrong(statusLineNote(status), '§4.1') : note(status < 200 ? statusLineNote(status) : '');
  }
  // RFC 9110 §7.8: HTTP/1.0 has no Upgrade.
  if (version === '1.0') return wrong('HTTP/1.0 has no 101', 'RFC 9110 §7.8');
  return right(statusLineNote(status), '§4.1');
}

function switchRules(request: HandshakeRequest | undefined): ReadonlyMap<string, Rule> {
  return new Map<string, Rule>([
    // "If … the |Upgrade| header field contains a value that is not an ASCII case-insensitive match for the value
    // "websocket", the client MUST _Fail the WebSocket Connection_."
    [
      'upgrade',
      once('§4.1', value =>
        value.toLowerCase() === 'websocket'
          ? right(agreementNote('upgrade'), '§4.1')
          : wrong('must be websocket', '§4.1'),
      ),
    ],
    [
      'connection',
      (value, all) => {
        if (hasUpgrade([value])) return right(agreementNote('connection'), '§4.1');
        return hasUpgrade(all) ? note('') : wrong('must contain Upgrade', '§4.1');
      },
    ],
    ['sec-websocket-accept', once('§11.3.3', value => judgeAccept(value, request))],
    ['sec-websocket-protocol', once('§11.3.4', value => judgeSubprotocol(value, request))],
    ['sec-websocket-extensions', (value, all) => judgeExtensions(value, all, request)],
    ['sec-websocket-key', () => wrong('belongs in the request', '§11.3.1')],
    // RFC 9112 §6.1: "A server MUST NOT send a Transfer-Encoding header field in any response with a status code of
    // 1xx". RFC 9110 §8.6 says the same of Content-Length.
    ['transfer-encoding', () => wrong('a 101 has no body: frames follow', 'RFC 9112 §6.1')],
    ['content-length', () => wrong('a 101 has no body: frames follow', 'RFC 9110 §8.6')],
  ]);
}

function switchFindings(head: ParsedHead, request: HandshakeRequest | undefined): Finding[] {
  const findings = [
    ['upgrade', 'Upgrade'],
    ['connection', 'Connection'],
    ['sec-websocket-accept', 'Sec-WebSocket-Accept'],
  ]
    .filter(([name]) => !head.has(name!))
    .map(([, spelled]) => wrong(`${spelled} is missing`, '§4.1'));
  const offered = request?.subprotocols ?? [];
  // §4.2.2 allows it. The WHATWG's "obtain a WebSocket connection" fails it.
  if (offered.length > 0 && !head.has('sec-websocket-protocol')) {
    findings.push(
      note(`the server chose no subprotocol of ${offered.join(', ')}: browsers close the connection at once`, '§4.2.2'),
    );
  }
  return findings;
}

/** "If … the value … is not the base64-encoded SHA-1 of the concatenation of the |Sec-WebSocket-Key| … with the string" */
function judgeAccept(value: string, request: HandshakeRequest | undefined): Finding {
  if (request === undefined) return note('cannot be checked: the request is not in the capture', '§4.1');
  const { key } = request;
  if (key === undefined) return wrong('the request had no Sec-WebSocket-Key', '§4.1');
  const expected = acceptOf(key);
  if (value === expected) return right('correct: computed from the key', '§4.2.2');
  const mistake = mistakeInAccept(value, key);
  return wrong(`must be ${expected}${mistake === undefined ? '' : `: ${mistake}`}`, '§4.2.2');
}

function judgeSubprotocol(value: string, request: HandshakeRequest | undefined): Finding {
  if (value === '') return note('empty: it counts as absent, but some clients fail', '§4.2.2');
  if (!isToken(value)) return wrong('must be one token', '§4.3');
  if (request === undefined || request.subprotocols.includes(value))
    return right(agreementNote('sec-websocket-protocol'), '§4.1');
  // "If … this header field indicates the use of a subprotocol that was not present in the client's handshake …, the
  // client MUST _Fail the WebSocket Connection_."
  const offered = request.subprotocols.join(', ');
  return wrong(`the client did not offer it${offered === '' ? '' : `, but ${offered}`}`, '§4.1');
}

function judgeExtensions(value: string, all: readonly string[], request: HandshakeRequest | undefined): Finding {
  const extensions = parseExtensions([value]);
  if (extensions === undefined) return wrong('must be a list of `name; parameter=token`', '§9.1');
  const offered = request?.extensions;
  // "If … the response … indicates the use of an extension that was not present in the client's handshake …, the client
  // MUST _Fail the WebSocket Connection_."
  const foreign = offered && extensions.find(({ name }) => !offered.some(offer => offer.name === name));
  if (foreign !== undefined) return wrong(`the client did not offer ${foreign.name}`, '§4.1');
  const deflate = judgeDeflate(parseExtensions(all) ?? [], offersOf(request));
  if (typeof deflate === 'string') return wrong(deflate, 'RFC 7692 §7');
  return extensions.length === 0 ? note('') : right(agreementNote('sec-websocket-extensions'), '§9.1');
}

/** If the request is unknown, any parameters may have been offered. */
function offersOf(request: HandshakeRequest | undefined): readonly ExtensionOffer[] {
  return request?.extensions ?? [{ name: PERMESSAGE_DEFLATE, parameters: [['client_max_window_bits', true]] }];
}

const ALWAYS: ReadonlyMap<string, Rule> = new Map<string, Rule>([
  ['set-cookie', () => note('a secret: remove it before you share this')],
  ['via', () => note('a proxy added this')],
]);

const REFUSAL_RULES: ReadonlyMap<string, Rule> = new Map<string, Rule>([
  ['sec-websocket-version', () => note(refusalNote('sec-websocket-version'), '§4.4')],
  ['upgrade', () => note(refusalNote('upgrade'), 'RFC 9110 §7.8')],
  ['location', () => note(refusalNote('location'), 'RFC 9110 §10.2.2')],
  ['www-authenticate', () => note(refusalNote('www-authenticate'), 'RFC 9110 §11.6.1')],
  ['retry-after', () => note('when to try again', 'RFC 9110 §10.2.3')],
  ['allow', () => note('the methods of this path', 'RFC 9110 §10.2.1')],
  ['server', () => note('who answered')],
]);
