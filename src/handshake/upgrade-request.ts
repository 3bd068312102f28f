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
import { invalidType } from '../errors.js';
import { checkOptionNames, type OptionNames } from '../option-names.js';
import { type ExtensionOffer, parseExtensions } from './extension-header.js';
import { parseList, parseTokenList, type Scanner } from './grammar.js';
import { HEAD_LIMIT_NAMES, type HeadLimits } from './head-reader.js';
import { HeaderFields, type HeaderLine, type RequestHead } from './http-head.js';
import { isKey } from './key.js';
import { type HostJudge, hostJudge, type OriginJudge, type OriginRule, originJudge } from './origin.js';
import { PASS_ON_UPGRADE } from './proxy-advice.js';
import { mismatch, quoted } from './quoted.js';
import { Refusal, textOfStatus } from './refusal.js';
import { parseAuthority, parseRequestTarget } from './request-target.js';
import { parseSubprotocols } from './subprotocol.js';

/** What any request asks for, valid or not. */
export interface RequestSummary {
  readonly method: string;
  /** The request-target as it was sent. */
  readonly target: string;
  /** The path of the target; undefined if the target is malformed. */
  readonly path: string | undefined;
  /** The query of the target, '' if there is none; undefined if the target is malformed. */
  readonly query: string | undefined;
  /** The authority of an absolute-form target, or else the Host header, as it was sent; undefined if there is neither. */
  readonly host: string | undefined;
  readonly headers: HeaderFields;
  /** The Origin header as it was sent. */
  readonly origin: string | undefined;
}

/** A valid opening handshake of a client's. */
export interface UpgradeRequest extends RequestSummary {
  /** The path of the target, begins with `/`, not percent-decoded. */
  readonly path: string;
  /** What follows the `?` in the target, '' where nothing does; `new URLSearchParams(query)` reads it. */
  readonly query: string;
  /** The host, with its port where one was sent, that the client wants: of an absolute-form target, else of Host. */
  readonly host: string;
  /** Sec-WebSocket-Key. */
  readonly key: string;
  /** The subprotocols that the client offers, the preferred one first. */
  readonly subprotocols: readonly string[];
  /** The extensions that the client offers, the preferred one first. */
  readonly extensions: readonly ExtensionOffer[];
  /** Whether an interim `100 Continue` must come before the 101. */
  readonly expectsContinue: boolean;
}

export interface UpgradePolicyOptions {
  /** The only path that is served; by default all are. */
  readonly path?: string | undefined;
  /** The pages that may connect: `'*'` all, a list exactly those; by default those of the host that they connect to. */
  readonly origins?: OriginRule;
  /** The hosts that a request may name, with or without a port; by default any. */
  readonly hosts?: readonly string[] | undefined;
}

/** What a server may be told of its opening handshakes. */
export interface ServerHandshakeOptions extends UpgradePolicyOptions, HeadLimits {}

export const SERVER_HANDSHAKE_OPTION_NAMES: OptionNames<ServerHandshakeOptions> = {
  path: true,
  origins: true,
  hosts: true,
  ...HEAD_LIMIT_NAMES,
};

/** What a server asks of a request beyond the RFC, made ready once for all requests. */
export class UpgradePolicy {
  readonly path: string | undefined;
  readonly allowsOrigin: OriginJudge;
  readonly allowsHost: HostJudge;

  /**
   * @param options those of ServerHandshake may be among them
   * @throws TypeError where an option is malformed, or unknown
   */
  constructor(options: UpgradePolicyOptions = {}) {
    checkOptionNames(options, SERVER_HANDSHAKE_OPTION_NAMES);
    const { path, origins, hosts } = options;
    if (path !== undefined && (typeof path !== 'string' || parseRequestTarget(path)?.path !== path)) {
      throw invalidType('path', 'a path like `/chat`, without query and fragment', path);
    }
    this.path = path;
    this.allowsOrigin = originJudge(origins);
    this.allowsHost = hostJudge(hosts);
  }
}

/** What the head of a request says, whatever becomes of the request. */
export function summarizeRequest({ method, target, headers }: RequestHead): RequestSummary {
  const parsed = parseRequestTarget(target);
  return {
    method,
    target,
    path: parsed?.path,
    query: parsed?.query,
    host: parsed?.authority ?? headers.get('Host'),
    headers,
    origin: headers.get('Origin'),
  };
}

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
    return new Refusal(404, { detail: `The path ${quoted(path)} is not the option path, ${quoted(policy.path)}.` });
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

  // §4.2.2: "If the server does not wish to accept this connection, it MUST return an appropriate HTTP error code (e.g., 403".
  const origins = headers.all('Origin');
  if (!policy.allowsOrigin(origins, authority)) {
    return unfit(403, 'Origin', 'one that this server allows (RFC 6455 §10.2)', origins);
  }
  if (!policy.allowsHost(authority)) return unfit(403, 'The host', 'one that this server allows', [host]);

  return {
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

/** A refusal whose body says which part of the request is unfit, what was expected, what came, and what may help. */
function unfit(
  status: number,
  part: string,
  expected: string,
  got: readonly string[],
  { advice, headers }: { readonly advice?: string; readonly headers?: readonly HeaderLine[] } = {},
): Refusal {
  const found = mismatch(part, expected, got);
  const detail = advice === undefined ? found : `${found}; ${advice}`;
  return new Refusal(status, { body: `${textOfStatus(status)}${detail}\n`, headers: headers ?? [], detail });
}

/** The parts of a node:http IncomingMessage that the opening handshake needs. */
export interface ParsedRequest {
  readonly method?: string | undefined;
  readonly url?: string | undefined;
  readonly httpVersion: string;
  /** Names and values in turn, as they came; never `headers`, which joins and drops repeated lines. */
  readonly rawHeaders: readonly string[];
}

/** The head of a request that node:http has parsed, for judgeRequest(). */
export function requestHeadOf(request: ParsedRequest): RequestHead {
  const { method = '', url = '', httpVersion, rawHeaders } = request;
  const lines: HeaderLine[] = [];
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) lines.push([rawHeaders[i]!, rawHeaders[i + 1]!]);
  return { method, target: url, version: httpVersion, headers: new HeaderFields(lines) };
}
