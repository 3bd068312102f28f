import { URL } from 'node:url';
import { describeValue } from '../errors.js';
import { isToken } from '../handshake/grammar.js';

/**
 * Returns the URL record of a WebSocket (WHATWG WebSockets §3.1, "get a URL record").
 *
 * @throws {DOMException} SyntaxError
 */
export function parseUrl(text: string): URL {
  // "If urlRecord is failure, then throw a SyntaxError": a relative URL fails, because there is no document.
  if (!URL.canParse(text)) throw syntaxError(`${describeValue(text)} is not an absolute URL`);
  const url = new URL(text);
  // "If urlRecord's scheme is 'http', then set urlRecord's scheme to 'ws'." The same with https and wss.
  if (url.protocol === 'http:') url.protocol = 'ws:';
  if (url.protocol === 'https:') url.protocol = 'wss:';
  // "If urlRecord's scheme is not 'ws' or 'wss', then throw a SyntaxError."
  if (url.protocol !== 'ws:' && url.protocol !== 'wss:') {
    throw syntaxError(`the URL must start with ws:, wss:, http: or https:, got ${describeValue(url.protocol)}`);
  }
  // "If urlRecord's fragment is non-null, then throw a SyntaxError." An empty fragment is not null.
  if (url.href.includes('#')) throw syntaxError('the URL must have no fragment: write a # in a path as %23');
  return url;
}

/**
 * Checks the subprotocols to offer.
 *
 * @throws {DOMException} SyntaxError
 */
export function checkProtocols(protocols: readonly string[]): void {
  // "If any of the values in protocols … fail to match the requirements for elements that comprise the value of
  // `Sec-WebSocket-Protocol` fields as defined by The WebSocket protocol, then throw a SyntaxError."
  const wrong = protocols.find(name => !isToken(name));
  if (wrong !== undefined) throw syntaxError(`a subprotocol must be a token, got ${describeValue(wrong)}`);
  // "If any of the values in protocols occur more than once": browsers ignore the case.
  const names = new Set(protocols.map(name => name.toLowerCase()));
  if (names.size !== protocols.length) throw syntaxError('no subprotocol may be offered twice');
}

export function syntaxError(message: string): DOMException {
  return new DOMException(message, 'SyntaxError');
}
