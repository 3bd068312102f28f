/**
 * A response head -> what client and server agree on, or why they do not (RFC 6455 §4.1, the six steps behind "The client MUST
 * validate the server's response as follows").
 */
import { type ExtensionOffer, parseExtensions } from '../extension-header.js';
import { isToken, parseTokenList } from '../grammar.js';
import type { HeaderFields } from '../header-fields.js';
import { mismatch } from '../quoted.js';
import type { ResponseHead } from './head.js';
import { acceptOf } from './key.js';

/** What the opening handshake has settled for the connection. */
export interface Agreement {
  /** The subprotocol in use, '' where there is none. */
  readonly subprotocol: string;
  /** The extensions in use, in the order in which they transform data. */
  readonly extensions: readonly ExtensionOffer[];
  /** All headers of the response. */
  readonly headers: HeaderFields;
}

/** What a client has asked for, and must find in the response. */
export interface Offer {
  readonly key: string;
  readonly subprotocols: readonly string[];
  readonly extensions: readonly ExtensionOffer[];
}

/** Judges a 101: gives the agreement, or what is wrong with it in words for people. */
export function judgeResponse(head: ResponseHead, offer: Offer): Agreement | string {
  const { headers } = head;

  // RFC 9110 §7.8: Upgrade does not exist in HTTP/1.0, so neither does a 101.
  if (!/^1\.[1-9]$/.test(head.version)) return mismatch('the HTTP version', '1.1', [head.version]);

  // 2. The Upgrade header "contains a value that is not an ASCII case-insensitive match for the value "websocket"": fail.
  const upgrade = headers.all('Upgrade');
  if (upgrade.length !== 1 || upgrade[0]!.toLowerCase() !== 'websocket')
    return mismatch('Upgrade', 'websocket', upgrade);

  // 3. The Connection header "doesn't contain a token that is an ASCII case-insensitive match for the value "Upgrade"": fail.
  const connection = headers.all('Connection');
  if (!parseTokenList(connection)?.some(option => option.toLowerCase() === 'upgrade')) {
    return mismatch('Connection', 'a list with the token `upgrade`', connection);
  }

  // 4. Sec-WebSocket-Accept is not the base64-encoded SHA-1 of key and GUID: fail. §11.3.3: MUST NOT appear more than once.
  const accept = headers.all('Sec-WebSocket-Accept');
  const expectedAccept = acceptOf(offer.key);
  if (accept.length !== 1 || accept[0] !== expectedAccept) {
    return mismatch('Sec-WebSocket-Accept', `exactly ${expectedAccept}, which follows from our key`, accept);
  }

  // 5. "The use of an extension that was not present in the client's handshake": fail. §9.1: so does a malformed header.
  const extensionLines = headers.all('Sec-WebSocket-Extensions');
  const extensions = parseExtensions(extensionLines);
  if (extensions === undefined || !isPartOf(names(extensions), names(offer.extensions))) {
    const offered = names(offer.extensions).join(', ') || 'none';
    return mismatch('Sec-WebSocket-Extensions', `some of those we offered (${offered}), each once`, extensionLines);
  }

  // 6. "The use of a subprotocol that was not present in the client's handshake": fail. §4.3: it is one token, and §11.3.4:
  // it "MUST NOT appear more than once in an HTTP response". Servers that choose none send it empty: that counts as absent.
  const subprotocols = headers.all('Sec-WebSocket-Protocol').filter(value => value !== '');
  if (subprotocols.length > 1 || !subprotocols.every(isToken) || !isPartOf(subprotocols, offer.subprotocols)) {
    const offered = offer.subprotocols.join(', ') || 'none';
    return mismatch('Sec-WebSocket-Protocol', `one of those we offered (${offered}), or no such header`, subprotocols);
  }

  return { subprotocol: subprotocols[0] ?? '', extensions, headers };
}

function names(extensions: readonly ExtensionOffer[]): readonly string[] {
  return extensions.map(({ name }) => name);
}

/** Whether each of `accepted` is among `offered`, and none comes twice. */
function isPartOf(accepted: readonly string[], offered: readonly string[]): boolean {
  return new Set(accepted).size === accepted.length && accepted.every(name => offered.includes(name));
}
