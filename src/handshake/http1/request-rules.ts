/**
 * Checks the head of an HTTP/1.1 request, and turns it into a request for a WebSocket connection or a refusal (RFC 6455
 * §4.2.1).
 *
 * The checks are made in this order. If a request breaks several rules, the first one determines the response:
 *
 *      1  HTTP version          400, 505        9  Sec-WebSocket-Key         400
 *      2  Host                  400            10  Sec-WebSocket-Version     426
 *      3  request target        400            11  Sec-WebSocket-Protocol    400
 *      4  path                  404            12  Sec-WebSocket-Extensions  400
 *      5  method                405            13  Origin                    403
 *      6  no body               400            14  allowed hosts             403
 *      7  Expect                417
 *      8  Upgrade, Connection   426; 400 if malformed
 *
 * Checks 4 and 10 to 14 are the same for every version of HTTP: see ../negotiation.ts. Line ends, header syntax and
 * size (400, 414, 431) are checked before these, by head-reader.ts, or by Node's parser if the server is attached to a
 * node:http server.
 */
import { parseList, parseTokenList, type Scanner } from '../grammar.js';
import type { HeaderFields, HeaderLine } from '../header-fields.js';
import { negotiate, refusePath } from '../negotiation.js';
import { PASS_ON_UPGRADE } from '../proxy-advice.js';
import { Refusal, refuseMismatch } from '../refusal.js';
import type { AddressedRequest, UpgradeRequest } from '../request.js';
import { parseAuthority } from '../request-target.js';
import type { UpgradePolicy } from '../upgrade-policy.js';
import type { RequestHead } from './head.js';
import { isKey } from './key.js';
import { summarizeRequest } from './request-summary.js';

/** A valid opening handshake over HTTP/1.1. */
export interface Http1UpgradeRequest extends UpgradeRequest {
  /** Sec-WebSocket-Key. */
  readonly key: string;
  /** Whether a `100 Continue` must come before the 101. */
  readonly expectsContinue: boolean;
}

/** Checks a request whose head has been read. */
export function judgeRequest(head: RequestHead, policy: UpgradePolicy): Http1UpgradeRequest | Refusal {
  const outcome = judge(head, policy);
  // RFC 9110 §9.3.2: the server MUST NOT send content in the response to HEAD.
  return outcome instanceof Refusal && head.method === 'HEAD' ? outcome.forHead() : outcome;
}

function judge(head: RequestHead, policy: UpgradePolicy): Http1UpgradeRequest | Refusal {
  const { headers } = head;
  const request = judgeAddress(head);
  if (request instanceof Refusal) return request;

  const refusal = refusePath(request, policy) ?? refuseMethod(head.method) ?? refuseContent(headers);
  if (refusal !== undefined) return refusal;

  // RFC 9110 §10.1.1: a server "MAY respond with a 417" if it cannot meet an expectation.
  const expectations = parseTokenList(headers.all('Expect'));
  if (expectations === undefined || !expectations.every(name => name.toLowerCase() === '100-continue')) {
    return refuseMismatch(417, 'Expect', '100-continue or nothing (RFC 9110 §10.1.1)', headers.all('Expect'));
  }

  const refusedUpgrade = refuseUpgrade(headers);
  if (refusedUpgrade !== undefined) return refusedUpgrade;

  // RFC 6455 §4.2.1: "a base64-encoded … value that, when decoded, is 16 bytes in length". §11.3.1: "MUST NOT appear
  // more than once in an HTTP request".
  const keys = headers.all('Sec-WebSocket-Key');
  if (keys.length !== 1 || !isKey(keys[0]!)) {
    // Another version of the protocol may define another key. §4.4: tell such a client which versions are supported.
    const supported: HeaderLine[] = [['Sec-WebSocket-Version', '13']];
    const expected = 'exactly one, the base64 of 16 bytes (RFC 6455 §4.2.1)';
    return refuseMismatch(400, 'Sec-WebSocket-Key', expected, keys, { headers: supported });
  }

  const outcome = negotiate(request, policy);
  if (outcome instanceof Refusal) return outcome;
  return Object.assign(outcome, { key: keys[0]!, expectsContinue: expectations.length > 0 });
}

