import { GrowingBytes } from '../handshake/growing-bytes.js';
import type { ResponseBody } from '../handshake/http1/response-body.js';
import type { Side } from './conversation.js';
import { FrameWatcher, type WatchedFrame } from './frame-watcher.js';
import { HeadLines } from './head-lines.js';
import { type Opening, openingOf } from './opening.js';
import type { PlacedLine } from './parsed-head.js';

/** Further lines of a head are not kept. */
const MAX_HEAD_LINES = 256;

/** How many bytes are held back while it is unknown whether they are frames. */
const MAX_HELD = 1_048_576;

/** How many bytes of the payload of a frame are kept if it may be compressed: see INFLATE_LIMIT. */
const MAX_COMPRESSED = 16 * 1024 * 1024;

const SECOND_RESPONSE = 'HTTP/1';
const NO_BYTES = new Uint8Array(0);

/**
 * What the next bytes of one side are:
 *
 *     opening ─┬─▶ head ──▶ waiting, body, switched, opening: the owner decides
 *              ├─▶ frames   (the capture begins after the handshake)
 *              └─▶ lost     (TLS, or neither HTTP nor frames)
 *     switched ─┬─▶ frames
 *               └─▶ head    (a second response after a 101)
 *     body ──▶ opening, waiting
 */
export type Stage = 'opening' | 'head' | 'waiting' | 'body' | 'switched' | 'frames' | 'lost';

/** The owner of a StreamDecoder, which knows both sides. */
export interface StreamOwner {
  /** The first bytes of the stream are known, and are not the start of a head. */
  opened(stream: StreamDecoder, opening: Exclude<Opening, 'head'>, bytes: Uint8Array): void;
  head(stream: StreamDecoder, lines: readonly PlacedLine[], isCutOff: boolean): void;
  body(stream: StreamDecoder, bytes: Uint8Array, start: number, length: number): void;
  frame(stream: StreamDecoder, frame: WatchedFrame): void;
  secondResponse(stream: StreamDecoder): void;
  /** More bytes are held back than is reasonable. */
  heldTooMuch(stream: StreamDecoder): void;
}

/** Decodes what one side sends. */
export class StreamDecoder {
  readonly side: Side;
  readonly #owner: StreamOwner;
  readonly #keptPayload: number;
  #stage: Stage = 'opening';
  /** How many bytes of the stream were decoded, gaps included. */
  #offset = 0;
  /** How many bytes were received, gaps included. */
  #received = 0;
  #held = new GrowingBytes();
  #lines = new HeadLines();
  #lineStart = 0;
  #headLines: PlacedLine[] = [];
  #body: ResponseBody | undefined;
  #bodyStart = 0;
  #afterBody: Stage = 'opening';
  #watcher: FrameWatcher | undefined;
  #mayCompress = false;
  /** Whether bytes before the first frame are unknown. */
  startsMidway = true;
  isOver = false;

  constructor(side: Side, owner: StreamOwner, keptPayload: number) {
    this.side = side;
    this.#owner = owner;
    this.#keptPayload = keptPayload;
  }

  get stage(): Stage {
    return this.#stage;
  }

  get offset(): number {
    return this.#offset;
  }

  get received(): number {
    return this.#received;
  }

  /** Whether bytes are held back. */
  get hasHeld(): boolean {
    return this.#held.length > 0;
  }

  /** How many bytes were received, but not decoded. */
  get undecoded(): number {
    return this.#stage === 'lost' || this.#stage === 'waiting' ? this.#received - this.#offset : 0;
  }

  take(bytes: Uint8Array): void {
    this.#received += bytes.length;
    this.#decode(bytes, 0);
  }

  /** Reads frames from here on. */
  readFrames(mayCompress: boolean, startsMidway: boolean): void {
    this.startsMidway = startsMidway;
    this.#mayCompress = mayCompress;
    this.#enter('frames');
  }

  /** Reads frames from here on, unless the server sends a second response. */
  switchProtocols(mayCompress: boolean): void {
    this.startsMidway = false;
    this.#mayCompress = mayCompress;
    this.#enter('switched');
  }

  readBody(body: ResponseBody, then: 'opening' | 'waiting'): void {
    this.#body = body;
    this.#bodyStart = this.#offset;
    this.#afterBody = then;
    this.#stage = 'body';
    if (body.isWhole) this.#endBody();
  }

  /** Holds back what follows. */
  wait(): void {
    this.#stage = 'waiting';
  }

  /** Reads a head, or whatever follows. */
  restart(): void {
    this.#enter('opening');
  }

  /** Reads a head. */
  readHead(): void {
    this.#enter('head');
  }

  /** Decodes nothing more. */
  lose(): void {
    this.#stage = 'lost';
    this.#held.clear();
  }

  /** Returns whether decoding continues after `length` missing bytes. */
  skip(length: number): boolean {
    const isAtStart = this.#received === 0;
    this.#received += length;
    if (isAtStart) {
      this.#offset += length;
      return true;
    }
    if (this.#stage === 'frames' && this.#watcher?.skip(length) === true) {
      this.#offset = this.#watcher.offset;
      return true;
    }
    this.end();
    this.lose();
    return false;
  }

