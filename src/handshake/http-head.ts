/**
 * The head of an HTTP/1.1 request or response (RFC 9112): its start line and its headers, as values and as bytes.
 *
 * HTTP heads are latin1: one character of a string is one byte of the wire, and the other way round.
 */
import { Buffer } from 'node:buffer';
import { invalidType, invalidValue } from '../errors.js';
import { isFieldValue, isToken } from './grammar.js';
import { isRequestTarget } from './request-target.js';

/** One header line: the name as it was spelled, the value without the white space around it. */
export type HeaderLine = readonly [name: string, value: string];

const NONE: readonly string[] = Object.freeze([]);

/**
 * Header lines, in order, to be looked up by name in any case.
 *
 * A lookup compares names one by one, which for the few lines that a head has is faster than an index, and cheaper than making one. And
 * `__proto__` and `constructor` are header names like any other (ws 3.3.1, CVE-2026-21710).
 */
export class HeaderFields implements Iterable<HeaderLine> {
  readonly lines: readonly HeaderLine[];
  /** The name of each line, in lower case. */
  readonly #names: string[];

  constructor(lines: Iterable<HeaderLine> = []) {
    this.lines = [...lines];
    this.#names = this.lines.map(([name]) => name.toLowerCase());
  }

  has(name: string): boolean {
    return this.#names.includes(name.toLowerCase());
  }

  /** The values of all lines of this name joined by a comma (RFC 9110 §5.3), undefined where there is none. */
  get(name: string): string | undefined {
    const values = this.all(name);
    return values.length > 0 ? values.join(', ') : undefined;
  }

