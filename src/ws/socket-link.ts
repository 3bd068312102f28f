import type { Duplex } from 'node:stream';
import { clearTimeout, nextTick, setTimeout } from '../timers.js';
import { BatchingSender } from './batching-sender.js';
import { kStatusCode, kWebSocket, NOOP } from './constants.js';
import type { FrameError } from './frame-error.js';
import { Receiver, type ReceiverOptions } from './receiver.js';
import type { GenerateMask } from './sender.js';
import type { WebSocket } from './web-socket.js';

/** Options of `setSocket()`. */
export interface LinkOptions extends Omit<ReceiverOptions, 'binaryType' | 'extensions' | 'isServer'> {
  generateMask?: GenerateMask | undefined;
}

type LinkedSocket = Duplex & { [kWebSocket]?: WebSocket | undefined };

/** The values of `readyState`. */
export const READY_STATE = { CONNECTING: 0, OPEN: 1, CLOSING: 2, CLOSED: 3 } as const;

/**
 * Connects a WebSocket with its socket: bytes of the socket go to the Receiver, and the Receiver's events go to the
 * WebSocket. It also ends the connection.
 *
 *     a Close frame ('conclude'), an invalid one ('error') ──▶ WebSocket.close() ──▶ endAfterHandshake() ──▶ socket 'close'
 *     socket 'end', 'error', terminate() ────────────────────────────────────────────────────────────────────┘
 *     socket 'close' ──▶ the Receiver has read everything ──▶ `close` of the WebSocket
 */
export class SocketLink {
  readonly socket: LinkedSocket;
  readonly receiver: Receiver;
  readonly sender: BatchingSender;
  readonly #ws: WebSocket;
  #pendingPongs = 0;

  constructor(ws: WebSocket, socket: Duplex, options: LinkOptions) {
    this.#ws = ws;
    this.socket = socket;
    this.receiver = new Receiver({
      ...options,
      binaryType: ws._binaryType,
      extensions: ws._extensions,
      isServer: ws._isServer,
    });
    this.sender = new BatchingSender(socket, ws._extensions, options.generateMask, !ws._isServer);
    this.socket[kWebSocket] = ws;
  }

