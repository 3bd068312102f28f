/** The agreement of client and server. It is the same for every version of HTTP (RFC 6455 §4.1, steps 5 and 6). */
import { type ExtensionOffer, parseExtensions } from './extension-header.js';
import { isToken } from './grammar.js';
import type { HeaderFields } from './header-fields.js';
import { mismatch } from './quoted.js';

/** The outcome of a successful opening handshake. */
export interface Agreement {
  /** The subprotocol in use, '' if there is none. */
  readonly subprotocol: string;
  /** The extensions in use, in the order in which they transform data. */
  readonly extensions: readonly ExtensionOffer[];
  /** All headers of the response. */
  readonly headers: HeaderFields;
}

/** The subprotocols and extensions that a client offered. */
export interface Offer {
  readonly subprotocols: readonly string[];
  readonly extensions: readonly ExtensionOffer[];
}

/** Returns the agreement in the headers of a response, or a sentence that says what is wrong with them. */
export function agreementOf(headers: HeaderFields, offer: Offer): Agreement | string {
  // 5. "The use of an extension that was not present in the client's handshake": fail. §9.1: so does a malformed
  // header.
  const extensionLines = headers.all('Sec-WebSocket-Extensions');
  const extensions = parseExtensions(extensionLines);
  if (extensions === undefined || !isPartOf(names(extensions), names(offer.extensions))) {
    const offered = names(offer.extensions).join(', ') || 'none';
    return mismatch('Sec-WebSocket-Extensions', `some of those we offered (${offered}), each once`, extensionLines);
  }

  // 6. "The use of a subprotocol that was not present in the client's handshake": fail. §4.3: it is one token. §11.3.4:
  // it "MUST NOT appear more than once in an HTTP response". Servers that choose none send it empty, which counts as
  // absent.
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

/** Whether each of `accepted` is among `offered`, and none is repeated. */
function isPartOf(accepted: readonly string[], offered: readonly string[]): boolean {
  return new Set(accepted).size === accepted.length && accepted.every(name => offered.includes(name));
}
