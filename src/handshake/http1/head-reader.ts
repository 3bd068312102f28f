/**
 * Reads one head from bytes in any segmentation. Each byte is read once, and a line is checked at its CRLF, so the
 * fault that is found, and its position, do not depend on the segmentation.
 */
import { Buffer } from 'node:buffer';
import { invalidType, invalidValue } from '../../errors.js';
import type { OptionNames } from '../../option-names.js';
import { isFieldByte, isToken, isWhitespace, trimWhitespace } from '../grammar.js';
import { GrowingBytes } from '../growing-bytes.js';
import { HeaderFields, type HeaderLine } from '../header-fields.js';
import { quoted } from '../quoted.js';
import type { RequestHead, ResponseHead } from './head.js';
import { parseRequestLine, parseStatusLine } from './start-line.js';

const CR = 0x0d;
const LF = 0x0a;
const COLON = ':';

const NO_BYTES = new Uint8Array(0);
/** The end of the last line, and an empty one. */
const HEAD_END = '\r\n\r\n';

const LINE_END = 'CRLF at the end of a line (RFC 9112 §2.2)';
const TEXT = 'text (RFC 9110 §5.5)';

/** The limits of an HTTP head. */
export interface HeadLimits {
  /** The maximum size of a head in bytes, with its empty line. Default 16 KiB. */
  readonly maxHeadSize?: number | undefined;
  /** The maximum number of header lines, repeated names included. Default 100. */
  readonly maxHeaderLines?: number | undefined;
}

export const HEAD_LIMIT_NAMES: OptionNames<HeadLimits> = { maxHeadSize: true, maxHeaderLines: true };

/** The default of `maxHeadSize`, in bytes. */
export const DEFAULT_MAX_HEAD_SIZE: number = 16 * 1024;
/** The default of `maxHeaderLines`. */
export const DEFAULT_MAX_HEADER_LINES = 100;

/** A fault in a head. */
export class HeadFault {
  readonly kind: 'syntax' | 'start-line-too-long' | 'too-large';
  /** A sentence that says what was expected and what was received. */
  readonly message: string;

  constructor(kind: HeadFault['kind'], message: string) {
    this.kind = kind;
    this.message = message;
  }
}

/** The first line of a head. */
interface StartLine<Start> {
  readonly parse: (line: string) => Start | undefined;
  readonly expected: string;
  /** How many empty lines may come before it. */
  readonly emptyLines: number;
}

type RequestStart = Omit<RequestHead, 'headers'>;
type ResponseStart = Omit<ResponseHead, 'headers'>;

const REQUEST_LINE: StartLine<RequestStart> = {
  parse: parseRequestLine,
  expected: 'a request line, `GET <target> HTTP/1.1` with single spaces (RFC 9112 §3)',
  // RFC 9112 §2.2: a server SHOULD ignore at least one empty line (CRLF) received prior to the request-line. This
  // reader ignores one.
  emptyLines: 1,
};

const STATUS_LINE: StartLine<ResponseStart> = {
  parse: parseStatusLine,
  expected: 'a status line, `HTTP/1.1 <status> <reason>` (RFC 9112 §4)',
  emptyLines: 0,
};

/** Returns a reader of one request head. */
export function requestHeadReader(limits?: HeadLimits): HeadReader<RequestStart> {
  return new HeadReader(REQUEST_LINE, limits);
}

/** Returns a reader of one response head. */
export function responseHeadReader(limits?: HeadLimits): HeadReader<ResponseStart> {
  return new HeadReader(STATUS_LINE, limits);
}

export class HeadReader<Start extends object> {
  readonly #startLine: StartLine<Start>;
  readonly #maxHeadSize: number;
  readonly #maxHeaderLines: number;

  /** The start of an incomplete line. */
  #partialLine: GrowingBytes | undefined;
  #afterCarriageReturn = false;
  #emptyLines = 0;
  #start: Start | undefined;
  #headerLines: HeaderLine[] = [];
  #size = 0;
  #rest: Uint8Array = NO_BYTES;

  constructor(startLine: StartLine<Start>, limits: HeadLimits = {}) {
    this.#startLine = startLine;
    this.#maxHeadSize = checkedLimit('maxHeadSize', limits.maxHeadSize, DEFAULT_MAX_HEAD_SIZE);
    this.#maxHeaderLines = checkedLimit('maxHeaderLines', limits.maxHeaderLines, DEFAULT_MAX_HEADER_LINES);
  }

  /** How many bytes of the head have been read. */
  get size(): number {
    return this.#size;
  }

  /** The bytes after the head in the same chunk, as a view; empty until the head is complete. */
  get rest(): Uint8Array {
    return this.#rest;
  }

