import { CLOSE_CODE, closeCodeName } from '../framing/close-code.js';
import { isViolation, parseClosePayload } from '../framing/close-payload.js';
import { isControl, OPCODE } from '../framing/opcode.js';
import { GrowingBytes } from '../handshake/growing-bytes.js';
import type { HeaderFields } from '../header-fields.js';
import type { DeflateParameters } from '../permessage-deflate/parameters.js';
import type { Side, WireEvent } from './conversation.js';
import type { BodyItem, Finding, FrameItem, RemarkItem, ViolationItem, WireItem } from './items.js';
import type { HandshakeRequest } from './request-verdicts.js';
import type { JudgedResponse } from './response-verdicts.js';
import { verdictOf } from './verdict.js';

/** What one side sent. */
export interface SideSummary {
  /** All bytes, the opening handshake included. */
  readonly bytes: number;
  readonly frames: number;
  readonly messages: number;
  /** The bytes of its messages, inflated. */
  readonly messageBytes: number;
  readonly pings: number;
  readonly pongs: number;
  /** The bytes that the capture misses. */
  readonly missing: number;
  /** Of its Pings; undefined if none was answered, or no times are known. */
  readonly roundTrips: RoundTrips | undefined;
  /** How many of its Pings were not answered. */
  readonly unanswered: number;
}

/** The times from Pings to their Pongs, in milliseconds. */
export interface RoundTrips {
  readonly count: number;
  readonly least: number;
  readonly most: number;
  readonly mean: number;
}

/** A Close frame. */
export interface CloseSummary {
  readonly from: Side;
  /** 1005 if it has none. */
  readonly code: number;
  readonly reason: string;
  readonly time: number | undefined;
}

/** A part of the opening handshake that breaks a rule. */
export interface Mistake extends Finding {
  readonly from: Side;
  /** The line, if there is one. */
  readonly line: string | undefined;
}

/** The longest time without a byte from either side. */
export interface Silence {
  /** In milliseconds. */
  readonly length: number;
  /** When it began. */
  readonly from: number;
}

/**
 * How the opening handshake went:
 *
 * - `open`: the server accepted with a valid 101
 * - `invalid`: the server sent a 101 that a client must reject
 * - `refused`: the server sent another response
 * - `unanswered`: there is a request, but no whole response
 * - `unknown`: it is not in the capture
 * - `none`: there were no bytes, or neither HTTP nor frames
 */
export type HandshakeOutcome = 'open' | 'invalid' | 'refused' | 'unanswered' | 'unknown' | 'none';

/** What is known of a connection. All times are in milliseconds since 1970. */
export interface ConversationSummary {
  /** What happened, in one sentence. */
  readonly verdict: string;
  /** Whether nothing went wrong: the connection opened, no rule was broken, and if it has ended, it was closed cleanly. */
  readonly isFine: boolean;
  readonly handshake: HandshakeOutcome;
  readonly request: HandshakeRequest | undefined;
  /** The last response. */
  readonly response:
    | {
        readonly version: string;
        readonly status: number | undefined;
        readonly reason: string;
        readonly headers: HeaderFields;
        readonly subprotocol: string;
        readonly deflate: DeflateParameters | undefined;
        /** The first bytes of a body. */
        readonly body: Uint8Array;
      }
    | undefined;
  /** How many 1xx responses came before it, other than 101. */
  readonly interimResponses: number;
  readonly mistakes: readonly Mistake[];
  /** The first violations, at most 100. */
  readonly violations: readonly ViolationItem[];
  readonly remarks: readonly RemarkItem[];
  readonly sides: Readonly<Record<Side, SideSummary>>;
  /** The first Close frame of each side, in the order in which they were sent. */
  readonly closes: readonly CloseSummary[];
  /** Which sides ended TCP, in order. */
  readonly ends: ReadonlyArray<{
    readonly from: Side;
    readonly how: 'fin' | 'reset';
    readonly time: number | undefined;
  }>;
  /** Whether both sides sent a Close frame (§7.1.4). */
  readonly isClean: boolean;
  /** The code that an application gets: that of the first Close frame, 1005 if it has none, 1006 if there is none (§7.1.5). */
  readonly code: number;
  readonly codeName: string;
  /** The time of the first event. */
  readonly start: number | undefined;
  /** The time of the 101. */
  readonly opened: number | undefined;
  /** The time of the last event. */
  readonly last: number | undefined;
  readonly longestSilence: Silence | undefined;
  /** How long neither side had sent anything before the first Close frame or, without one, the end of TCP. */
  readonly silenceBeforeEnd: number | undefined;
  /** The first bytes of the server, at most 64. */
  readonly serverStart: Uint8Array;
  /** The first bytes of the server after its 101, at most 64. */
  readonly afterSwitch: Uint8Array;
}