  /** The value of each line of this name, in order. */
  all(name: string): readonly string[] {
    const key = name.toLowerCase();
    let i = this.#names.indexOf(key);
    if (i === -1) return NONE;
    const values: string[] = [];
    for (; i !== -1; i = this.#names.indexOf(key, i + 1)) values.push(this.lines[i]![1]);
    return values;
  }

  [Symbol.iterator](): Iterator<HeaderLine> {
    return this.lines[Symbol.iterator]();
  }
}

/** Headers as a caller may write them: an object, whose arrays give one line an element, or any iterable of pairs. */
export type HeaderInput = Iterable<HeaderLine> | Readonly<Record<string, string | readonly string[]>>;

/**
 * The headers a caller gave, checked.
 * @param argument what to call them in the message of an error
 * @throws TypeError where a name is no token, or a value holds what a header cannot
 */
export function toHeaderFields(input: HeaderInput | undefined, argument = 'headers'): HeaderFields {
  if (input instanceof HeaderFields || input === undefined) return checked(input ?? new HeaderFields(), argument);
  if (typeof input !== 'object' || input === null) {
    throw invalidType(argument, 'an object or an iterable of [name, value]', input);
  }
  const lines: HeaderLine[] = [];
  for (const [name, value] of Symbol.iterator in input ? input : Object.entries(input)) {
    if (typeof name !== 'string') throw invalidType(`a name in ${argument}`, 'a string', name);
    for (const one of Array.isArray(value) ? value : [value]) lines.push([name, one]);
  }
  return checked(new HeaderFields(lines), argument);
}

/** Headers that an opening handshake sets itself, and those that would promise a body, which it does not have. */
export const HANDSHAKE_HEADERS: readonly string[] = [
  'connection',
  'upgrade',
  'sec-websocket-',
  'content-length',
  'transfer-encoding',
  'trailer',
];

/**
 * The headers a caller gave, checked, none of which may be among `reserved`: names in lower case; one that ends in `-` stands
 * for all that begin so.
 * @throws TypeError where one is, or cannot be sent
 */
export function callersHeaders(input: HeaderInput | undefined, reserved: readonly string[]): HeaderFields {
  const headers = toHeaderFields(input);
  for (const [name] of headers) {
    const key = name.toLowerCase();
    if (reserved.some(own => key === own || (own.endsWith('-') && key.startsWith(own)))) {
      throw invalidType('headers', 'without those that the opening handshake sets itself', name);
    }
  }
  return headers;
}

function checked<Lines extends Iterable<HeaderLine>>(headers: Lines, argument: string): Lines {
  for (const [name, value] of headers) {
    if (!isToken(name)) throw invalidType(`a name in ${argument}`, 'a token of RFC 9110 §5.6.2', name);
    // CVE-2026-1527: CR and LF would start a header of their own. CVE-2016-2216: so would U+010D and U+010A, cut to a byte.
    if (typeof value !== 'string' || !isFieldValue(value)) {
      throw invalidType(`${argument}[${JSON.stringify(name)}]`, 'a string of HTAB and U+0020-7E, U+0080-FF', value);
    }
  }
  return headers;
}

export interface RequestHead {
  readonly method: string;
  /** The request-target as it was sent: origin-form, absolute-form, authority-form or `*`. */
  readonly target: string;
  /** Major and minor, e.g. `1.1`. */
  readonly version: string;
  readonly headers: HeaderFields;
}

export interface ResponseHead {
  /** Major and minor, e.g. `1.1`. */
  readonly version: string;
  readonly status: number;
  /** The reason phrase, '' where there is none. */
  readonly reason: string;
  readonly headers: HeaderFields;
}

/** request-line = method SP request-target SP HTTP-version; undefined where `line` is none. */
export function parseRequestLine(line: string): Omit<RequestHead, 'headers'> | undefined {
  // RFC 9112 §3: exactly two SP. A third one, or a lenient split at any white space, is how requests are smuggled.
  const parts = line.split(' ', 4);
  const [method = '', target = '', protocol = ''] = parts;
  const version = parseHttpVersion(protocol);
  if (parts.length !== 3 || !isToken(method) || !isRequestTarget(target) || version === undefined) return undefined;
  return { method, target, version };
}

/** status-line = HTTP-version SP 3DIGIT SP [ reason-phrase ]; undefined where `line` is none. */
export function parseStatusLine(line: string): Omit<ResponseHead, 'headers'> | undefined {
  const version = parseHttpVersion(line.slice(0, 8));
  const status = line.slice(9, 12);
  // The SP in front of an empty reason phrase is left out by enough servers to be taken as optional.
  const separated = line[8] === ' ' && (line.length === 12 || line[12] === ' ');
  if (version === undefined || !separated || !/^[1-9]\d\d$/.test(status)) return undefined;
  return { version, status: Number(status), reason: line.slice(13) };
}

/** HTTP-version = %s"HTTP" "/" DIGIT "." DIGIT, of which the digits are returned. */
function parseHttpVersion(text: string): string | undefined {
  return /^HTTP\/\d\.\d$/.test(text) ? text.slice(5) : undefined;
}

/** A head to be sent. Nobody looks anything up in its headers, so their lines will do. */
type Encodable<Head> = Omit<Head, 'headers'> & { readonly headers: Iterable<HeaderLine> };

/** The bytes of a request head. @throws TypeError or RangeError, before anything is encoded, where HTTP cannot say it. */
export function encodeRequestHead(head: Encodable<RequestHead>): Uint8Array {
  if (!isToken(head.method)) throw invalidType('method', 'a token of RFC 9110 §5.6.2', head.method);
  if (!isRequestTarget(head.target)) {
    throw invalidType('target', 'printable ASCII without spaces and `#`', head.target);
  }
  return encodeHead(`${head.method} ${head.target} ${httpVersion(head.version)}`, head.headers);
}

/** The bytes of a response head. @throws TypeError or RangeError, before anything is encoded, where HTTP cannot say it. */
export function encodeResponseHead(head: Encodable<ResponseHead>): Uint8Array {
  if (!Number.isInteger(head.status) || head.status < 100 || head.status > 999) {
    throw invalidValue('status', 'an integer from 100 to 999', head.status);
  }
  if (!isFieldValue(head.reason)) throw invalidType('reason', 'HTAB and U+0020-7E, U+0080-FF', head.reason);
  return encodeHead(`${httpVersion(head.version)} ${head.status} ${head.reason}`, head.headers);
}

function httpVersion(version: string): string {
  const text = `HTTP/${version}`;
  if (parseHttpVersion(text) === undefined) throw invalidType('version', 'two digits such as `1.1`', version);
  return text;
}

function encodeHead(startLine: string, headers: Iterable<HeaderLine>): Uint8Array {
  let text = `${startLine}\r\n`;
  for (const [name, value] of checked(headers, 'headers')) text += `${name}: ${value}\r\n`;
  return Buffer.from(`${text}\r\n`, 'latin1');
}
