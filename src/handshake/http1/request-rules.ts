/**
 * A request head -> a request for a WebSocket connection, or the refusal that answers it (RFC 6455 §4.2.1).
 *
 * Every check stands here, in the order in which it answers; where a request breaks several rules, the first one tells:
 *
 *      1  HTTP version          400, 505        9  Sec-WebSocket-Key         400
 *      2  Host                  400            10  Sec-WebSocket-Version     426
 *      3  request target        400            11  Sec-WebSocket-Protocol    400
 *      4  path                  404            12  Sec-WebSocket-Extensions  400
 *      5  method                405            13  Origin                    403
 *      6  no body               400            14  allowed hosts             403
 *      7  Expect                417
 *      8  Upgrade, Connection   426; 400 where they are no lists
 *
 * What the bytes themselves must be (line ends, header syntax, size: 400, 414, 431) is judged before, by head-reader.ts, or by
 * node's own parser where the server is attached to one.
 */
import type { HandlerError } from '../../errors.js';
import { parseExtensions } from '../extension-header.js';
import { parseList, parseTokenList, type Scanner } from '../grammar.js';
import type { HeaderFields, HeaderLine } from '../header-fields.js';
import { PASS_ON_UPGRADE } from '../proxy-advice.js';
import { mismatch, quoted } from '../quoted.js';
import { Refusal, textOfStatus } from '../refusal.js';
import type { UpgradeRequest } from '../request.js';
import { type Authority, parseAuthority, parseRequestTarget } from '../request-target.js';
import { parseSubprotocols } from '../subprotocol.js';
import type { UpgradePolicy } from '../upgrade-policy.js';
import type { RequestHead } from './head.js';
import { isKey } from './key.js';

/** Judges a request whose head has been read. */
export function judgeRequest(head: RequestHead, policy: UpgradePolicy): UpgradeRequest | Refusal {
  const outcome = judge(head, policy);
  // RFC 9110 §9.3.2: the server MUST NOT send content in the response to HEAD.
  return outcome instanceof Refusal && head.method === 'HEAD' ? outcome.forHead() : outcome;
}

function judge(head: RequestHead, policy: UpgradePolicy): UpgradeRequest | Refusal {
  const { headers } = head;

  // RFC 9110 §7.8: "a server MUST ignore an Upgrade header field that is received in an HTTP/1.0 request".
  if (head.version.startsWith('0.') || head.version === '1.0') {
    return unfit(400, 'The HTTP version', '1.1', [head.version], {
      advice: `if a proxy in front of this server speaks HTTP/1.0, set it to 1.1 and let it pass on Upgrade (${PASS_ON_UPGRADE})`,
    });
  }
  if (!head.version.startsWith('1.')) return unfit(505, 'The HTTP version', '1.1', [head.version]);

  // RFC 9112 §3.2: "A server MUST respond with a 400 … to any HTTP/1.1 request message that lacks a Host header field and to any
  // request message that contains more than one Host header field line or a Host header field with an invalid field value."
  const hostLines = headers.all('Host');
  if (hostLines.length !== 1 || parseAuthority(hostLines[0]!) === undefined) {
    return unfit(400, 'Host', 'exactly one `host[:port]` (RFC 9112 §3.2)', hostLines);
  }

  // RFC 9112 §3.2.2: "a server MUST accept the absolute-form in requests", and "MUST ignore the received Host header field
  // (if any) and instead replace it with the host information of the request-target".
  const target = parseRequestTarget(head.target);
  if (target === undefined) {
    return unfit(400, 'The request target', 'a path, or an http, https, ws or wss URI, without `#`', [head.target]);
  }
  const { path, query } = target;
  const host = target.authority ?? hostLines[0]!;
  const authority = parseAuthority(host)!;

  // RFC 6455 §4.2.2: "If the requested service is not available, the server MUST send an appropriate HTTP error code".
  if (policy.path !== undefined && path !== policy.path) {
    const origin = headers.get('Origin');
    const from = `Host ${quoted(host)}, ${origin === undefined ? 'no Origin' : `Origin ${quoted(origin)}`}`;
    const detail = `The path ${quoted(path)} is not the option path, ${quoted(policy.path)} (${from}).`;
    return new Refusal(404, { detail });
  }

  // §4.1: "The method of the request MUST be GET".
  if (head.method !== 'GET') return unfit(405, 'The method', 'GET (RFC 6455 §4.1)', [head.method]);

  const refusedContent = judgeContent(headers);
  if (refusedContent !== undefined) return refusedContent;

  // RFC 9110 §10.1.1: a server "MAY respond with a 417" where it cannot meet an expectation.
  const expectations = parseTokenList(headers.all('Expect'));
  if (expectations === undefined || !expectations.every(name => name.toLowerCase() === '100-continue')) {
    return unfit(417, 'Expect', '100-continue or nothing (RFC 9110 §10.1.1)', headers.all('Expect'));
  }

  const refusedUpgrade = judgeUpgrade(headers);
  if (refusedUpgrade !== undefined) return refusedUpgrade;

  // RFC 6455 §4.2.1: "a base64-encoded … value that, when decoded, is 16 bytes in length". §11.3.1: "MUST NOT appear more than
  // once in an HTTP request".
  const keys = headers.all('Sec-WebSocket-Key');
  if (keys.length !== 1 || !isKey(keys[0]!)) {
    // Another version may define another key, and §4.4 wants such a client to learn the versions we speak.
    const headers: HeaderLine[] = [['Sec-WebSocket-Version', '13']];
    return unfit(400, 'Sec-WebSocket-Key', 'exactly one, the base64 of 16 bytes (RFC 6455 §4.2.1)', keys, { headers });
  }

  // §4.2.2: "If this version does not match a version understood by the server, the server MUST abort".
  const versions = headers.all('Sec-WebSocket-Version');
  if (versions.length !== 1 || versions[0] !== '13') {
    return unfit(426, 'Sec-WebSocket-Version', 'exactly one, 13 (RFC 6455 §4.2.1)', versions);
  }

  const protocolLines = headers.all('Sec-WebSocket-Protocol');
  const subprotocols = parseSubprotocols(protocolLines);
  if (subprotocols === undefined) {
    return unfit(400, 'Sec-WebSocket-Protocol', 'a list of tokens, each once (RFC 6455 §4.1)', protocolLines);
  }

  const extensionLines = headers.all('Sec-WebSocket-Extensions');
  const extensions = parseExtensions(extensionLines);
  if (extensions === undefined) {
    return unfit(400, 'Sec-WebSocket-Extensions', 'a list of `name; parameter=token` (RFC 6455 §9.1)', extensionLines);
  }

  const request: UpgradeRequest = {
    method: head.method,
    target: head.target,
    path,
    query,
    host,
    headers,
    origin: headers.get('Origin'),
    key: keys[0]!,
    subprotocols,
    extensions,
    expectsContinue: expectations.length > 0,
  };
  return judgeAccess(request, authority, policy) ?? request;
}

