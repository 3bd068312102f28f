/** Sec-WebSocket-Extensions (RFC 6455 §9.1). */
import { invalidString } from '../errors.js';
import { isToken, parseList, type Scanner } from './grammar.js';

/** A parameter of an extension. Its value is `true` if it has no `=`. */
export type ExtensionParameter = readonly [name: string, value: string | true];

/** An extension as a client offers it, or as a server accepts it. */
export interface ExtensionOffer {
  readonly name: string;
  /** In order. A name may be repeated: the extension decides whether that is an error. */
  readonly parameters: readonly ExtensionParameter[];
}

/**
 * Returns the extensions of all lines of the header, in order of preference; undefined if a line is malformed. An empty
 * header has none.
 *
 *     extension-list = 1#extension
 *     extension      = extension-token *( ";" extension-param )
 */
export function parseExtensions(lines: readonly string[]): ExtensionOffer[] | undefined {
  return parseList(lines, parseExtension);
}

function parseExtension(scanner: Scanner): ExtensionOffer | undefined {
  const name = scanner.token();
  if (name === undefined) return undefined;
  const parameters: ExtensionParameter[] = [];
  for (;;) {
    // §9.1 uses the "implied *LWS rule": white space may surround `;` and `=`.
    scanner.skipWhitespace();
    if (!scanner.take(';')) return { name, parameters };
    scanner.skipWhitespace();
    const parameter = parseParameter(scanner);
    if (parameter === undefined) return undefined;
    parameters.push(parameter);
  }
}

/** extension-param = token [ "=" (token | quoted-string) ] */
function parseParameter(scanner: Scanner): ExtensionParameter | undefined {
  const name = scanner.token();
  if (name === undefined) return undefined;
  scanner.skipWhitespace();
  if (!scanner.take('=')) return [name, true];
  scanner.skipWhitespace();
  const value = scanner.token() ?? scanner.quotedString();
  // "the value after quoted-string unescaping MUST conform to the 'token' ABNF"
  return value !== undefined && isToken(value) ? [name, value] : undefined;
}

/**
 * Returns the value of the header.
 *
 * @throws {TypeError | RangeError} if a name or a value is not a token
 */
export function serializeExtensions(offers: readonly ExtensionOffer[]): string {
  return offers.map(serializeExtension).join(', ');
}

function serializeExtension(offer: ExtensionOffer): string {
  const parameters = offer.parameters.map(([name, value]) => {
    const parameter = checkedToken(`a parameter of ${offer.name}`, name);
    return value === true ? `; ${parameter}` : `; ${parameter}=${checkedToken(`${offer.name}'s ${name}`, value)}`;
  });
  return checkedToken('the name of an extension', offer.name) + parameters.join('');
}

function checkedToken(argument: string, text: string): string {
  if (typeof text !== 'string' || !isToken(text)) throw invalidString(argument, 'a token of RFC 9110 §5.6.2', text);
  return text;
}
