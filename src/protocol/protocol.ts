import { ProtocolError, typeError, type Violation } from '../errors.js';
import { CLOSE_CODE } from '../framing/close-code.js';
import {
  type ClosePayload,
  closeReasonOf,
  encodeClosePayload,
  isViolation,
  parseClosePayload,
} from '../framing/close-payload.js';
import type { Failure, StopPoint } from '../framing/frame-decoder.js';
import { FrameEncoder } from '../framing/frame-encoder.js';
import { RSV1 } from '../framing/frame-header.js';
import { OPCODE } from '../framing/opcode.js';
import type { ProtocolHandler } from './handler.js';
import { KeptChunks } from './kept-chunks.js';
import { DEFAULT_MAX_FRAGMENTS, DEFAULT_MAX_MESSAGE_SIZE, type ProtocolOptions, type Role } from './options.js';
import { Reader } from './reader.js';
import { canHappen, type Event, next, permissions, type State } from './state.js';

/** If more than this many bytes of output wait, only the latest Ping is answered (§5.5.3). */
const PONG_BACKLOG = 16_384;

/**
 * RFC 6455 after the opening handshake, for both roles and without I/O.
 *
 * Pass received bytes to `receive()`, write what `takeOutput()` returns, and call `receiveEnd()` when the transport has
 * ended. The protocol answers Pings, carries out the closing handshake in any order of events, and fails the connection
 * if the peer breaks a rule.
 */
export class Protocol {
  readonly role: Role;
  readonly #handler: ProtocolHandler;
  readonly #maxMessageSize: number;
  readonly #maxFragments: number;
  readonly #ownsChunks: boolean;
  readonly #assignedRsv: number;
  readonly #autoPong: boolean;
  readonly #decodesText: boolean;
  #streams = false;
  /** Borrowed while a chunk is being read, and kept in the middle of a message. */
  #reader: Reader | undefined;
  /** How many bytes were read by readers that have been released. */
  #offset = 0;
  readonly #makeKey: (() => number) | undefined;
  /** Encodes the frames to send. Created with the first one, because an idle connection sends none. */
  #frames: FrameEncoder | undefined;
  #state: State = 'OPEN';
  /** The permissions of the state. Stored, because every message needs them. */
  #permissions = permissions('OPEN');
  #isDecoding = false;
  #stopPoint: StopPoint = 'nothing';
  /** Where the last frame of the last compressed message began. */
  #compressedAt = 0;
  /** Created with the first chunk that must be kept. */
  #kept: KeptChunks | undefined;
  /** Whether the next fragment that this endpoint sends continues a message. */
  #isMidMessage = false;
  #latestPing: Uint8Array | undefined;
  #isCloseDeferred = false;
  #sentClose: ClosePayload | undefined;
  #receivedClose: ClosePayload | undefined;
  #error: ProtocolError | undefined;

  constructor(role: Role, handler: ProtocolHandler, options: ProtocolOptions = {}) {
    this.role = role;
    this.#handler = handler;
    this.#makeKey = options.makeKey;
    this.#maxMessageSize = options.maxMessageSize ?? DEFAULT_MAX_MESSAGE_SIZE;
    this.#maxFragments = options.maxFragments ?? DEFAULT_MAX_FRAGMENTS;
    this.#ownsChunks = options.ownsChunks ?? false;
    this.#assignedRsv = options.assignedRsv ?? 0;
    this.#autoPong = options.autoPong ?? true;
    this.#decodesText = options.text !== 'buffer';
  }

