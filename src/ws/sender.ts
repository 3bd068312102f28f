import type { Duplex } from 'node:stream';
import { rangeError, typeError } from '../errors.js';
import { FIN_BIT, headerLength, MAX_CONTROL_PAYLOAD, writeHeader } from '../framing/frame-header.js';
import { isCloseCodeOnWire, maskTo, OPCODE, RSV1 } from '../framing/index.js';
import { randomMaskingKey } from '../framing/masking-key.js';
import { isThenable, isUint8Array } from '../host-values.js';
import { nextTick, setImmediate } from '../timers.js';
import { EMPTY_BUFFER, NOOP } from './constants.js';
import { isTextOrBytes, sizeOf, toPayload } from './payload.js';
import type { PerMessageDeflate } from './per-message-deflate.js';

/** Called when a frame has left, or with the error that prevented this. */
export type SendCallback = (error?: Error) => void;
/** Fills a Buffer of 4 bytes with a masking key. */
export type GenerateMask = (mask: Buffer) => void;

/** How a frame is encoded. */
export interface FrameOptions {
  fin?: boolean;
  opcode: number;
  mask?: boolean | undefined;
  rsv1?: boolean;
  /** Accepted for compatibility: the data is never changed. */
  readOnly?: boolean;
  generateMask?: GenerateMask | undefined;
}

/** Options of send(). */
export interface SendOptions {
  binary?: boolean | undefined;
  compress?: boolean | undefined;
  fin?: boolean | undefined;
  mask?: boolean | undefined;
}

/** Values of `_state`: the reason why frames wait in `_queue`. The numbers are those of `ws`. */
const IDLE = 0;
const DEFLATING = 1;
const READING_BLOB = 2;

interface Waiting {
  readonly size: number;
  readonly run: () => void;
  readonly callback: SendCallback | undefined;
}

/**
 * Turns messages into frames and writes them to a socket, in order.
 *
 *     send() ──▶ _queue, while a Blob is read or a message compressed ──▶ frame() ──▶ sendFrame() ──▶ socket
 */
export class Sender {
  _bufferedBytes = 0;
  _queue: Waiting[] = [];
  _state: number = IDLE;
  /** Called when a Blob can't be read. */
  onerror: (error: Error) => void = NOOP;
  readonly _socket: Duplex;
  readonly _extensions: { 'permessage-deflate'?: PerMessageDeflate };
  readonly _generateMask: GenerateMask | undefined;
  #isFirstFragment = true;
  /** Whether the message whose fragments are being sent is compressed. */
  #compresses = false;

  constructor(
    socket: Duplex,
    extensions: { 'permessage-deflate'?: PerMessageDeflate } = {},
    generateMask?: GenerateMask,
  ) {
    this._socket = socket;
    this._extensions = extensions;
    this._generateMask = generateMask;
  }

  /** Returns a frame as one or two pieces: the header, and the payload. */
  static frame(data: string | Uint8Array, options: FrameOptions): (Buffer | string)[] {
    const bytes = typeof data === 'string' ? Buffer.from(data) : (data as Buffer);
    return frameOf(bytes, bytes.length, options);
  }

  /**
   * Sends a Close frame.
   *
   * @throws {TypeError | RangeError} if the code must not be sent (RFC 6455 §7.4) or the reason is too long
   */
  close(code?: number, data?: string | Uint8Array, mask?: boolean, callback?: SendCallback): void {
    const payload = closePayload(code, data);
    this.#enqueueOrRun(payload, callback, () => this._frame(payload, { opcode: OPCODE.CLOSE, mask }, callback));
  }

  /** Sends a Ping. */
  ping(data: unknown, mask?: boolean, callback?: SendCallback): void {
    this.#control(OPCODE.PING, data, mask, callback);
  }

  /** Sends a Pong. */
  pong(data: unknown, mask?: boolean, callback?: SendCallback): void {
    this.#control(OPCODE.PONG, data, mask, callback);
  }

