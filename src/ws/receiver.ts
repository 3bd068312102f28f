import { isUtf8 } from 'node:buffer';
import { Writable } from 'node:stream';
import {
  type Failure,
  FrameDecoder,
  type FrameHeader,
  type FrameSink,
  isCloseCodeOnWire,
  isControl,
  MessageAssembler,
  type MessageSink,
  OPCODE,
  RSV1,
  VIOLATION,
} from '../framing/index.js';
import { isThenable } from '../host-values.js';
import { nextTick, setImmediate } from '../timers.js';
import { type BinaryType, EMPTY_BUFFER } from './constants.js';
import {
  type FrameError,
  frameErrorOf,
  invalidCloseCode,
  invalidControlLength,
  invalidUtf8,
  tooManyParts,
} from './frame-error.js';
import type { PerMessageDeflate } from './per-message-deflate.js';

/** Options of a Receiver. */
export interface ReceiverOptions {
  allowSynchronousEvents?: boolean | undefined;
  binaryType?: BinaryType | undefined;
  extensions?: { 'permessage-deflate'?: PerMessageDeflate } | undefined;
  isServer?: boolean | undefined;
  maxBufferedChunks?: number | undefined;
  maxFragments?: number | undefined;
  maxPayload?: number | undefined;
  skipUTF8Validation?: boolean | undefined;
}

/** Values of `_state`. The numbers are those of `ws`. */
const READING = 0;
const INFLATING = 5;
const DEFERRING = 6;

/** Stops the decoder, for an error that the Receiver has created itself. */
const FAILED: Failure = { violation: VIOLATION.INVALID_CLOSE_CODE };

/**
 * Turns bytes of the peer into the events `message`, `ping`, `pong`, `conclude` (a Close frame) and `error`.
 *
 *     write() ──▶ FrameDecoder ──▶ MessageAssembler ──▶ PerMessageDeflate, if the message is compressed ──▶ event
 *
 * A write calls back when all of its bytes have been processed. So the stream fills while a message is inflated, and
 * write() returns false.
 */
export class Receiver extends Writable implements FrameSink, MessageSink {
  readonly _extensions: { 'permessage-deflate'?: PerMessageDeflate };
  readonly _maxPayload: number;
  _binaryType: BinaryType;
  _state: number = READING;
  /** The payload bytes that the headers of the current message have announced. */
  _totalPayloadLength = 0;
  readonly #isSynchronous: boolean;
  readonly #skipsUtf8: boolean;
  readonly #maxBufferedChunks: number;
  readonly #decoder: FrameDecoder;
  readonly #assembler: MessageAssembler;
  /** The number of chunks so far of the frame that is being read. */
  #chunks = 0;
  #inControl = false;
  #isText = false;
  #fin = false;
  /** The sizes of the fragments of the current message. */
  #fragments: number[] = [];
  #hasConcluded = false;
  #error: FrameError | undefined;
  /** The chunk that is being read, from `#at` on, and the callback of its write. */
  #chunk: Uint8Array = EMPTY_BUFFER;
  #at = 0;
  #done: (error?: Error) => void = () => {};