  /**
   * Sets whether later messages are passed on in parts as they arrive. A small compressed message is always passed on
   * whole.
   */
  streamMessages(streams: boolean): void {
    this.#streams = streams;
    if (this.#reader !== undefined) this.#reader.assembler.streams = streams;
  }

  #borrowReader(): Reader {
    const reader = Reader.borrow(this, this.#handler, Protocol.#receiveControl);
    const from = this.role === 'client' ? 'server' : 'client';
    const limits = { maxMessageSize: this.#maxMessageSize, maxFragments: this.#maxFragments };
    reader.assembler.reuse(limits, this.#ownsChunks, this.#decodesText);
    reader.assembler.streams = this.#streams;
    reader.decoder.reuse({ from, ownsChunks: this.#ownsChunks, assignedRsv: this.#assignedRsv }, this.#offset);
    reader.decoder.stopBefore(this.#stopPoint);
    this.#reader = reader;
    return reader;
  }

  /** Releases the reader if it holds no state of this connection. */
  #releaseReader(reader: Reader): void {
    if (!reader.isIdle) return;
    this.#offset = reader.decoder.offset;
    this.#compressedAt = reader.compressedAt;
    this.#reader = undefined;
    reader.release();
  }

  /** The current state. All states are in state.ts. */
  get state(): State {
    return this.#state;
  }

  /** The Close frame that this endpoint sent, or undefined. */
  get sentClose(): ClosePayload | undefined {
    return this.#sentClose;
  }

  /** The Close frame that the peer sent, or undefined. */
  get receivedClose(): ClosePayload | undefined {
    return this.#receivedClose;
  }

  /** The rule that the peer broke, or undefined. */
  get error(): ProtocolError | undefined {
    return this.#error;
  }

  /**
   * Whether this endpoint must end the transport after its output is written. After both Close frames, "The server MUST
   * close the underlying TCP connection immediately", and the client "SHOULD wait for the server" (§5.5.1). An endpoint
   * that fails the connection ends it (§7.1.7).
   */
  get endsTransport(): boolean {
    return this.#state === 'FAILED' || (this.#state === 'CLOSED' && this.role === 'server');
  }

  /** Whether incoming bytes are still processed. */
  get reads(): boolean {
    return this.#permissions.reads;
  }

  // Receiving

  /**
   * Reads bytes from the peer. A chunk may begin and end anywhere. Bytes after the stop point (see stopBefore()) are
   * kept.
   */
  receive(chunk: Uint8Array): void {
    if (!this.reads) return;
    if (this.#stopPoint === 'frame' || this.#isDecoding || this.#kept !== undefined) {
      this.#keep(chunk);
      this.#readKept();
      return;
    }
    const at = this.#decode(chunk, 0);
    if (at < chunk.length && this.reads) {
      this.#kept ??= new KeptChunks();
      // If a handler called receive() meanwhile, its chunks come after the rest of this one.
      this.#kept.addRest(chunk, at, this.#ownsChunks);
    } else if (this.#kept !== undefined) {
      this.#readKept();
    }
  }

  /** Notes that the transport has ended. Nothing more is received or sent. */
  receiveEnd(): void {
    this.#apply('end');
  }

  /** How many received bytes have not been decoded. A kept chunk counts until all of it has been decoded. */
  get unreadBytes(): number {
    return this.#kept === undefined ? 0 : this.#kept.bytes;
  }

  /** Where reading stops, as set by stopBefore(). */
  get stopPoint(): StopPoint {
    return this.#stopPoint;
  }

  /**
   * Sets where reading stops, even in the middle of a chunk. Handlers may call it.
   *
   * - `'frame'`: before the next frame.
   * - `'message'`: before the next message or Close frame. Pings and Pongs are still received. Used while a message is
   *   being inflated, because later messages must not overtake it.
   * - `'nothing'`: reading does not stop. It continues where it had stopped.
   */
  stopBefore(point: StopPoint): void {
    this.#stopPoint = point;
    if (!this.reads) return;
    this.#reader?.decoder.stopBefore(point);
    if (point !== 'frame') this.#readKept();
  }

  /** Fails the connection because an inflated message breaks a rule (§7.1.7). */
  fail(violation: Violation, detail?: string): void {
    const at = this.#reader?.compressedAt ?? this.#compressedAt;
    if (this.reads) this.#fail(new ProtocolError(violation, at, detail));
  }

  /**
   * Decodes kept chunks. If a handler calls this while a chunk is being decoded, the outer call continues with the
   * rest.
   */
  #readKept(): void {
    const kept = this.#kept;
    while (kept?.isEmpty === false && this.#stopPoint !== 'frame' && !this.#isDecoding) {
      const next = kept.take();
      const at = this.#decode(next.chunk, next.start);
      if (!this.reads) return;
      kept.taken(next);
      if (at < next.chunk.length) {
        kept.addRest(next.chunk, at, true);
        return;
      }
    }
    if (kept?.isEmpty === true && !this.#isDecoding) this.#kept = undefined;
  }

  /** Decodes a chunk from `start`. Returns the index of the first byte that was not taken. */
  #decode(chunk: Uint8Array, start: number): number {
    this.#isDecoding = true;
    const reader = this.#reader ?? this.#borrowReader();
    const at = reader.decoder.push(chunk, start);
    this.#isDecoding = false;
    if (reader.decoder.error !== undefined) this.#fail(reader.decoder.error);
    else this.#releaseReader(reader);
    return at;
  }

  #keep(chunk: Uint8Array): void {
    this.#kept ??= new KeptChunks();
    this.#kept.add(this.#ownsChunks ? chunk : new Uint8Array(chunk));
  }

  /** Static, so that the reader can call it although it is private. */
  static #receiveControl(protocol: Protocol, opcode: number, payload: Uint8Array): Failure | undefined {
    if (opcode === OPCODE.CLOSE) return protocol.#receiveClose(payload);
    if (opcode === OPCODE.PING) {
      if (protocol.#autoPong) protocol.#answerPing(payload);
      protocol.#handler.ping(payload);
    } else {
      protocol.#handler.pong(payload);
    }
    return undefined;
  }

  /**
   * "Upon receipt of a Ping frame, an endpoint MUST send a Pong frame in response, unless it already received a Close
   * frame" (§5.5.2).
   */
  #answerPing(payload: Uint8Array): void {
    // "the endpoint MAY elect to send a Pong frame for only the most recently processed Ping frame" (§5.5.3). This is
    // done if the peer does not read, so that a flood of Pings takes the memory of one. The payload is copied because
    // its chunk may be large, or overwritten. slice() of a Buffer would not copy it.
    if (this.outputLength > PONG_BACKLOG) this.#latestPing = new Uint8Array(payload);
    else this.#encoder.frame(OPCODE.PONG, payload);
  }

  #receiveClose(payload: Uint8Array): Failure | undefined {
    const close = parseClosePayload(payload);
    if (isViolation(close)) return { violation: close };
    this.#receivedClose = close;
    this.#apply('receiveClose');
    this.#handler.closeReceived(close.code, close.reason);
    // "If an endpoint receives a Close frame and did not previously send a Close frame, the endpoint MUST send a Close
    // frame in response. (… the endpoint typically echos the status code it received.)" (§5.5.1)
    if (!this.#isCloseDeferred && canHappen(this.#state, 'sendClose'))
      this.#sendClose(close.code === CLOSE_CODE.NO_STATUS_RECEIVED ? undefined : close.code);
    return undefined;
  }

  #fail(error: ProtocolError): void {
    // "the endpoint SHOULD send a Close frame with an appropriate status code before proceeding to _Close the WebSocket
    // Connection_" (§7.1.7)
    if (canHappen(this.#state, 'sendClose')) this.#writeClose(error.closeCode, closeReasonOf(error));
    this.#error = error;
    this.#apply('fail');
    this.#handler.failed(error);
  }

  // Sending

  /** How many bytes wait for takeOutput(). */
  get outputLength(): number {
    return this.#frames === undefined ? 0 : this.#frames.output.length;
  }

  /** How many pieces these bytes are in. Each piece takes some memory besides its bytes. */
  get outputPieces(): number {
    return this.#frames === undefined ? 0 : this.#frames.output.pieceCount;
  }

  /** Whether takeOutput() would return bytes. */
  get hasOutput(): boolean {
    return (this.#frames !== undefined && this.#frames.output.length > 0) || this.#latestPing !== undefined;
  }

  /**
   * Returns the bytes to write, in order. A piece may be handed to releaseOutput() once it is written.
   *
   * @param most the maximum number of bytes to return; all by default
   */
  takeOutput(most?: number): Uint8Array[] {
    if (this.#latestPing !== undefined) {
      if (this.#permissions.sendsPong) this.#encoder.frame(OPCODE.PONG, this.#latestPing);
      this.#latestPing = undefined;
    }
    return this.#frames === undefined ? [] : this.#frames.output.take(most);
  }

  /**
   * Moves output that can't be written yet out of the memory that all protocols of the process share, where a few
   * waiting bytes would hold 64 KiB. New output is kept outside it too, until all output has been taken.
   */
  moveOutputToOwnMemory(): void {
    this.#frames?.output.moveToOwnMemory();
  }

  /** Whether messages can still be sent: OPEN, or CLOSE_RECEIVED with our Close frame not yet sent. */
  get canSend(): boolean {
    return this.#permissions.sendsData;
  }

  /**
   * Sends a message. Returns false if the state no longer allows it.
   *
   * @param isText whether it is text; bytes must then be UTF-8. By default a string is text, and bytes are binary.
   * @throws {TypeError} if `data` is neither a string nor a Uint8Array, or if a fragmented message is not finished
   */
  send(data: string | Uint8Array, isText: boolean = typeof data === 'string'): boolean {
    if (!this.canSend) return false;
    this.#checkBetweenMessages('send');
    this.#encoder.frame(isText ? OPCODE.TEXT : OPCODE.BINARY, data);
    return true;
  }

  /** Sends a compressed message: its first frame has RSV1 set (RFC 7692 §6). Otherwise like send(). */
  sendCompressed(bytes: Uint8Array, isText: boolean): boolean {
    if (!this.canSend) return false;
    this.#encoder.frame(isText ? OPCODE.TEXT : OPCODE.BINARY, bytes, true, RSV1);
    return true;
  }

  /**
   * Sends a message that encodeFrame('server', …) encoded as one frame. Many connections may share its bytes, which
   * must not change. Returns false if the state no longer allows it.
   *
   * @throws {TypeError} on a client, which masks each frame with a key of its own (§5.3), or if a fragmented message is
   *   not finished
   */
  sendEncoded(frame: Uint8Array): boolean {
    if (this.role === 'client')
      throw typeError('sendEncoded() is for servers, because a client masks each frame with a key of its own (§5.3)');
    if (!this.canSend) return false;
    this.#checkBetweenMessages('sendEncoded');
    this.#encoder.encoded(frame);
    return true;
  }

  #checkBetweenMessages(method: string): void {
    if (!this.#isMidMessage) return;
    throw typeError(`${method}() was called within a fragmented message: finish it with sendFragment(data, true)`);
  }

  /**
   * Sends the next fragment of a message (§5.4). The first fragment decides whether the message is text or binary, and
   * whether it is compressed. Returns false if the state no longer allows it.
   *
   * @param fin whether it is the last fragment
   * @param isText whether the message is text; its bytes must then be UTF-8. By default, a string is text.
   * @param isCompressed whether the message is compressed: its first frame then has RSV1 set (RFC 7692 §6)
   */
  sendFragment(
    data: string | Uint8Array,
    fin: boolean,
    isText: boolean = typeof data === 'string',
    isCompressed = false,
  ): boolean {
    if (!this.canSend) return false;
    if (this.#isMidMessage) this.#encoder.frame(OPCODE.CONTINUATION, data, fin);
    else this.#encoder.frame(isText ? OPCODE.TEXT : OPCODE.BINARY, data, fin, isCompressed ? RSV1 : 0);
    this.#isMidMessage = !fin;
    return true;
  }

  /** Sends a Ping. Returns false after a Close frame of either side. */
  ping(payload: Uint8Array): boolean {
    if (this.#state !== 'OPEN') return false;
    this.#encoder.frame(OPCODE.PING, payload);
    return true;
  }

  /** Sends an unsolicited Pong (§5.5.3). Returns false after a Close frame of either side. */
  pong(payload: Uint8Array): boolean {
    if (this.#state !== 'OPEN') return false;
    this.#encoder.frame(OPCODE.PONG, payload);
    return true;
  }

  /**
   * Starts the closing handshake (§7.1.2), or answers the peer's. Returns false if this endpoint has sent a Close frame
   * before, or if the transport has ended.
   *
   * @throws {TypeError | RangeError} if the code must not be sent, or the reason is too long
   */
  close(code?: number, reason?: string): boolean {
    encodeClosePayload(code, reason);
    if (!canHappen(this.#state, 'sendClose')) return false;
    this.#sendClose(code, reason);
    return true;
  }

  /**
   * Lets the caller answer the peer's Close frame itself, by close() after its last messages. Must be called within
   * closeReceived(): "An endpoint MAY delay sending a Close frame until its current message is sent" (§5.5.1).
   */
  deferClose(): void {
    this.#isCloseDeferred = true;
  }

  get #encoder(): FrameEncoder {
    this.#frames ??= new FrameEncoder(this.role, undefined, this.#makeKey);
    return this.#frames;
  }

  #sendClose(code?: number, reason?: string): void {
    this.#writeClose(code, reason);
    this.#apply('sendClose');
  }

  #writeClose(code?: number, reason = ''): void {
    this.#encoder.frame(OPCODE.CLOSE, encodeClosePayload(code, reason));
    this.#sentClose = { code: code ?? CLOSE_CODE.NO_STATUS_RECEIVED, reason };
  }

  #apply(event: Event): void {
    this.#state = next(this.#state, event);
    this.#permissions = permissions(this.#state);
    if (this.reads) return;
    // Nothing more is read. Kept chunks are dropped, and the decoder stops even in the middle of a chunk.
    this.#reader?.decoder.stopBefore('frame');
    this.#kept = undefined;
  }
}