/** How many bytes are kept of the start of a stream. */
const KEPT_START = 64;

const MAX_LISTED = 100;

type Ends = ConversationSummary['ends'];

/** Sums up the events and items of a connection. Memory is bounded. */
export class Summarizer {
  readonly #sides: Readonly<Record<Side, SideCounter>> = { client: new SideCounter(), server: new SideCounter() };
  readonly #mistakes: Mistake[] = [];
  readonly #violations: ViolationItem[] = [];
  readonly #remarks: RemarkItem[] = [];
  readonly #closes: CloseSummary[] = [];
  readonly #ends: Ends[number][] = [];
  #request: HandshakeRequest | undefined;
  #response: JudgedResponse | undefined;
  #interim = 0;
  #body: BodyItem | undefined;
  #hasFrames = false;
  #start: number | undefined;
  #opened: number | undefined;
  #last: number | undefined;
  #silence: Silence | undefined;
  /** The time between the last two events. */
  #pause: number | undefined;
  #silenceBeforeEnd: number | undefined;
  readonly #serverStart = new GrowingBytes();
  readonly #afterSwitch = new GrowingBytes();

  event(event: WireEvent): void {
    const { time, from } = event;
    if (event.type === 'bytes') {
      this.#sides[from].bytes += event.bytes.length;
      if (from === 'server') appendStart(this.#serverStart, event.bytes);
    }
    if (time === undefined) return;
    this.#pause = time - (this.#last ?? time);
    this.#start ??= time;
    const length = time - (this.#last ?? time);
    if (length > (this.#silence?.length ?? 0)) this.#silence = { length, from: this.#last! };
    this.#last = time;
  }

  /** Takes bytes of the server after its 101. */
  switched(bytes: Uint8Array): void {
    appendStart(this.#afterSwitch, bytes);
  }

  request(request: HandshakeRequest): void {
    this.#request = request;
    this.#response = undefined;
  }

  response(response: JudgedResponse): void {
    // A second response after a 101 changes nothing.
    if (this.#response?.status === 101) return;
    const { status } = response;
    if (status !== undefined && status < 200 && status !== 101) this.#interim++;
    else this.#response = response;
  }

  add(item: WireItem): void {
    const side = this.#sides[item.from];
    switch (item.type) {
      case 'head':
        if (item.kind === 'response' && item.status === 101) this.#opened ??= item.time;
        this.#addMistakes(item);
        break;
      case 'body':
        if (item.from === 'server') this.#body = item;
        break;
      case 'frame':
        this.#hasFrames = true;
        this.#addFrame(item);
        break;
      case 'message':
        side.messages++;
        side.messageBytes += item.length;
        if (item.frames === undefined) this.#addBareMessage(item.from, item.opcode, item.data, item.time);
        break;
      case 'violation':
        if (this.#violations.length < MAX_LISTED) this.#violations.push(item);
        break;
      case 'gap':
        side.missing += item.length;
        break;
      case 'remark':
        if (this.#remarks.length < MAX_LISTED) this.#remarks.push(item);
        break;
      case 'end':
        if (this.#ends.some(({ from }) => from === item.from)) break;
        if (this.#closes.length + this.#ends.length === 0) this.#silenceBeforeEnd = this.#pause;
        this.#ends.push(item);
    }
  }

  summary(): ConversationSummary {
    const [first] = this.#closes;
    const code = first?.code ?? CLOSE_CODE.ABNORMAL_CLOSURE;
    const response = this.#response;
    const facts = {
      handshake: this.#handshake,
      request: this.#request,
      response:
        response === undefined
          ? undefined
          : {
              version: response.version,
              status: response.status,
              reason: response.reason,
              headers: response.headers,
              subprotocol: response.subprotocol,
              deflate: response.deflate,
              body: this.#body?.bytes ?? new Uint8Array(0),
            },
      interimResponses: this.#interim,
      mistakes: this.#mistakes,
      violations: this.#violations,
      remarks: this.#remarks,
      sides: { client: this.#sides.client.summary(), server: this.#sides.server.summary() },
      closes: this.#closes,
      ends: this.#ends,
      isClean: this.#closes.length === 2,
      code,
      codeName: closeCodeName(code),
      start: this.#start,
      opened: this.#opened,
      last: this.#last,
      longestSilence: this.#silence,
      silenceBeforeEnd: this.#silenceBeforeEnd,
      serverStart: this.#serverStart.view().slice(),
      afterSwitch: this.#afterSwitch.view().slice(),
    };
    return { ...verdictOf(facts), ...facts };
  }

  get #handshake(): HandshakeOutcome {
    if (this.#response !== undefined) {
      if (this.#response.isWebSocket) return 'open';
      return this.#response.status === 101 ? 'invalid' : 'refused';
    }
    if (this.#hasFrames || this.#sides.client.messages + this.#sides.server.messages > 0) return 'unknown';
    return this.#request === undefined ? 'none' : 'unanswered';
  }

  #addMistakes({ from, lines, findings }: Extract<WireItem, { type: 'head' }>): void {
    for (const { text, verdict, note, section } of lines) {
      if (verdict === 'wrong') this.#addMistake({ from, line: text, verdict, note, section });
    }
    for (const finding of findings) {
      if (finding.verdict === 'wrong') this.#addMistake({ from, line: undefined, ...finding });
    }
  }

  #addMistake(mistake: Mistake): void {
    if (this.#mistakes.length < MAX_LISTED) this.#mistakes.push(mistake);
  }

  #addFrame({ from, opcode, close, time, answers }: FrameItem): void {
    const side = this.#sides[from];
    side.frames++;
    if (opcode === OPCODE.PING) side.pings++;
    if (opcode === OPCODE.PONG) side.pongs++;
    if (answers !== undefined) this.#sides[from === 'client' ? 'server' : 'client'].addRoundTrip(answers.after);
    if (close !== undefined) this.#addClose({ from, ...close, time });
  }

  #addBareMessage(from: Side, opcode: number, data: Uint8Array, time: number | undefined): void {
    if (!isControl(opcode)) return;
    this.#sides[from].messages--;
    const close = opcode === OPCODE.CLOSE ? parseClosePayload(data) : undefined;
    if (close !== undefined && !isViolation(close)) this.#addClose({ from, ...close, time });
  }

  #addClose(close: CloseSummary): void {
    if (this.#closes.some(({ from }) => from === close.from)) return;
    if (this.#closes.length === 0) this.#silenceBeforeEnd = this.#pause;
    this.#closes.push(close);
  }
}

function appendStart(start: GrowingBytes, bytes: Uint8Array): void {
  start.append(bytes, 0, Math.min(bytes.length, KEPT_START - start.length));
}

class SideCounter {
  bytes = 0;
  frames = 0;
  messages = 0;
  messageBytes = 0;
  pings = 0;
  pongs = 0;
  missing = 0;
  #answered = 0;
  #timed = 0;
  #least = Number.POSITIVE_INFINITY;
  #most = 0;
  #sum = 0;

  addRoundTrip(after: number | undefined): void {
    this.#answered++;
    if (after === undefined) return;
    this.#timed++;
    this.#least = Math.min(this.#least, after);
    this.#most = Math.max(this.#most, after);
    this.#sum += after;
  }

  summary(): SideSummary {
    const { bytes, frames, messages, messageBytes, pings, pongs, missing } = this;
    const count = this.#timed;
    return {
      ...{ bytes, frames, messages, messageBytes, pings, pongs, missing },
      roundTrips: count === 0 ? undefined : { count, least: this.#least, most: this.#most, mean: this.#sum / count },
      unanswered: pings - this.#answered,
    };
  }
}