  #control(opcode: number, data: unknown, mask: boolean | undefined, callback: SendCallback | undefined): void {
    const payload = toPayload(data);
    if (sizeOf(payload) > MAX_CONTROL_PAYLOAD) {
      throw rangeError(`The data size must not be greater than ${MAX_CONTROL_PAYLOAD} bytes`);
    }
    this.#read(payload, callback, bytes => this._frame(bytes, { opcode, mask }, callback));
  }

  /** Sends a message, or a fragment of one. */
  send(data: unknown, options: SendOptions, callback?: SendCallback): void {
    const payload = toPayload(data);
    const deflate = this._extensions['permessage-deflate'];
    const isFirst = this.#isFirstFragment;
    this.#isFirstFragment = options.fin === true;
    let rsv1 = false;
    if (isFirst) {
      rsv1 = options.compress === true && deflate !== undefined && compresses(deflate, sizeOf(payload));
      this.#compresses = rsv1;
    }
    const isCompressed = options.compress === true && this.#compresses;
    const opcode = isFirst ? (options.binary ? OPCODE.BINARY : OPCODE.TEXT) : OPCODE.CONTINUATION;
    const frame = { fin: options.fin ?? false, opcode, mask: options.mask, rsv1 };
    // The usual case needs no closures.
    if (this._state === IDLE && !isCompressed && isTextOrBytes(payload)) {
      this._frame(payload, frame, callback);
      return;
    }
    this.#read(payload, callback, bytes => {
      if (isCompressed) this.#deflate(deflate!, bytes, frame, callback);
      else this._frame(bytes, frame, callback);
    });
  }

  /** Calls `send` with the payload, in order, when the bytes of a Blob have been read. */
  #read(
    payload: string | Buffer | Blob,
    callback: SendCallback | undefined,
    send: (bytes: string | Buffer) => void,
  ): void {
    this.#enqueueOrRun(payload, callback, () => {
      if (isTextOrBytes(payload)) send(payload);
      else this.#readBlob(payload, send, callback);
    });
  }

  #readBlob(blob: Blob, send: (bytes: Buffer) => void, callback: SendCallback | undefined): void {
    this.#wait(READING_BLOB, blob.size);
    blob.arrayBuffer().then(
      buffer => this.#continue(blob.size, 'the blob was being read', callback, () => send(Buffer.from(buffer))),
      // An error that a listener throws must not become a rejection.
      error => nextTick(() => this.#failed(error, callback)),
    );
  }

  #deflate(
    deflate: PerMessageDeflate,
    payload: string | Buffer,
    frame: FrameOptions & { fin: boolean },
    callback: SendCallback | undefined,
  ): void {
    const bytes = typeof payload === 'string' ? Buffer.from(payload) : payload;
    this.#wait(DEFLATING, bytes.length);
    const finish = (output: Buffer | undefined) =>
      this.#continue(bytes.length, 'data was being compressed', callback, () =>
        this._frame(output ?? EMPTY_BUFFER, frame, callback),
      );
    const output = deflate.deflate(bytes, frame.fin);
    if (isThenable(output)) void output.then(finish);
    else finish(output);
  }

  #wait(state: number, size: number): void {
    this._state = state;
    this._bufferedBytes += size;
  }

  /** Sends the message that had to wait, then the queue. */
  #continue(size: number, activity: string, callback: SendCallback | undefined, send: () => void): void {
    setImmediate(() => {
      this._bufferedBytes -= size;
      if (this._socket.destroyed) {
        this.#drop(new Error(`The socket was closed while ${activity}`), callback);
        return;
      }
      this._state = IDLE;
      send();
      this.#dequeue();
    });
  }

  #failed(error: Error, callback: SendCallback | undefined): void {
    this.#drop(error, callback);
    this.onerror(error);
  }

  /** Reports `error` to the callbacks of everything that waits. */
  #drop(error: Error, callback: SendCallback | undefined): void {
    if (typeof callback === 'function') callback(error);
    for (const waiting of this._queue) waiting.callback?.(error);
  }

  #enqueueOrRun(payload: string | Buffer | Blob, callback: SendCallback | undefined, run: () => void): void {
    if (this._state === IDLE) {
      run();
      return;
    }
    const size = sizeOf(payload);
    this._bufferedBytes += size;
    this._queue.push({ size, run, callback });
  }

  #dequeue(): void {
    while (this._state === IDLE && this._queue.length > 0) {
      const { size, run } = this._queue.shift()!;
      this._bufferedBytes -= size;
      run();
    }
  }

  /** Encodes one frame and writes it. */
  _frame(payload: string | Buffer, options: FrameOptions, callback?: SendCallback): void {
    const isMasked = options.mask === true;
    const bytes = isMasked && typeof payload === 'string' ? Buffer.from(payload) : payload;
    const size = sizeOf(bytes);
    this.sendFrame(frameOf(bytes, size, { generateMask: this._generateMask, ...options }), callback);
  }

  /** Writes the pieces of a frame. */
  sendFrame(list: readonly (Uint8Array | string)[], callback?: SendCallback): void {
    const last = list.length - 1;
    if (last > 0) this._socket.cork();
    for (let i = 0; i < last; i++) this._socket.write(list[i]);
    this._socket.write(list[last], callback as ((error?: Error | null) => void) | undefined);
    if (last > 0) this._socket.uncork();
  }
}

function compresses(deflate: PerMessageDeflate, size: number): boolean {
  const own = deflate._isServer ? 'server' : 'client';
  // With context takeover, small messages get smaller too.
  return size >= deflate._threshold || deflate.params?.[`${own}_no_context_takeover`] !== true;
}

function frameOf(data: string | Buffer, size: number, options: FrameOptions): (Buffer | string)[] {
  const firstByte = (options.fin === false ? 0 : FIN_BIT) | (options.rsv1 ? RSV1 : 0) | options.opcode;
  if (!options.mask) {
    const header = Buffer.allocUnsafe(headerLength(size, false));
    writeHeader(header, 0, firstByte, size, undefined);
    return size === 0 ? [header] : [header, data];
  }
  const key = maskingKey(options.generateMask);
  const start = headerLength(size, true);
  const frame = Buffer.allocUnsafe(start + size);
  writeHeader(frame, 0, firstByte, size, key);
  maskTo(data as Buffer, 0, size, frame, start, key, 0);
  return [frame];
}

/** Returns a masking key in the form of FrameHeader. */
export function maskingKey(generateMask: GenerateMask | undefined): number {
  if (generateMask === undefined) return randomMaskingKey();
  const mask = Buffer.alloc(4);
  generateMask(mask);
  return mask.readInt32BE();
}

function closePayload(code: number | undefined, data: string | Uint8Array | undefined): Buffer {
  if (code === undefined) return EMPTY_BUFFER;
  if (typeof code !== 'number' || !isCloseCodeOnWire(code)) {
    throw typeError('First argument must be a valid error code number');
  }
  if (data !== undefined && typeof data !== 'string' && !isUint8Array(data)) {
    throw typeError('Second argument must be a string or a Uint8Array');
  }
  const reason = Buffer.from(data ?? '');
  if (reason.length > MAX_CONTROL_PAYLOAD - 2) throw rangeError('The message must not be greater than 123 bytes');
  return Buffer.concat([Buffer.of(code >> 8, code & 0xff), reason]);
}
