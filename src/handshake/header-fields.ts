/** Header lines, the same for every version of HTTP. */
import { invalidString, invalidType, rangeError } from '../errors.js';
import { HeaderFields, type HeaderLine } from '../header-fields.js';
import { FIELD_VALUE, isFieldValue, isToken } from './grammar.js';

export { HeaderFields, type HeaderLine };

/**
 * Headers as a caller may pass them: an object, in which an array stands for several lines, or an iterable of pairs.
 */
export type HeaderInput = Iterable<HeaderLine> | Readonly<Record<string, string | readonly string[]>>;

/**
 * Checks the headers that a caller passed, and returns them as HeaderFields.
 * @param argument the name of the argument in error messages
 *
 * @throws {TypeError | RangeError} if a name is not a token, or a value contains characters that a header cannot contain
 */
export function toHeaderFields(input: HeaderInput | undefined, argument = 'headers'): HeaderFields {
  if (input instanceof HeaderFields || input === undefined) return checkHeaders(input ?? new HeaderFields(), argument);
  if (typeof input !== 'object' || input === null) {
    throw invalidType(argument, 'an object or an iterable of [name, value]', input);
  }
  const lines: HeaderLine[] = [];
  for (const [name, value] of Symbol.iterator in input ? input : Object.entries(input)) {
    if (typeof name !== 'string') throw invalidType(`a name in ${argument}`, 'a string', name);
    for (const one of Array.isArray(value) ? value : [value]) lines.push([name, one]);
  }
  return checkHeaders(new HeaderFields(lines), argument);
}

/** Headers that an opening handshake sets itself, and headers that announce a body, which it does not have. */
export const HANDSHAKE_HEADERS: readonly string[] = [
  'connection',
  'upgrade',
  'sec-websocket-',
  'content-length',
  'transfer-encoding',
  'trailer',
];

/**
 * Checks the headers that a caller passed, and returns them. Names in `reserved` are rejected.
 *
 * @param reserved names that the caller may not set, in lower case. A name that ends in `-` stands for all names with
 *   this prefix.
 *
 * @throws {TypeError | RangeError} if a header is reserved or cannot be sent
 */
export function callersHeaders(input: HeaderInput | undefined, reserved: readonly string[]): HeaderFields {
  const headers = toHeaderFields(input);
  for (const [name] of headers) {
    const key = name.toLowerCase();
    if (reserved.some(own => key === own || (own.endsWith('-') && key.startsWith(own)))) {
      throw rangeError(`headers must not contain ${JSON.stringify(name)}, which only the opening handshake may set`);
    }
  }
  return headers;
}

export function checkHeaders<Lines extends Iterable<HeaderLine>>(headers: Lines, argument: string): Lines {
  for (const [name, value] of headers) checkHeader(name, value, argument);
  return headers;
}

/** @throws {TypeError | RangeError} if the header can't be sent */
export function checkHeader(name: string, value: string, argument: string): void {
  if (!isToken(name)) throw invalidString(`a name in ${argument}`, 'a token of RFC 9110 §5.6.2', name);
  // CVE-2026-1527: CR and LF would start a new line. CVE-2016-2216: so would U+010D and U+010A, if truncated to a
  // byte.
  if (typeof value !== 'string' || !isFieldValue(value)) {
    throw invalidString(`${argument}[${JSON.stringify(name)}]`, FIELD_VALUE, value);
  }
}