  /**
   * Takes the next bytes. Returns the head when it is complete, a HeadFault if it is wrong, or undefined while more
   * bytes are needed.
   */
  receive(chunk: Uint8Array): (Start & { readonly headers: HeaderFields }) | HeadFault | undefined {
    const text = this.#wholeText(chunk);
    let lineStart = 0;
    for (let i = 0; i < chunk.length; i++) {
      if (this.#size === this.#maxHeadSize) return this.#tooLarge();
      const byte = chunk[i]!;
      this.#size++;
      if (this.#afterCarriageReturn) {
        // RFC 9112 §2.2: a bare CR is invalid. A recipient MAY accept a bare LF as the end of a line. This one does
        // not: if a proxy and a server read a line differently, one request can hide another.
        if (byte !== LF) return syntaxFault(LINE_END, `a CR without LF at offset ${this.#size - 2}`);
        this.#afterCarriageReturn = false;
        const outcome = this.#receiveLine(this.#takeLine(chunk, text, lineStart, i + 1));
        lineStart = i + 1;
        if (outcome === 'whole') {
          if (lineStart < chunk.length) this.#rest = chunk.subarray(lineStart);
          return Object.assign(this.#start!, { headers: new HeaderFields(this.#headerLines) });
        }
        if (outcome !== undefined) return outcome;
      } else if (byte === CR) {
        this.#afterCarriageReturn = true;
      } else if (!isFieldByte(byte)) {
        if (byte === LF) return syntaxFault(LINE_END, `an LF without CR at offset ${this.#size - 1}`);
        const control = `0x${byte.toString(16).padStart(2, '0')}`;
        return syntaxFault(TEXT, `the control byte ${control} at offset ${this.#size - 1}`);
      }
    }
    if (lineStart < chunk.length) {
      this.#partialLine ??= new GrowingBytes();
      this.#partialLine.append(chunk, lineStart, chunk.length);
    }
    return undefined;
  }

  /** Prepares for the next head. All heads together must fit into `maxHeadSize`. */
  next(): void {
    this.#start = undefined;
    this.#headerLines = [];
    this.#rest = NO_BYTES;
  }

  /**
   * Returns the text of the head if all of it is in this chunk, as is nearly always the case. Its lines are then slices
   * of the text. Otherwise each line gets memory of its own, so a retained line does not pin the whole head.
   */
  #wholeText(chunk: Uint8Array): string | undefined {
    if (this.#size > 0) return undefined;
    const end = asBuffer(chunk).indexOf(HEAD_END);
    return end === -1 ? undefined : latin1(chunk, 0, end + HEAD_END.length);
  }

  /** Returns the line that ends at `chunk[end]`, without its CRLF. */
  #takeLine(chunk: Uint8Array, text: string | undefined, start: number, end: number): string {
    if (text !== undefined) return text.slice(start, end - 2);
    const partial = this.#partialLine;
    if (partial === undefined || partial.length === 0) return latin1(chunk, start, end - 2);
    partial.append(chunk, start, end);
    const bytes = partial.view();
    partial.clear();
    return latin1(bytes, 0, bytes.length - 2);
  }

  #receiveLine(line: string): 'whole' | HeadFault | undefined {
    if (this.#start === undefined) return this.#receiveStartLine(line);
    return line === '' ? 'whole' : this.#receiveHeaderLine(line);
  }

  #receiveStartLine(line: string): HeadFault | undefined {
    if (line === '' && this.#emptyLines++ < this.#startLine.emptyLines) return undefined;
    this.#start = this.#startLine.parse(line);
    return this.#start === undefined ? syntaxFault(this.#startLine.expected, quoted(line)) : undefined;
  }

  /** field-line = field-name ":" OWS field-value OWS */
  #receiveHeaderLine(line: string): HeadFault | undefined {
    if (this.#headerLines.length === this.#maxHeaderLines) {
      return new HeadFault('too-large', `expected at most ${this.#maxHeaderLines} header lines, got more`);
    }
    // RFC 9112 §5.2: obs-fold. §2.2: white space between the start line and the first header.
    if (isWhitespace(line.charCodeAt(0))) {
      return syntaxFault('a line that does not begin with white space (RFC 9112 §2.2, §5.2)', quoted(line));
    }
    const colon = line.indexOf(COLON);
    const name = line.slice(0, Math.max(colon, 0));
    // RFC 9112 §5.1: no white space is allowed between the field name and colon. No token holds any.
    if (!isToken(name)) {
      return syntaxFault('`Name: value` without a space before the colon (RFC 9112 §5)', quoted(line));
    }
    this.#headerLines.push([name, trimWhitespace(line.slice(colon + 1))]);
    return undefined;
  }

  #tooLarge(): HeadFault {
    const limit = `of at most ${this.#maxHeadSize} bytes, got more`;
    return this.#start === undefined
      ? new HeadFault('start-line-too-long', `expected a first line ${limit}`)
      : new HeadFault('too-large', `expected a head ${limit}`);
  }
}

function syntaxFault(expected: string, got: string): HeadFault {
  return new HeadFault('syntax', `expected ${expected}, got ${got}`);
}

function checkedLimit(argument: string, given: number | undefined, byDefault: number): number {
  if (given === undefined) return byDefault;
  if (typeof given !== 'number') throw invalidType(argument, 'a number', given);
  if (!Number.isSafeInteger(given) || given < 1) throw invalidValue(argument, 'a positive integer', given);
  return given;
}

function latin1(bytes: Uint8Array, start: number, end: number): string {
  return asBuffer(bytes).toString('latin1', start, end);
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
