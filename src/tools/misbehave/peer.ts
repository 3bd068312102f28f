import { Buffer } from 'node:buffer';
import type { Socket } from 'node:net';
import { isViolation, parseClosePayload } from '../../framing/close-payload.js';
import { FrameDecoder } from '../../framing/frame-decoder.js';
import { encodeFrame } from '../../framing/frame-encoder.js';
import { RSV1 } from '../../framing/frame-header.js';
import { OPCODE } from '../../framing/opcode.js';
import type { HeaderFields } from '../../handshake/header-fields.js';
import { HeadFault, requestHeadReader, responseHeadReader } from '../../handshake/http1/head-reader.js';
import { acceptOf, createKey } from '../../handshake/http1/key.js';
import { clearTimeout, setTimeout } from '../../timers.js';
import type { Side } from '../../wire/conversation.js';
import type { MisbehaveOptions, PeerReport } from './options.js';

/** A head that may break any rule. Lines end with CRLF. */
export interface Head {
  startLine: string;
  lines: string[];
}

/** A frame of the other endpoint. */
export interface ReceivedFrame {
  readonly opcode: number;
  readonly fin: boolean;
  readonly rsv: number;
  readonly payload: Uint8Array;
}

/** Replaces what a peer does about incoming frames. */
export interface Reactions {
  readonly data?: (frame: ReceivedFrame) => void;
  readonly ping?: (frame: ReceivedFrame) => void;
  readonly close?: (frame: ReceivedFrame) => void;
}

/** The connection has ended, or the handshake has failed: there is nothing more to do. */
export class Over extends Error {}

/**
 * One end of a TCP connection that behaves until it is told not to: its methods do what RFC 6455 asks, and a kind calls
 * all but one of them, or adds its own bytes.
 */
export class Peer {
  readonly socket: Socket;
  readonly side: Side;
  readonly options: MisbehaveOptions;
  /** The headers of the other endpoint's head. */
  headers: HeaderFields | undefined;
  /** What a client asks for: its url's host and resource name. */
  readonly #target: { readonly host: string; readonly resource: string };
  readonly #key: string = createKey();
  readonly #chunks: AsyncIterator<Buffer>;
  readonly #remote: string;
  #rest: Uint8Array | undefined;
  #head: string | undefined;
  #opened = false;
  #dataFrames = 0;
  #close: PeerReport['close'];
  #violation: string | undefined;
  #end: PeerReport['end'];
  #hasLeft = false;
  #sentClose = false;
  #delay: number | undefined;
  #slowBytes: Promise<void> = Promise.resolve();

