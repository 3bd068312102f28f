/**
 * A server's part of the opening handshake that is the same for every version of HTTP (RFC 6455 §4.2, RFC 8441 §5). It
 * makes these checks, in this order:
 *
 *     path  404   refusePath()        Sec-WebSocket-Version     426   negotiate()
 *                                     Sec-WebSocket-Protocol    400
 *                                     Sec-WebSocket-Extensions  400
 *                                     Origin                    403
 *                                     allowed hosts             403
 *
 * acceptanceHeaders() returns the headers of a response that accepts. http1/ reads the requests and writes the
 * responses.
 */
import { describeValue, type HandlerError, invalidType, invalidValue, rangeError } from '../errors.js';
import { type ExtensionOffer, parseExtensions, serializeExtensions } from './extension-header.js';
import { callersHeaders, HANDSHAKE_HEADERS, type HeaderInput, type HeaderLine } from './header-fields.js';
import { quoted } from './quoted.js';
import { Refusal, refuseMismatch } from './refusal.js';
import type { AddressedRequest, UpgradeRequest } from './request.js';
import { type Authority, parseAuthority } from './request-target.js';
import { parseSubprotocols } from './subprotocol.js';
import type { UpgradePolicy } from './upgrade-policy.js';

/**
 * Refuses a request for a path that is not served. Separate from negotiate(), since HTTP answers this before it looks
 * at the method.
 *
 * @returns undefined if the path is served
 */
export function refusePath({ path, host, origin }: AddressedRequest, policy: UpgradePolicy): Refusal | undefined {
  // RFC 6455 §4.2.2: "If the requested service is not available, the server MUST send an appropriate HTTP error code".
  if (policy.path === undefined || path === policy.path) return undefined;
  const from = `Host ${quoted(host)}, ${origin === undefined ? 'no Origin' : `Origin ${quoted(origin)}`}`;
  const slash = `${path}/` === policy.path || path === `${policy.path}/` ? ': they differ in the slash at the end' : '';
  const detail = `The path ${quoted(path)} is not the option path, ${quoted(policy.path)}${slash} (${from}).`;
  return new Refusal(404, { detail });
}

/**
 * Applies the rules that are the same for every version of HTTP. The caller has applied refusePath() and the rules of
 * its version.
 *
 * @returns `request` itself, with what was negotiated. A spread copy would cost 2.9 KB of heap a connection (`npm run
 *   guard`, `visits.heap`).
 */
export function negotiate(request: AddressedRequest, policy: UpgradePolicy): UpgradeRequest | Refusal {
  const { headers } = request;

  // RFC 6455 §4.2.2: "If this version does not match a version understood by the server, the server MUST abort".
  const versions = headers.all('Sec-WebSocket-Version');
  if (versions.length !== 1 || versions[0] !== '13') {
    return refuseMismatch(426, 'Sec-WebSocket-Version', 'exactly one, 13 (RFC 6455 §4.2.1)', versions);
  }

  const protocolLines = headers.all('Sec-WebSocket-Protocol');
  const subprotocols = parseSubprotocols(protocolLines);
  if (subprotocols === undefined) {
    const expected = 'a list of tokens, each once (RFC 6455 §4.1)';
    return refuseMismatch(400, 'Sec-WebSocket-Protocol', expected, protocolLines);
  }

  const extensionLines = headers.all('Sec-WebSocket-Extensions');
  const extensions = parseExtensions(extensionLines);
  if (extensions === undefined) {
    const expected = 'a list of `name; parameter=token` (RFC 6455 §9.1)';
    return refuseMismatch(400, 'Sec-WebSocket-Extensions', expected, extensionLines);
  }

  const host = parseAuthority(request.host);
  if (host === undefined) return refuseMismatch(400, 'The host', '`host[:port]`', [request.host]);
  const valid: UpgradeRequest = Object.assign(request, { subprotocols, extensions });
  return refuseAccess(valid, host, policy) ?? valid;
}

/**
 * §4.2.2: "If the server does not wish to accept this connection, it MUST return an appropriate HTTP error code (e.g.,
 * 403".
 */
function refuseAccess(request: UpgradeRequest, host: Authority, policy: UpgradePolicy): Refusal | undefined {
  let toOrigin: string | undefined;
  try {
    toOrigin = policy.objectionToOrigin(request, host);
  } catch (thrown) {
    // Only application code can fail here, and callOption() turns that into a HandlerError.
    const error = thrown as HandlerError;
    return new Refusal(500, { detail: 'origins() failed: see the handlerError event.' }, { error });
  }
  if (toOrigin !== undefined) {
    const expected = 'one that this server allows (RFC 6455 §10.2)';
    return refuseMismatch(403, 'Origin', expected, request.headers.all('Origin'), { detail: toOrigin });
  }
  const toHost = policy.objectionToHost(request, host);
  if (toHost === undefined) return undefined;
  return refuseMismatch(403, 'The host', 'one that this server allows', [request.host], { detail: toHost });
}

/** The choices of a server that accepts a request. */
export interface AcceptOptions {
  /** One of the subprotocols that the client offered. */
  readonly subprotocol?: string | undefined;
  /** Some of the extensions that the client offered, with the parameters agreed on. */
  readonly extensions?: readonly ExtensionOffer[] | undefined;
  /** More headers for the response, such as Set-Cookie. */
  readonly headers?: HeaderInput | undefined;
}

/**
 * Returns the headers that accept a request in every version of HTTP: the subprotocol, the extensions, and the caller's
 * headers.
 *
 * @throws {TypeError | RangeError} if the client did not offer what is accepted, or if a header belongs to the
 *   handshake or can't be sent
 */
export function acceptanceHeaders(request: UpgradeRequest, options: AcceptOptions): HeaderLine[] {
  const { subprotocol, extensions = [], headers } = options;
  const lines: HeaderLine[] = [];
  if (subprotocol !== undefined) {
    // RFC 6455 §4.2.2: "The value chosen MUST be derived from the client's handshake".
    if (!request.subprotocols.includes(subprotocol)) {
      const expected = `one that the client offered (${request.subprotocols.join(', ') || 'none'})`;
      if (typeof subprotocol !== 'string') throw invalidType('subprotocol', expected, subprotocol);
      throw invalidValue('subprotocol', expected, subprotocol);
    }
    lines.push(['Sec-WebSocket-Protocol', subprotocol]);
  }
  if (extensions.length > 0) {
    // §4.2.2: "Extensions not listed by the client MUST NOT be listed."
    const foreign = extensions.find(({ name }) => !request.extensions.some(offer => offer.name === name));
    if (foreign !== undefined)
      throw rangeError(`extensions must be offered by the client, got ${describeValue(foreign.name)}`);
    lines.push(['Sec-WebSocket-Extensions', serializeExtensions(extensions)]);
  }
  if (headers !== undefined) lines.push(...callersHeaders(headers, HANDSHAKE_HEADERS));
  return lines;
}
