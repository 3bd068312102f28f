/** Sec-WebSocket-Protocol (RFC 6455 §1.9, §11.3.4). */
import { describeValue, invalidString, invalidType, rangeError } from '../errors.js';
import { isToken, parseTokenList } from './grammar.js';

/**
 * Returns the subprotocols that a client offers, the preferred one first; undefined if the header is malformed. An
 * empty header offers none.
 */
export function parseSubprotocols(lines: readonly string[]): string[] | undefined {
  const offered = parseTokenList(lines);
  // §4.1: the tokens "MUST all be unique strings". The value is 1#token, so a client must not send it empty, but some
  // do. RFC 9110 §5.6.1.2: a recipient ignores empty list elements.
  return offered === undefined || new Set(offered).size === offered.length ? offered : undefined;
}

/** Returns the first of `offered` that is also in `supported`; undefined if there is none. */
export function selectSubprotocol(offered: readonly string[], supported: readonly string[]): string | undefined {
  const name = offered.find(one => supported.includes(one));
  // The string of the request is a slice of its head, and would keep the whole head in memory as long as the connection
  // lives.
  return supported.find(one => one === name);
}

/**
 * Checks the subprotocols that a caller passed, and returns them.
 *
 * @throws {TypeError | RangeError} if one is not a token, or is repeated
 */
export function checkSubprotocols(subprotocols: readonly string[], argument = 'subprotocols'): readonly string[] {
  if (!Array.isArray(subprotocols)) throw invalidType(argument, 'an array of tokens', subprotocols);
  for (const name of subprotocols) {
    if (typeof name !== 'string' || !isToken(name)) {
      throw invalidString(`each entry of ${argument}`, 'a token', name);
    }
  }
  const twice = subprotocols.find((name, index) => subprotocols.indexOf(name) !== index);
  if (twice !== undefined) throw rangeError(`${argument} must not contain ${describeValue(twice)} twice`);
  return subprotocols;
}
