/**
 * The productions of HTTP in which the headers of the opening handshake are written (RFC 9110 §5.5, §5.6), the ABNF beside
 * each. A text is read once, from left to right, by the code of its characters: nothing here can backtrack, so no header can
 * make it slow.
 */

const HTAB = 0x09;
const SP = 0x20;
const DQUOTE = 0x22;
const BACKSLASH = 0x5c;

/** tchar = "!" / "#" / "$" / "%" / "&" / "'" / "*" / "+" / "-" / "." / "^" / "_" / "`" / "|" / "~" / DIGIT / ALPHA */
const TCHAR = tableOf("!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");

/** One row per ASCII code: true where the code is that of one of `characters`. Codes beyond the table are in no set. */
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
 * Whether `code` may stand in a header value: HTAB / SP / VCHAR / obs-text. It is a byte, or the code of a character of a text
 * that was decoded as latin1, where the two are the same; a code point above 0xFF is neither.
 */
export function isFieldByte(code: number): boolean {
  return (code >= SP && code !== 0x7f && code <= 0xff) || code === HTAB;
}

/** What isFieldValue() accepts, in the words of an error. */
export const FIELD_VALUE = 'a string of printable characters up to U+00FF, and tabs';

/** field-value, with the white space around it: *( HTAB / SP / VCHAR / obs-text ) */
export function isFieldValue(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    if (!isFieldByte(text.charCodeAt(i))) return false;
  }
  return true;
}

/** `text` without the OWS around it: SP and HTAB alone, unlike `trim()`, to which U+00A0 of latin1 is white space too. */
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

  /** Steps over the character `expected`, if it comes next. */
  take(expected: string): boolean {
    if (this.#text[this.#position] !== expected) return false;
    this.#position++;
    return true;
  }

  /** OWS = *( SP / HTAB ) */
  skipWhitespace(): void {
    while (isWhitespace(this.#text.charCodeAt(this.#position))) this.#position++;
  }

  /** token = 1*tchar; undefined where none stands. */
  token(): string | undefined {
    const start = this.#position;
    while (TCHAR[this.#text.charCodeAt(this.#position)] === true) this.#position++;
    return this.#position === start ? undefined : this.#text.slice(start, this.#position);
  }

  /**
   * The content of a quoted-string, its quoted pairs replaced by what they stand for; undefined where none stands or it is
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
      // Behind the end of the text the code is NaN, which is no field byte either.
      if (!isFieldByte(code)) return undefined;
      this.#position++;
    }
    content += this.#text.slice(start, this.#position);
    this.#position++;
    return content;
  }
}

/**
 * All elements of a header that is a list, in order; undefined where a line is malformed.
 *
 *     #element = [ element ] *( OWS "," OWS [ element ] )
 *
 * RFC 9110 §5.3: several lines of one name mean the same as one line with their values joined by commas. §5.6.1.2: empty
 * elements are ignored.
 */
export function parseList<T>(lines: readonly string[], element: (scanner: Scanner) => T | undefined): T[] | undefined {
  const elements: T[] = [];
  for (const line of lines) {
    const scanner = new Scanner(line);
    for (;;) {
      scanner.skipWhitespace();
      if (scanner.atEnd) break;
      if (scanner.take(',')) continue;
      const parsed = element(scanner);
      if (parsed === undefined) return undefined;
      elements.push(parsed);
      scanner.skipWhitespace();
      if (!scanner.atEnd && !scanner.take(',')) return undefined;
    }
  }
  return elements;
}

/** #token, as in Connection and Sec-WebSocket-Protocol. */
export function parseTokenList(lines: readonly string[]): string[] | undefined {
  return parseList(lines, scanner => scanner.token());
}