  /** Starts to read. `head` contains the bytes after the opening handshake. */
  start(head: Uint8Array): void {
    const { receiver, socket, sender } = this;
    const ws = this.#ws;
    receiver.on('message', (data, isBinary) => ws.emit('message', data, isBinary));
    receiver.on('ping', data => this.#pinged(data));
    receiver.on('pong', data => ws.emit('pong', data));
    receiver.on('conclude', (code, reason) => this.#concluded(code, reason));
    receiver.on('drain', () => {
      if (!ws.isPaused) socket.resume();
    });
    receiver.on('error', (error: FrameError) => this.#receiverFailed(error));
    sender.onerror = error => this.#senderFailed(error);
    const { setTimeout, setNoDelay } = socket as Partial<Record<'setTimeout' | 'setNoDelay', (value?: number) => void>>;
    setTimeout?.call(socket, 0);
    setNoDelay?.call(socket);
    if (head.length > 0) socket.unshift(head);
    socket.on('close', this.#socketClosed);
    socket.on('data', this.#socketData);
    socket.on('end', this.#socketEnded);
    socket.on('error', this.#socketFailed);
  }

  // The socket

  readonly #socketData = (chunk: Buffer): void => {
    if (!this.receiver.write(chunk)) this.socket.pause();
  };

  readonly #socketEnded = (): void => {
    this.#ws._readyState = READY_STATE.CLOSING;
    this.receiver.end();
    this.sender.flush();
    this.socket.end();
  };

  readonly #socketFailed = (): void => {
    this.socket.removeListener('error', this.#socketFailed);
    this.socket.on('error', NOOP);
    this.#ws._readyState = READY_STATE.CLOSING;
    this.socket.destroy();
  };

  readonly #socketClosed = (): void => {
    const { receiver, socket } = this;
    const ws = this.#ws;
    this.#stopReading();
    socket.removeListener('close', this.#socketClosed);
    socket.removeListener('end', this.#socketEnded);
    ws._readyState = READY_STATE.CLOSING;
    // A paused socket may hold bytes that were received before it closed.
    const mayHoldData = !socket.readableEnded && !ws._closeFrameReceived && receiver.errored == null;
    if (mayHoldData && socket.readableLength > 0) receiver.write(socket.read(socket.readableLength));
    receiver.end();
    socket[kWebSocket] = undefined;
    clearTimeout(ws._closeTimer ?? undefined);
    if (receiver.writableFinished || receiver.errored != null) {
      ws._emitClose();
    } else {
      receiver.on('error', () => ws._emitClose());
      receiver.on('finish', () => ws._emitClose());
    }
  };

  #stopReading(): void {
    this.socket.removeListener('data', this.#socketData);
  }

  // The Receiver

  /** Answers a Close frame with the same code (RFC 6455 §5.5.1). */
  #concluded(code: number, reason: Buffer): void {
    const ws = this.#ws;
    ws._closeFrameReceived = true;
    ws._closeMessage = reason;
    ws._closeCode = code;
    if (this.socket[kWebSocket] === undefined) return;
    this.#discardRest();
    if (code === 1005) ws.close();
    else ws.close(code, reason);
  }

  #receiverFailed(error: FrameError): void {
    const ws = this.#ws;
    if (this.socket[kWebSocket] !== undefined) {
      this.#discardRest();
      ws.close(error[kStatusCode]);
    }
    this.#emitError(error);
  }

  /** Keeps reading and discards the bytes. Otherwise the socket would not report its end. */
  #discardRest(): void {
    this.#stopReading();
    nextTick(() => this.socket.resume());
  }

  #emitError(error: Error): void {
    const ws = this.#ws;
    if (ws._errorEmitted) return;
    ws._errorEmitted = true;
    ws.emit('error', error);
  }

  #pinged(data: Buffer): void {
    const ws = this.#ws;
    if (ws._autoPong && ws._readyState === READY_STATE.OPEN) {
      // If a peer sends Pings and reads nothing, the Pongs would fill the memory.
      if (ws._maxPendingAutoPongs > 0 && this.#pendingPongs >= ws._maxPendingAutoPongs) {
        ws.terminate();
      } else {
        this.#pendingPongs++;
        ws.pong(data, !ws._isServer, this.#ponged);
      }
    }
    ws.emit('ping', data);
  }

  readonly #ponged = (): void => {
    this.#pendingPongs--;
  };

  // The Sender

  #senderFailed(error: Error): void {
    const ws = this.#ws;
    if (ws._readyState === READY_STATE.CLOSED) return;
    if (ws._readyState === READY_STATE.OPEN) {
      ws._readyState = READY_STATE.CLOSING;
      this.startCloseTimer();
    }
    this.sender.flush();
    this.socket.end();
    this.#emitError(error);
  }

  // The end

  close(code: number | undefined, reason: string | Uint8Array | undefined): void {
    const ws = this.#ws;
    this.sender.close(code, reason, !ws._isServer, error => {
      // The socket reports the error too.
      if (error) return;
      ws._closeFrameSent = true;
      this.endAfterHandshake();
    });
    ws._readyState = READY_STATE.CLOSING;
    this.startCloseTimer();
  }

  /** Ends the socket if both Close frames were exchanged, or if nothing more can be received. */
  endAfterHandshake(): void {
    const isOver = this.#ws._closeFrameReceived || this.receiver.errored != null;
    if (!this.#ws._closeFrameSent || !isOver) return;
    this.sender.flush();
    this.socket.end();
  }

  /** Limits the time in which the peer must complete the closing handshake. */
  startCloseTimer(): void {
    const ws = this.#ws;
    ws._closeTimer = setTimeout(() => this.socket.destroy(), ws._closeTimeout);
  }
}
