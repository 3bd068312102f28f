/**
 * The head of an HTTP/1.1 request or response (RFC 9112): its start line and its headers, as values and as bytes.
 *
 * Strings are latin1: each character is one byte on the wire.
 */
import { Buffer } from 'node:buffer';
import { invalidString, invalidValue } from '../../errors.js';
import { FIELD_VALUE, isFieldValue, isToken } from '../grammar.js';
import { checkHeader, type HeaderFields, type HeaderLine } from '../header-fields.js';
import { isRequestTarget } from '../request-target.js';
import { parseHttpVersion } from './start-line.js';

/** The head of an HTTP/1.1 request. */
export interface RequestHead {
  readonly method: string;
  /** The request-target as it was sent: origin-form, absolute-form, authority-form or `*`. */
  readonly target: string;
  /** Major and minor, e.g. `1.1`. */
  readonly version: string;
  readonly headers: HeaderFields;
}

/** The head of an HTTP/1.1 response. */
export interface ResponseHead {
  /** Major and minor, e.g. `1.1`. */
  readonly version: string;
  readonly status: number;
  /** The reason phrase, '' if there is none. */
  readonly reason: string;
  readonly headers: HeaderFields;
}

/** A head to be sent. Its headers are not looked up, so lines are enough. */
type Encodable<Head> = Omit<Head, 'headers'> & { readonly headers: Iterable<HeaderLine> };

/**
 * Returns the bytes of a request head.
 *
 * @throws {TypeError | RangeError} before anything is encoded, if HTTP cannot carry it
 */
export function encodeRequestHead(head: Encodable<RequestHead>): Uint8Array {
  if (!isToken(head.method)) throw invalidString('method', 'a token of RFC 9110 §5.6.2', head.method);
  if (!isRequestTarget(head.target)) {
    throw invalidString('target', 'printable ASCII without spaces and `#`', head.target);
  }
  return encodeHead(`${head.method} ${head.target} ${httpVersion(head.version)}`, head.headers);
}

/**
 * Returns the bytes of a response head.
 *
 * @throws {TypeError | RangeError} before anything is encoded, if HTTP cannot carry it
 */
export function encodeResponseHead(head: Encodable<ResponseHead>): Uint8Array {
  if (!Number.isInteger(head.status) || head.status < 100 || head.status > 999) {
    throw invalidValue('status', 'an integer from 100 to 999', head.status);
  }
  if (!isFieldValue(head.reason)) throw invalidString('reason', FIELD_VALUE, head.reason);
  return encodeHead(`${httpVersion(head.version)} ${head.status} ${head.reason}`, head.headers);
}

function httpVersion(version: string): string {
  const text = `HTTP/${version}`;
  if (parseHttpVersion(text) === undefined) throw invalidString('version', 'two digits such as `1.1`', version);
  return text;
}

function encodeHead(startLine: string, headers: Iterable<HeaderLine>): Uint8Array {
  let text = `${startLine}\r\n`;
  const lines = Array.isArray(headers) ? (headers as readonly HeaderLine[]) : Array.from(headers);
  // for…of and destructuring would allocate 1.5 KB of iterators a head (`npm run guard`, `visits.heap`).
  for (let i = 0; i < lines.length; i++) {
    const line = lines[i]!;
    checkHeader(line[0], line[1], 'headers');
    text += `${line[0]}: ${line[1]}\r\n`;
  }
  return Buffer.from(`${text}\r\n`, 'latin1');
}