  constructor(socket: Socket, side: Side, options: MisbehaveOptions, target = { host: '', resource: '/' }) {
    this.socket = socket;
    this.side = side;
    this.options = options;
    this.#target = target;
    this.#remote = `${socket.remoteAddress}:${socket.remotePort}`;
    socket.setNoDelay(true);
    socket.on('error', (error: NodeJS.ErrnoException) => {
      if (!this.#hasLeft) this.#end ??= error.code === 'ECONNRESET' || error.code === 'EPIPE' ? 'reset' : undefined;
    });
    this.#chunks = socket.iterator({ destroyOnReturn: false });
  }

  get report(): PeerReport {
    return {
      peer: this.#remote,
      head: this.#head,
      opened: this.#opened,
      dataFrames: this.#dataFrames,
      close: this.#close,
      violation: this.#violation,
      end: this.#end,
    };
  }

  // The opening handshake

  /** Reads the head of the other endpoint. At a server, this must come before the response. */
  async readHead(): Promise<void> {
    const reader = this.side === 'server' ? requestHeadReader() : responseHeadReader();
    for (;;) {
      const head = reader.receive(await this.#nextChunk());
      if (head instanceof HeadFault) {
        this.#violation = head.message;
        throw new Over();
      }
      if (head === undefined) continue;
      if ('status' in head && head.status < 200 && head.status !== 101) {
        this.#rest = reader.rest;
        reader.next();
        continue;
      }
      this.#rest = reader.rest;
      this.headers = head.headers;
      this.#head = 'status' in head ? `${head.status} ${head.reason}`.trimEnd() : `${head.method} ${head.target}`;
      if ('status' in head) this.#opened = head.status === 101;
      return;
    }
  }

  /** Returns a correct request, or a correct 101 to the request that was read. It has the first subprotocol offered. */
  correctHead(): Head {
    const { host, resource } = this.#target;
    const upgrade = ['Upgrade: websocket', 'Connection: Upgrade'];
    if (this.side === 'client') {
      const own = [`Sec-WebSocket-Key: ${this.#key}`, 'Sec-WebSocket-Version: 13'];
      return { startLine: `GET ${resource} HTTP/1.1`, lines: [`Host: ${host}`, ...upgrade, ...own] };
    }
    const lines = [...upgrade, `Sec-WebSocket-Accept: ${acceptOf(this.headers?.get('Sec-WebSocket-Key') ?? '')}`];
    const [subprotocol] = this.offered('Sec-WebSocket-Protocol');
    if (subprotocol !== undefined) lines.push(`Sec-WebSocket-Protocol: ${subprotocol}`);
    return { startLine: 'HTTP/1.1 101 Switching Protocols', lines };
  }

  /** Returns the elements of a header of the other endpoint. */
  offered(name: string): string[] {
    const lines = this.headers?.all(name) ?? [];
    return lines.flatMap(line => line.split(',').map(element => element.trim())).filter(element => element !== '');
  }

  /**
   * Performs the opening handshake, with a head that `change` may break.
   *
   * @throws {Over} if a server refuses
   */
  async handshake(change: (head: Head) => void = () => {}): Promise<void> {
    if (this.side === 'server') await this.readHead();
    const head = this.correctHead();
    change(head);
    await this.write(headBytes(head));
    if (this.side === 'server') this.opened();
    else await this.readResponse();
  }

  /** Notes that a 101 has left, for the report. */
  opened(): void {
    this.#opened = true;
  }

  /** Reads the response, at a client. @throws {Over} if it is not a 101 */
  async readResponse(): Promise<void> {
    await this.readHead();
    if (!this.#opened) await this.drain();
  }

  // Frames

  /** Sends a frame. The encoder refuses most illegal frames: see frame-bytes.ts. */
  async frame(opcode: number, payload: string | Uint8Array = '', fin = true, rsv = 0): Promise<void> {
    if (opcode === OPCODE.CLOSE) this.#sentClose = true;
    await this.write(encodeFrame(this.side, opcode, payload, fin, rsv));
  }

  /**
   * Behaves until the connection ends: echoes messages (a server only), answers Pings and the Close frame. The server
   * ends TCP first (§7.1.1).
   *
   * @param reactions what to do instead
   */
  async converse(reactions: Reactions = {}): Promise<void> {
    const { side } = this;
    const react = {
      data: (frame: ReceivedFrame) => {
        if (side === 'server') this.post(encodeFrame(side, frame.opcode, frame.payload, frame.fin, frame.rsv));
      },
      ping: (frame: ReceivedFrame) => this.post(encodeFrame(side, OPCODE.PONG, frame.payload)),
      close: (frame: ReceivedFrame) => {
        if (!this.#sentClose) this.post(encodeFrame(side, OPCODE.CLOSE, frame.payload));
        if (side === 'server') this.end();
      },
      ...reactions,
    };
    await this.#readFrames(frame => {
      if (frame.opcode === OPCODE.CLOSE) react.close(frame);
      else if (frame.opcode === OPCODE.PING) react.ping(frame);
      else if (frame.opcode < OPCODE.CLOSE) react.data(frame);
    });
  }

  /** Reads until the other endpoint ends TCP, and answers nothing. */
  async drain(): Promise<never> {
    for (;;) await this.#nextChunk();
  }

  async #readFrames(receive: (frame: ReceivedFrame) => void): Promise<void> {
    const pieces: Buffer[] = [];
    let header = { opcode: 0, fin: true, rsv: 0 };
    const from = this.side === 'client' ? 'server' : 'client';
    const decoder = new FrameDecoder(
      {
        frameStart: ({ opcode, fin, rsv }) => {
          header = { opcode, fin, rsv };
          return undefined;
        },
        framePayload: (bytes, start, end) => {
          pieces.push(Buffer.from(bytes.subarray(start, end)));
          return undefined;
        },
        frameEnd: () => {
          const frame = { ...header, payload: Buffer.concat(pieces.splice(0)) };
          this.#note(frame);
          receive(frame);
          return undefined;
        },
      },
      { from, assignedRsv: RSV1 },
    );
    for (;;) {
      decoder.push(await this.#nextChunk());
      this.#violation ??= decoder.error?.message;
      await this.drained();
    }
  }

  #note({ opcode, payload }: ReceivedFrame): void {
    if (opcode < OPCODE.CLOSE) this.#dataFrames++;
    if (opcode !== OPCODE.CLOSE) return;
    const close = parseClosePayload(payload);
    if (isViolation(close)) this.#violation ??= close.message;
    else this.#close ??= close;
  }

  // TCP

  /** Sends bytes, and waits while the other endpoint does not read. @throws {Over} if the connection has ended */
  async write(bytes: Uint8Array | string): Promise<void> {
    if (!this.socket.writable) throw new Over();
    this.post(bytes);
    await this.#slowBytes;
    await this.drained();
  }

  /** Sends bytes. Text is latin1. */
  post(bytes: Uint8Array | string): void {
    const buffer = typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes;
    const delay = this.#delay;
    if (delay !== undefined) this.#slowBytes = this.#slowBytes.then(() => this.#postSlowly(buffer, delay));
    else if (this.socket.writable) this.socket.write(buffer);
  }

  /** From now on, sends one byte at a time, each `delay` milliseconds after the last one. */
  slowDown(delay: number): void {
    this.#delay = delay;
  }

  async #postSlowly(bytes: Uint8Array, delay: number): Promise<void> {
    for (let i = 0; i < bytes.length && this.socket.writable; i++) {
      this.socket.write(bytes.subarray(i, i + 1));
      await this.#pause(delay);
    }
  }

