import { TokenReader } from './header-tokens.js';

/**
 * Returns the subprotocols that a client offers (RFC 6455 §4.1).
 *
 * @throws {SyntaxError} if the value of Sec-WebSocket-Protocol is malformed or names a subprotocol twice
 */
function parse(header: string): Set<string> {
  const subprotocols = new Set<string>();
  const reader = new TokenReader(header);
  let hasNext: boolean;
  do {
    const subprotocol = reader.token();
    hasNext = reader.separator(',') !== '';
    if (subprotocols.has(subprotocol)) throw new SyntaxError(`The "${subprotocol}" subprotocol is duplicated`);
    subprotocols.add(subprotocol);
  } while (hasNext);
  return subprotocols;
}

/** Reads the values of Sec-WebSocket-Protocol headers. */
export const subprotocol: { readonly parse: typeof parse } = { parse };