  constructor(options: ReceiverOptions = {}) {
    super();
    this._extensions = options.extensions ?? {};
    this._maxPayload = options.maxPayload ?? 0;
    this._binaryType = options.binaryType ?? 'nodebuffer';
    this.#isSynchronous = options.allowSynchronousEvents ?? true;
    this.#skipsUtf8 = options.skipUTF8Validation ?? false;
    this.#maxBufferedChunks = options.maxBufferedChunks || Number.POSITIVE_INFINITY;
    this.#decoder = new FrameDecoder(this, {
      from: options.isServer === true ? 'client' : 'server',
      assignedRsv: this._extensions['permessage-deflate'] === undefined ? 0 : RSV1,
      ownsChunks: true,
    });
    const limits = {
      maxMessageSize: this._maxPayload || Number.MAX_SAFE_INTEGER,
      maxFragments: options.maxFragments || Number.MAX_SAFE_INTEGER,
    };
    this.#assembler = new MessageAssembler(this, limits, true, false);
  }

  /** Reads a chunk. */
  override _write(chunk: Uint8Array, _encoding: string, done: (error?: Error | null) => void): void {
    const isTooMany = !this.#decoder.isBetweenFrames && ++this.#chunks > this.#maxBufferedChunks;
    if (this.#hasConcluded || isTooMany) {
      done(isTooMany ? tooManyParts('buffered chunks') : null);
      return;
    }
    this.#chunk = chunk;
    this.#at = 0;
    this.#done = done;
    this.#continue();
  }

  /** Continues with the chunk, until a message must be inflated or an event deferred. */
  #continue(): void {
    if (this.#error === undefined) this.#at = this.#decoder.push(this.#chunk, this.#at);
    const { error, header } = this.#decoder;
    const failure = this.#error ?? (error && frameErrorOf(error, header));
    if (failure === undefined && this._state !== READING) return;
    this._state = READING;
    // The chunk is released when it has been read.
    this.#chunk = EMPTY_BUFFER;
    this.#done(failure);
  }

  // Frames

  /** Called by the decoder. */
  frameStart(header: Readonly<FrameHeader>): Failure | undefined {
    this.#inControl = isControl(header.opcode);
    // "If there is a body, the first two bytes of the body MUST be a 2-byte unsigned integer" (RFC 6455 §5.5.1).
    const isCutOff = header.opcode === OPCODE.CLOSE && header.payloadLength === 1;
    if (isCutOff) return this.#reject(invalidControlLength(1));
    if (this.#inControl) return this.#assembler.frameStart(header);
    this.#fin = header.fin;
    if (header.opcode !== OPCODE.CONTINUATION) this.#isText = header.opcode === OPCODE.TEXT;
    this._totalPayloadLength += header.payloadLength;
    if (this._binaryType === 'fragments' && header.payloadLength > 0) this.#fragments.push(header.payloadLength);
    // Binary messages are not checked to be UTF-8.
    const isUnchecked = this.#skipsUtf8 && header.opcode === OPCODE.TEXT;
    return this.#assembler.frameStart(isUnchecked ? { ...header, opcode: OPCODE.BINARY } : header);
  }

  /** Called by the decoder. */
  framePayload(bytes: Uint8Array, start: number, end: number): Failure | undefined {
    return this.#assembler.framePayload(bytes, start, end);
  }

  /** Called by the decoder. */
  frameEnd(): Failure | undefined {
    this.#chunks = 0;
    if (!this.#inControl && this.#fin) this._totalPayloadLength = 0;
    return this.#assembler.frameEnd();
  }

  // Messages

  /** Called by the assembler. */
  message(data: string | Uint8Array): void {
    const fragments = this.#fragments;
    this.#fragments = [];
    this.#emitMessage(asBuffer(data as Uint8Array), this.#isText, fragments);
  }

  /** Called by the assembler. */
  compressedMessage(bytes: Uint8Array): void {
    const isText = this.#isText;
    this.#fragments = [];
    this.#stop(INFLATING);
    const finish = (result: Buffer | FrameError | undefined) =>
      setImmediate(() => {
        this.#resume();
        if (result !== undefined) this.#receiveInflated(result, isText);
        this.#continue();
      });
    const inflated = this._extensions['permessage-deflate']!.inflate(bytes);
    // A listener must not be called within the promise, because an error that it throws would become a rejection.
    if (isThenable(inflated)) void inflated.then(finish);
    else finish(inflated);
  }

  #receiveInflated(result: Buffer | FrameError, isText: boolean): void {
    if (!Buffer.isBuffer(result)) this.#error = result;
    else if (isText && !this.#skipsUtf8 && !isUtf8(result)) this.#error = invalidUtf8();
    else this.#emitMessage(result, isText, [result.length]);
  }

  /** Called by the assembler. */
  control(opcode: number, payload: Uint8Array): Failure | undefined {
    if (opcode === OPCODE.CLOSE) return this.#conclude(payload);
    const data = payload.length === 0 ? EMPTY_BUFFER : Buffer.from(payload);
    this.#deliver(() => this.emit(opcode === OPCODE.PING ? 'ping' : 'pong', data));
    return undefined;
  }

  #conclude(payload: Uint8Array): Failure | undefined {
    let code = 1005;
    let reason = EMPTY_BUFFER;
    if (payload.length > 0) {
      const bytes = asBuffer(payload);
      code = bytes.readUInt16BE();
      if (!isCloseCodeOnWire(code)) return this.#reject(invalidCloseCode(code));
      reason = bytes.length === 2 ? EMPTY_BUFFER : Buffer.from(bytes.subarray(2));
      if (!this.#skipsUtf8 && !isUtf8(reason)) return this.#reject(invalidUtf8());
    }
    this.#hasConcluded = true;
    // "after receiving a control frame indicating the connection should be closed, a peer discards any further data
    // received" (§1.4).
    this.#decoder.stopBefore('frame');
    this.emit('conclude', code, reason);
    nextTick(() => this.end());
    return undefined;
  }

  #reject(error: FrameError): Failure {
    this.#error = error;
    return FAILED;
  }

  // Events

  #emitMessage(data: Buffer, isText: boolean, fragments: readonly number[]): void {
    const payload = data.length === 0 ? EMPTY_BUFFER : data;
    const value = isText ? payload : toBinaryType(payload, this._binaryType, fragments);
    if (this.#isSynchronous) this.emit('message', value, !isText);
    else this.#deliver(() => this.emit('message', value, !isText));
  }

  /** Emits an event now, or in a separate turn of the event loop. */
  #deliver(emit: () => void): void {
    if (this.#isSynchronous) {
      emit();
      return;
    }
    this.#stop(DEFERRING);
    setImmediate(() => {
      emit();
      this.#resume();
      this.#continue();
    });
  }

  #stop(state: number): void {
    this._state = state;
    this.#decoder.stopBefore('frame');
  }

  #resume(): void {
    this._state = READING;
    if (!this.#hasConcluded) this.#decoder.stopBefore('nothing');
  }
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
}

/** Returns the payload of a binary message in the form of `binaryType`. */
function toBinaryType(data: Buffer, type: BinaryType, fragments: readonly number[]): unknown {
  if (type === 'nodebuffer') return data;
  if (type === 'arraybuffer') {
    const isWhole = data.byteOffset === 0 && data.length === data.buffer.byteLength;
    return isWhole ? data.buffer : data.buffer.slice(data.byteOffset, data.byteOffset + data.length);
  }
  if (type === 'blob') return new Blob([data as Uint8Array<ArrayBuffer>]);
  let end = 0;
  return fragments.map(size => {
    end += size;
    return data.subarray(end - size, end);
  });
}