  /** Waits until the other endpoint has taken most of what was sent. */
  async drained(): Promise<void> {
    if (this.socket.writableNeedDrain && !this.socket.destroyed) await this.#until('drain');
  }

  /** Sends the letter x again and again. */
  async trickle(delay: number): Promise<never> {
    for (;;) {
      await this.wait(delay);
      await this.write('x');
    }
  }

  /** Waits for some milliseconds. @throws {Over} if the connection closes first */
  async wait(milliseconds: number): Promise<void> {
    await this.#pause(milliseconds);
    if (this.socket.destroyed) throw new Over();
  }

  async #pause(milliseconds: number): Promise<void> {
    const { socket } = this;
    if (socket.destroyed) return;
    await new Promise<void>(resolve => {
      const timer = setTimeout(done, milliseconds);
      socket.once('close', done);
      function done(): void {
        clearTimeout(timer);
        socket.off('close', done);
        resolve();
      }
    });
  }

  /** Does nothing until the connection is closed. */
  async idle(): Promise<never> {
    if (!this.socket.destroyed) await this.#until('close');
    throw new Over();
  }

  /** Ends this direction of TCP: FIN. */
  end(): void {
    void this.#slowBytes.then(() => this.socket.end());
  }

  /** Ends the connection after its kind has nothing more to do, and resolves when it is closed. */
  async finish(): Promise<void> {
    this.end();
    await this.drain().catch(() => {});
    if (!this.socket.closed) await this.#until('close');
  }

  /** Resets the connection: RST. */
  reset(): void {
    this.#hasLeft = true;
    this.socket.resetAndDestroy();
  }

  async #until(event: 'drain' | 'close'): Promise<void> {
    await new Promise<void>(resolve => {
      const { socket } = this;
      socket.once(event, done);
      socket.once('close', done);
      function done(): void {
        socket.off(event, done);
        socket.off('close', done);
        resolve();
      }
    });
  }

  async #nextChunk(): Promise<Uint8Array> {
    const rest = this.#rest;
    this.#rest = undefined;
    if (rest !== undefined && rest.length > 0) return rest;
    let result: IteratorResult<Buffer, undefined>;
    try {
      result = await this.#chunks.next();
    } catch {
      throw new Over();
    }
    if (result.done === true) {
      if (this.socket.readableEnded) this.#end ??= 'fin';
      throw new Over();
    }
    return result.value;
  }
}

export function headBytes({ startLine, lines }: Head): string {
  return `${[startLine, ...lines].join('\r\n')}\r\n\r\n`;
}