/** Checks what every HTTP/1.1 request needs: a version, a Host and a target. */
function judgeAddress(head: RequestHead): AddressedRequest | Refusal {
  const { version, headers } = head;

  // RFC 9110 §7.8: "a server MUST ignore an Upgrade header field that is received in an HTTP/1.0 request".
  if (version.startsWith('0.') || version === '1.0') {
    const advice = `if a proxy in front of this server speaks HTTP/1.0, configure it to use version 1.1 and to pass on Upgrade (${PASS_ON_UPGRADE})`;
    return refuseMismatch(400, 'The HTTP version', '1.1', [version], { advice });
  }
  if (!version.startsWith('1.')) return refuseMismatch(505, 'The HTTP version', '1.1', [version]);

  // RFC 9112 §3.2: "A server MUST respond with a 400 … to any HTTP/1.1 request message that lacks a Host header field
  // and to any request message that contains more than one Host header field line or a Host header field with an
  // invalid field value."
  const hostLines = headers.all('Host');
  if (hostLines.length !== 1 || parseAuthority(hostLines[0]!) === undefined) {
    return refuseMismatch(400, 'Host', 'exactly one `host[:port]` (RFC 9112 §3.2)', hostLines);
  }

  // RFC 9112 §3.2.2: "a server MUST accept the absolute-form in requests", and "MUST ignore the received Host header
  // field (if any) and instead replace it with the host information of the request-target".
  const summary = summarizeRequest(head);
  if (summary.path !== undefined) return summary as AddressedRequest;
  const expected = 'a path, or an http, https, ws or wss URI, without `#`';
  return refuseMismatch(400, 'The request target', expected, [head.target]);
}

/** RFC 6455 §4.1: "The method of the request MUST be GET". */
function refuseMethod(method: string): Refusal | undefined {
  return method === 'GET' ? undefined : refuseMismatch(405, 'The method', 'GET (RFC 6455 §4.1)', [method]);
}

/**
 * An opening handshake has no body. If one were accepted, a proxy in front of the server would take its bytes for a
 * body, and the server would take them for frames (GHSA-mfx4-hv73-q22v).
 */
function refuseContent(headers: HeaderFields): Refusal | undefined {
  const encodings = headers.all('Transfer-Encoding');
  if (encodings.length > 0) {
    return refuseMismatch(400, 'Transfer-Encoding', 'none: an opening handshake has no body', encodings);
  }
  const lengths = headers.all('Content-Length');
  if (lengths.length === 0 || (lengths.length === 1 && lengths[0] === '0')) return undefined;
  return refuseMismatch(400, 'Content-Length', 'none, or one 0: an opening handshake has no body', lengths);
}

/**
 * RFC 6455 §4.2.1: an Upgrade header "containing the value "websocket", treated as an ASCII case-insensitive value",
 * and a Connection header "that includes the token "Upgrade"". Without them this is an ordinary HTTP request.
 */
function refuseUpgrade(headers: HeaderFields): Refusal | undefined {
  const upgradeLines = headers.all('Upgrade');
  const protocols = parseList(upgradeLines, parseProtocol);
  if (protocols === undefined) {
    return refuseMismatch(400, 'Upgrade', 'a list of protocols (RFC 9110 §7.8)', upgradeLines);
  }
  const connectionLines = headers.all('Connection');
  const options = parseTokenList(connectionLines);
  if (options === undefined) {
    return refuseMismatch(400, 'Connection', 'a list of tokens (RFC 9110 §7.6.1)', connectionLines);
  }
  const advice = `a proxy in front of this server must pass it on (${PASS_ON_UPGRADE})`;
  if (!protocols.includes('websocket')) {
    return refuseMismatch(426, 'Upgrade', 'websocket (RFC 6455 §4.2.1)', upgradeLines, { advice });
  }
  if (!options.some(option => option.toLowerCase() === 'upgrade')) {
    return refuseMismatch(426, 'Connection', 'upgrade (RFC 6455 §4.2.1)', connectionLines, { advice });
  }
  return undefined;
}

/** protocol = protocol-name [ "/" protocol-version ], both tokens; in lower case. */
function parseProtocol(scanner: Scanner): string | undefined {
  const name = scanner.token();
  if (name === undefined || !scanner.take('/')) return name?.toLowerCase();
  const version = scanner.token();
  return version === undefined ? undefined : `${name}/${version}`.toLowerCase();
}
