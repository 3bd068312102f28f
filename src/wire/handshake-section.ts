import { acceptOf } from '../handshake/http1/key.js';
import { type HeadLine, HeadLines } from './head-lines.js';
import {
  headerOf,
  proveAccept,
  requestHeaderNote,
  requestLineNote,
  responseHeaderNote,
  statusLineNote,
  statusOf,
} from './head-notes.js';
import { lineRows, textLines } from './head-rows.js';
import type { PlacedLine } from './parsed-head.js';
import { printableCharacters, printableText } from './printable.js';
import { judgeRequest } from './request-verdicts.js';
import { judgeResponse } from './response-verdicts.js';
import type { Side, TraceWriter } from './trace-writer.js';

/** Further lines of a head are not shown. */
const MAX_HEAD_LINES = 128;

/** How many bytes of the body of a response other than 101 are shown. */
const KEPT_BODY = 512;
const MAX_BODY_LINES = 8;

/** Headers whose notes say what is wrong. */
const NOTED: readonly string[] = ['upgrade', 'connection', 'sec-websocket-accept'];

/** Section 2 of a trace: the HTTP request and its response, line by line as on the wire, with notes. */
export class HandshakeSection {
  readonly #writer: TraceWriter;
  readonly #request: Head;
  readonly #response: Head;
  readonly #body = new Uint8Array(KEPT_BODY);
  #bodyLength = 0;
  #isBodyShown = false;
  #status: number | undefined;
  #key = '';
  #sentAccept: string | undefined;
  #agreesToCompress = false;
  /** Whether Sec-WebSocket-Accept in the 101 is correct; undefined before a 101. */
  #isAgreed: boolean | undefined;

  constructor(writer: TraceWriter) {
    this.#writer = writer;
    this.#request = new Head('client', writer, (line, index) => this.#noteOnRequest(line, index));
    this.#response = new Head('server', writer, (line, index) => this.#noteOnResponse(line, index));
  }

  /** Whether the response agrees to permessage-deflate (RFC 7692 §5). */
  get agreesToCompress(): boolean {
    return this.#agreesToCompress;
  }

  begin(): void {
    this.#writer.heading('2  Opening handshake');
  }

  /**
   * Takes bytes of the request. Returns the index in `chunk` after its head, or undefined if the head is not complete.
   */
  takeRequest(chunk: Uint8Array): number | undefined {
    return this.#request.take(chunk, 0);
  }

