/**
 * The grammar of HTTP headers (RFC 9110 §5.5, §5.6), as far as the opening handshake needs it, with the ABNF of each
 * production. Texts are read once, from left to right. There is no backtracking, so no header can make this slow.
 */

const HTAB = 0x09;
const SP = 0x20;
const DQUOTE = 0x22;
const BACKSLASH = 0x5c;

/** tchar = "!" / "#" / "$" / "%" / "&" / "'" / "*" / "+" / "-" / "." / "^" / "_" / "`" / "|" / "~" / DIGIT / ALPHA */
const TCHAR = tableOf("!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");

/** Returns a table of ASCII codes: true for the codes of `characters`. Codes beyond the table are not in the set. */
export function tableOf(characters: string): readonly boolean[] {
  return Array.from({ length: 128 }, (_, code) => characters.includes(String.fromCharCode(code)));
}

/** Whether `text` has at least one character, and all of them are in `table`. */
export function consistsOf(text: string, table: readonly boolean[]): boolean {
  for (let i = 0; i < text.length; i++) {
    if (table[text.charCodeAt(i)] !== true) return false;
  }
  return text.length > 0;
}

/** token = 1*tchar */
export function isToken(text: string): boolean {
  return consistsOf(text, TCHAR);
}

/**
 * Whether a byte, or a character of latin1, may be part of a header value: HTAB / SP / VCHAR / obs-text. Codes above
 * 0xFF may not.
 */
export function isFieldByte(code: number): boolean {
  return (code >= SP && code !== 0x7f && code <= 0xff) || code === HTAB;
}

/** The values that isFieldValue() accepts, for error messages. */
export const FIELD_VALUE = 'a string of printable characters up to U+00FF, and tabs';

/** field-value, with the white space around it: *( HTAB / SP / VCHAR / obs-text ) */
export function isFieldValue(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    if (!isFieldByte(text.charCodeAt(i))) return false;
  }
  return true;
}

/** Returns `text` without the OWS around it: SP and HTAB only, while `trim()` also removes U+00A0. */
export function trimWhitespace(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && isWhitespace(text.charCodeAt(start))) start++;
  while (end > start && isWhitespace(text.charCodeAt(end - 1))) end--;
  return text.slice(start, end);
}

export function isWhitespace(code: number): boolean {
  return code === SP || code === HTAB;
}

/** Reads one header value, production by production. */
export class Scanner {
  readonly #text: string;
  #position = 0;

  constructor(text: string) {
    this.#text = text;
  }

  get atEnd(): boolean {
    return this.#position === this.#text.length;
  }

  /** Skips the character `expected` if it is next. Returns whether it was. */
  take(expected: string): boolean {
    if (this.#text[this.#position] !== expected) return false;
    this.#position++;
    return true;
  }

  /** OWS = *( SP / HTAB ) */
  skipWhitespace(): void {
    while (isWhitespace(this.#text.charCodeAt(this.#position))) this.#position++;
  }

  /** token = 1*tchar; undefined if there is none. */
  token(): string | undefined {
    const start = this.#position;
    while (TCHAR[this.#text.charCodeAt(this.#position)] === true) this.#position++;
    return this.#position === start ? undefined : this.#text.slice(start, this.#position);
  }

  /**
   * Reads a quoted-string and returns its content, with quoted pairs replaced; undefined if there is none, or if it is
   * not closed.
   *
   *     quoted-string = DQUOTE *( qdtext / quoted-pair ) DQUOTE
   *     qdtext        = HTAB / SP / %x21 / %x23-5B / %x5D-7E / obs-text
   *     quoted-pair   = "\" ( HTAB / SP / VCHAR / obs-text )
   */
  quotedString(): string | undefined {
    if (!this.take('"')) return undefined;
    let content = '';
    let start = this.#position;
    for (;;) {
      let code = this.#text.charCodeAt(this.#position);
      if (code === DQUOTE) break;
      if (code === BACKSLASH) {
        content += this.#text.slice(start, this.#position);
        start = ++this.#position;
        code = this.#text.charCodeAt(start);
      }
      // After the end of the text the code is NaN, which is not a field byte either.
      if (!isFieldByte(code)) return undefined;
      this.#position++;
    }
    content += this.#text.slice(start, this.#position);
    this.#position++;
    return content;
  }
}

/**
 * Returns all elements of a header that is a list, in order; undefined if a line is malformed.
 *
 *     #element = [ element ] *( OWS "," OWS [ element ] )
 *
 * RFC 9110 §5.3: several lines of one name mean the same as one line with their values joined by commas. §5.6.1.2:
 * empty elements are ignored.
 */
export function parseList<T>(lines: readonly string[], element: (scanner: Scanner) => T | undefined): T[] | undefined {
  let elements: T[] | undefined;
  for (let i = 0; i < lines.length; i++) {
    const scanner = new Scanner(lines[i]!);
    for (;;) {
      scanner.skipWhitespace();
      if (scanner.atEnd) break;
      if (scanner.take(',')) continue;
      const parsed = element(scanner);
      if (parsed === undefined) return undefined;
      // Most lists have one element: an array with it is smaller than an empty one that grows.
      if (elements === undefined) elements = [parsed];
      else elements.push(parsed);
      scanner.skipWhitespace();
      if (!scanner.atEnd && !scanner.take(',')) return undefined;
    }
  }
  return elements ?? [];
}

/** #token, as in Connection and Sec-WebSocket-Protocol. */
export function parseTokenList(lines: readonly string[]): string[] | undefined {
  return parseList(lines, scanner => scanner.token());
}
