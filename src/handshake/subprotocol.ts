/** Sec-WebSocket-Protocol (RFC 6455 §1.9, §11.3.4). */
import { describeValue, invalidType, typeError } from '../errors.js';
import { isToken, parseTokenList } from './grammar.js';

/** The subprotocols a client offers, the preferred one first; undefined if the header is malformed. An empty header offers none. */
export function parseSubprotocols(lines: readonly string[]): string[] | undefined {
  const offered = parseTokenList(lines);
  // §4.1: the value is 1#token, so a client must not send it empty. But RFC 9110 §5.6.1.2 has a recipient ignore empty list elements, and
  // clients do send it; it offers nothing. The tokens "MUST all be unique strings".
  return offered === undefined || new Set(offered).size === offered.length ? offered : undefined;
}

/** The first of `offered`, the client's order of preference, that is among `supported`; undefined where none is. */
export function selectSubprotocol(offered: readonly string[], supported: readonly string[]): string | undefined {
  const name = offered.find(one => supported.includes(one));
  // Our own string: that of the request is a slice of its head, and would keep all of that as long as the connection lives.
  return supported.find(one => one === name);
}

/** The subprotocols a caller wants to offer or to support. @throws TypeError where one is no token, or comes twice */
export function checkSubprotocols(subprotocols: readonly string[], argument = 'subprotocols'): readonly string[] {
  if (!Array.isArray(subprotocols)) throw invalidType(argument, 'an array of tokens', subprotocols);
  for (const name of subprotocols) {
    if (typeof name !== 'string' || !isToken(name)) {
      throw invalidType(`each entry of ${argument}`, 'a token', name);
    }
  }
  const twice = subprotocols.find((name, index) => subprotocols.indexOf(name) !== index);
  if (twice !== undefined) throw typeError(`${argument} must not contain ${describeValue(twice)} twice`);
  return subprotocols;
}