  /**
   * Takes bytes of the response and of interim responses. Returns the index in `chunk` where frames start, or
   * undefined.
   */
  takeResponse(chunk: Uint8Array): number | undefined {
    let at: number | undefined = this.#response.isWhole ? 0 : this.#response.take(chunk, 0);
    // RFC 9110 §15.2: "A client MUST be able to parse one or more 1xx responses received prior to a final response".
    while (at !== undefined && this.#status !== undefined && this.#status < 200 && this.#status !== 101) {
      this.#response.reset();
      at = this.#response.take(chunk, at);
    }
    if (at === undefined) return undefined;
    if (this.#status === 101 && this.#isAgreed === undefined) this.#checkAccept();
    if (this.#isAgreed === true) return at;
    this.#takeBody(chunk, at);
    return undefined;
  }

  /** Ends the input: shows incomplete lines and the body. */
  end(): void {
    this.#request.end();
    this.#response.end();
    this.#showBody();
  }

  #noteOnRequest(line: string, index: number): string {
    if (index === 0) return requestLineNote(line);
    const [name, value] = headerOf(line);
    if (name === 'sec-websocket-key') this.#key = value;
    return requestHeaderNote(name);
  }

  #noteOnResponse(line: string, index: number): string {
    if (index === 0) {
      this.#status = statusOf(line);
      return statusLineNote(this.#status);
    }
    const [name, value] = headerOf(line);
    if (name === 'sec-websocket-accept') this.#sentAccept = value;
    if (name === 'sec-websocket-extensions' && /\bpermessage-deflate\b/.test(value)) this.#agreesToCompress = true;
    return responseHeaderNote(name, value, this.#status);
  }

  #checkAccept(): void {
    const { good, bad, note } = this.#writer.paint;
    const proof = proveAccept(this.#key, this.#sentAccept, acceptOf(this.#key));
    this.#isAgreed = proof.isRight;
    this.#writer.row('');
    for (const line of proof.lines) this.#writer.row(line, { paint: note });
    this.#writer.row(proof.verdict, { paint: proof.isRight ? good : bad });
    this.#showMistakes();
  }

  /** Shows what is wrong with a 101, other than the lines whose notes say so. */
  #showMistakes(): void {
    // Of a longer head, not all lines were kept.
    if (Math.max(this.#request.lines.length, this.#response.lines.length) === MAX_HEAD_LINES) return;
    const { facts } = judgeRequest(this.#request.lines, false);
    const { lines, findings } = judgeResponse(this.#response.lines, facts, false);
    const { bad, note } = this.#writer.paint;
    for (const { name, text, verdict, note: what, section } of lines) {
      if (verdict !== 'wrong' || NOTED.includes(name ?? '')) continue;
      this.#writer.row(`wrong: ${printableText(text)}: ${printableText(what)} (${section})`, { paint: bad });
    }
    for (const { verdict, note: what, section } of findings) {
      const isWrong = verdict === 'wrong';
      this.#writer.row(`${isWrong ? 'wrong: ' : ''}${printableText(what)} (${section})`, {
        paint: isWrong ? bad : note,
      });
    }
  }

  #takeBody(chunk: Uint8Array, start: number): void {
    const piece = chunk.subarray(start, start + KEPT_BODY - this.#bodyLength);
    this.#body.set(piece, this.#bodyLength);
    this.#bodyLength += piece.length;
    if (this.#bodyLength === KEPT_BODY) this.#showBody();
  }

  #showBody(): void {
    if (this.#isBodyShown || this.#bodyLength === 0) return;
    this.#isBodyShown = true;
    const lines = textLines(this.#body.subarray(0, this.#bodyLength), this.#writer.textColumns);
    for (const line of lines.slice(0, MAX_BODY_LINES)) this.#writer.row(line, { from: 'server' });
    const isCut = this.#bodyLength === KEPT_BODY || lines.length > MAX_BODY_LINES;
    if (isCut) this.#writer.row('…', { from: 'server', note: 'the body continues' });
  }
}

/** The head of one direction. */
class Head {
  readonly #side: Side;
  readonly #writer: TraceWriter;
  readonly #noteOn: (line: string, index: number) => string;
  readonly #lines = new HeadLines();
  /** Whether its empty line has been received. */
  isWhole = false;
  /** The lines that are shown. */
  lines: PlacedLine[] = [];
  #count = 0;

  constructor(side: Side, writer: TraceWriter, noteOn: (line: string, index: number) => string) {
    this.#side = side;
    this.#writer = writer;
    this.#noteOn = noteOn;
  }

  /**
   * Shows the lines that end in `chunk[start, …)`. Returns the index after the head, or undefined if it is not
   * complete.
   */
  take(chunk: Uint8Array, start: number): number | undefined {
    let at = start;
    for (let taken = this.#lines.take(chunk, at); taken !== undefined; taken = this.#lines.take(chunk, at)) {
      at = taken.next;
      if (taken.line.length === 0) {
        this.isWhole = true;
        this.#writer.row('', { from: this.#side, note: 'the empty line ends the head' });
        return at;
      }
      this.#show(taken.line);
    }
    return undefined;
  }

  /** Starts another head. */
  reset(): void {
    this.isWhole = false;
    this.lines = [];
    this.#count = 0;
  }

  end(): void {
    const line = this.#lines.takeUnfinished();
    if (line === undefined) return;
    this.#show(line);
    this.#writer.row('…', { from: this.#side, note: 'cut off' });
  }

  #show(line: HeadLine): void {
    const characters = [...printableCharacters(line.bytes, 'bare')];
    const index = this.#count++;
    if (index > MAX_HEAD_LINES) return;
    if (index === MAX_HEAD_LINES) {
      this.#writer.row('…', { from: this.#side, note: 'more lines, not shown' });
      return;
    }
    this.lines.push({ ...line, offset: 0 });
    const note = this.#noteOn(characters.join(''), index);
    const rows = lineRows(characters, line, this.#writer.textColumns);
    rows.forEach((row, i) => {
      const isLast = i === rows.length - 1;
      this.#writer.row(row, { from: this.#side, isTimed: index === 0 && i === 0, note: isLast ? note : '' });
    });
  }
}