/** §4.2.2: "If the server does not wish to accept this connection, it MUST return an appropriate HTTP error code (e.g., 403". */
function judgeAccess(request: UpgradeRequest, host: Authority, policy: UpgradePolicy): Refusal | undefined {
  let toOrigin: string | undefined;
  try {
    toOrigin = policy.objectionToOrigin(request, host);
  } catch (thrown) {
    // Only application code can fail here, and callOption() makes a HandlerError of that.
    const error = thrown as HandlerError;
    return new Refusal(500, { detail: 'origins() failed: see the handlerError event.' }, { error });
  }
  if (toOrigin !== undefined) {
    const expected = 'one that this server allows (RFC 6455 §10.2)';
    return unfit(403, 'Origin', expected, request.headers.all('Origin'), { detail: toOrigin });
  }
  const toHost = policy.objectionToHost(request, host);
  return toHost === undefined
    ? undefined
    : unfit(403, 'The host', 'one that this server allows', [request.host], { detail: toHost });
}

/**
 * An opening handshake has no body. Were one let through, whoever stands in front of us would take its bytes for a body, and we
 * for frames (GHSA-mfx4-hv73-q22v).
 */
function judgeContent(headers: HeaderFields): Refusal | undefined {
  const encodings = headers.all('Transfer-Encoding');
  if (encodings.length > 0) return unfit(400, 'Transfer-Encoding', 'none: an opening handshake has no body', encodings);
  const lengths = headers.all('Content-Length');
  if (lengths.length === 0 || (lengths.length === 1 && lengths[0] === '0')) return undefined;
  return unfit(400, 'Content-Length', 'none, or one 0: an opening handshake has no body', lengths);
}

/**
 * RFC 6455 §4.2.1: an Upgrade header "containing the value "websocket", treated as an ASCII case-insensitive value", and a
 * Connection header "that includes the token "Upgrade"". Without them this is an ordinary HTTP request.
 */
function judgeUpgrade(headers: HeaderFields): Refusal | undefined {
  const upgradeLines = headers.all('Upgrade');
  const protocols = parseList(upgradeLines, parseProtocol);
  if (protocols === undefined) return unfit(400, 'Upgrade', 'a list of protocols (RFC 9110 §7.8)', upgradeLines);
  const connectionLines = headers.all('Connection');
  const options = parseTokenList(connectionLines);
  if (options === undefined) return unfit(400, 'Connection', 'a list of tokens (RFC 9110 §7.6.1)', connectionLines);
  const advice = `a proxy in front of this server has to pass it on (${PASS_ON_UPGRADE})`;
  if (!protocols.includes('websocket')) {
    return unfit(426, 'Upgrade', 'websocket (RFC 6455 §4.2.1)', upgradeLines, { advice });
  }
  if (!options.some(option => option.toLowerCase() === 'upgrade')) {
    return unfit(426, 'Connection', 'upgrade (RFC 6455 §4.2.1)', connectionLines, { advice });
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

interface MoreOnUnfit {
  /** What may help. */
  readonly advice?: string;
  /** For the operator alone, in place of what the client is told. */
  readonly detail?: string;
  readonly headers?: readonly HeaderLine[];
}

/** A refusal whose body says which part of the request is unfit, what was expected, what came, and what may help. */
function unfit(
  status: number,
  part: string,
  expected: string,
  got: readonly string[],
  { advice, detail, headers = [] }: MoreOnUnfit = {},
): Refusal {
  const found = mismatch(part, expected, got);
  const told = advice === undefined ? found : `${found}; ${advice}`;
  return new Refusal(status, { body: `${textOfStatus(status)}${told}\n`, headers, detail: detail ?? told });
}