  /** Ends the input. Returns what was cut off. */
  end(): 'frame header' | 'bytes' | undefined {
    switch (this.#stage) {
      case 'opening':
      case 'switched':
        // Too few bytes to tell.
        if (!this.hasHeld) return undefined;
        this.#become(isLetter(this.#held.view()[0]!) ? 'head' : 'frames', NO_BYTES);
        return this.end();
      case 'head': {
        const rest = this.#lines.takeUnfinished();
        if (rest !== undefined) this.#addLine({ ...rest, endsInCrLf: true, offset: this.#lineStart });
        const lines = this.#headLines;
        this.lose();
        if (lines.length > 0) this.#owner.head(this, lines, true);
        return undefined;
      }
      case 'body':
        this.#endBody();
        return undefined;
      case 'frames': {
        const isHeaderCutOff = this.#watcher?.end() === true;
        this.lose();
        return isHeaderCutOff ? 'frame header' : undefined;
      }
      default:
        return undefined;
    }
  }

  /** Decodes what was held back. */
  #enter(stage: Stage): void {
    const held = this.#held.view().slice();
    this.#held.clear();
    this.#stage = stage;
    this.#watcher = undefined;
    if (stage === 'head') {
      this.#lineStart = this.#offset;
      this.#headLines = [];
    }
    if (held.length > 0) this.#decode(held, 0);
  }

  #decode(bytes: Uint8Array, start: number): void {
    let at = start;
    while (at < bytes.length) at = this.#decodePart(bytes, at);
  }

  /** Returns the index of the first byte that was not taken. */
  #decodePart(bytes: Uint8Array, at: number): number {
    switch (this.#stage) {
      case 'opening':
      case 'switched':
        return this.#takeOpening(bytes, at);
      case 'head':
        return this.#takeHead(bytes, at);
      case 'body':
        return this.#takeBody(bytes, at);
      case 'frames':
        return this.#takeFrames(bytes, at);
      case 'waiting':
        this.#held.append(bytes, at, bytes.length);
        if (this.#held.length > MAX_HELD) this.#owner.heldTooMuch(this);
        return bytes.length;
      case 'lost':
        return bytes.length;
    }
  }

  /** Gathers the first bytes until they say what they are. */
  #takeOpening(bytes: Uint8Array, at: number): number {
    this.#held.append(bytes, at, at + 1);
    const opening = this.#held.view();
    const kind = this.#stage === 'switched' ? afterSwitch(opening) : openingOf(opening, this.side);
    if (kind !== undefined) this.#become(kind, opening);
    return at + 1;
  }

  #become(kind: Opening, opening: Uint8Array): void {
    if (this.#stage === 'switched') {
      if (kind === 'head') this.#owner.secondResponse(this);
      this.#enter(kind === 'head' ? 'head' : 'frames');
    } else if (kind === 'head') {
      this.#enter('head');
    } else {
      this.#owner.opened(this, kind, opening.slice());
    }
  }

  #takeHead(bytes: Uint8Array, start: number): number {
    const taken = this.#lines.take(bytes, start);
    this.#offset += (taken?.next ?? bytes.length) - start;
    if (taken === undefined) return bytes.length;
    const offset = this.#lineStart;
    this.#lineStart = this.#offset;
    if (taken.line.length > 0) {
      this.#addLine({ ...taken.line, offset });
    } else if (this.#headLines.length > 0) {
      const lines = this.#headLines;
      this.#headLines = [];
      this.#stage = 'lost';
      this.#owner.head(this, lines, false);
    }
    return taken.next;
  }

  #addLine(line: PlacedLine): void {
    if (this.#headLines.length < MAX_HEAD_LINES) this.#headLines.push(line);
  }

  #takeBody(bytes: Uint8Array, at: number): number {
    const length = this.#body!.receive(at === 0 ? bytes : bytes.subarray(at));
    this.#offset += length;
    if (this.#body!.isWhole) this.#endBody();
    return at + length;
  }

  #endBody(): void {
    const { content } = this.#body!;
    this.#stage = 'lost';
    const length = this.#offset - this.#bodyStart;
    if (length > 0) this.#owner.body(this, content.slice(), this.#bodyStart, length);
    this.#enter(this.#afterBody);
  }

  #takeFrames(bytes: Uint8Array, at: number): number {
    this.#watcher ??= new FrameWatcher(this.side, frame => this.#owner.frame(this, frame), {
      mayCompress: this.#mayCompress,
      // A compressed message is needed whole to be inflated.
      keptPayload: this.#mayCompress ? MAX_COMPRESSED : this.#keptPayload,
      offset: this.#offset,
      startsMidway: this.startsMidway,
    });
    this.#watcher.push(bytes, at);
    this.#offset = this.#watcher.offset;
    if (this.#watcher.isOver) this.lose();
    return bytes.length;
  }
}

function isLetter(byte: number): boolean {
  return byte >= 0x41 && byte <= 0x5a;
}

/** "HTTP/1" is no valid frame: its first byte has the opcode of Close and RSV1. */
function afterSwitch(bytes: Uint8Array): 'head' | 'frames' | undefined {
  const text = String.fromCharCode(...bytes);
  if (text === SECOND_RESPONSE) return 'head';
  return SECOND_RESPONSE.startsWith(text) ? undefined : 'frames';
}
