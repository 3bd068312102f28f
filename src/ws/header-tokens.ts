/**
 * Reads the lists of tokens in Sec-WebSocket-Protocol and Sec-WebSocket-Extensions. Errors name the index of the wrong
 * character, as those of `ws` do.
 */

const TOKEN = /[!#$%&'*+\-.^_`|~0-9A-Za-z]*/y;
const WHOLE_TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const WHITE_SPACE = /[\t ]*/y;

/** Whether `text` is a token (RFC 9110 §5.6.2). */
export function isToken(text: string): boolean {
  return WHOLE_TOKEN.test(text);
}

export class TokenReader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  get isAtEnd(): boolean {
    return this.#at === this.#text.length;
  }

  /** Reads a token of at least one character (RFC 9110 §5.6.2). */
  token(): string {
    const token = this.#match(TOKEN);
    if (token === '') throw this.unexpected();
    return token;
  }

  /**
   * Reads one of the separators, with white space around it. Returns '' at the end of the text, which must not be white
   * space.
   */
  separator(separators: string): string {
    const isAfterSpace = this.#match(WHITE_SPACE) !== '';
    if (this.isAtEnd) {
      if (isAfterSpace) throw this.unexpected();
      return '';
    }
    const next = this.#text[this.#at]!;
    if (!separators.includes(next)) throw this.unexpected();
    this.#at++;
    this.#match(WHITE_SPACE);
    return next;
  }

  /** Reads `character` if it is next. Returns whether it was. */
  take(character: string): boolean {
    if (this.#text[this.#at] !== character) return false;
    this.#at++;
    return true;
  }

  /** Reads the rest of a quoted string whose value is a token (RFC 6455 §9.1). */
  quoted(): string {
    let value = '';
    while (!this.take('"')) {
      this.take('\\');
      const character = this.#text[this.#at] ?? '';
      if (!isToken(character)) throw this.unexpected();
      value += character;
      this.#at++;
    }
    if (value !== '') return value;
    this.#at--;
    throw this.unexpected();
  }

  unexpected(): SyntaxError {
    return new SyntaxError(this.isAtEnd ? 'Unexpected end of input' : `Unexpected character at index ${this.#at}`);
  }

  #match(pattern: RegExp): string {
    pattern.lastIndex = this.#at;
    const [match] = pattern.exec(this.#text)!;
    this.#at += match.length;
    return match;
  }
}
