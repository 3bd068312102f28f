import { Buffer } from 'node:buffer';
import type { Socket } from 'node:net';
import { CLOSE_CODE } from '../../framing/close-code.js';
import { isViolation, parseClosePayload } from '../../framing/close-payload.js';
import { FrameDecoder } from '../../framing/frame-decoder.js';
import { encodeFrame } from '../../framing/frame-encoder.js';
import { RSV1 } from '../../framing/frame-header.js';
import { OPCODE } from '../../framing/opcode.js';
import type { HeaderFields } from '../../handshake/header-fields.js';
import { HeadFault, requestHeadReader, responseHeadReader } from '../../handshake/http1/head-reader.js';
import { acceptOf, createKey } from '../../handshake/http1/key.js';
import type { Side } from '../../wire/index.js';
import { closeFrame } from './frame-bytes.js';
import { type Head, headBytes } from './head.js';
import type { MisbehaveOptions, PeerReport } from './options.js';
import { Over, TcpEnd } from './tcp-end.js';

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

/**
 * One end of a TCP connection that behaves until it is told not to: its methods do what RFC 6455 asks, and a kind calls
 * all but one of them, or adds its own bytes.
 */
export class Peer extends TcpEnd {
  readonly side: Side;
  readonly options: MisbehaveOptions;
  /** The headers of the other endpoint's head. */
  headers: HeaderFields | undefined;
  /** What a client asks for: its url's host and resource name. */
  readonly #target: { readonly host: string; readonly resource: string };
  readonly #key: string = createKey();
  readonly #remote: string;
  #head: string | undefined;
  #opened = false;
  #dataFrames = 0;
  #close: PeerReport['close'];
  #violation: string | undefined;
  #sentClose = false;

  constructor(socket: Socket, side: Side, options: MisbehaveOptions, target = { host: '', resource: '/' }) {
    super(socket);
    this.side = side;
    this.options = options;
    this.#target = target;
    this.#remote = `${socket.remoteAddress}:${socket.remotePort}`;
  }

  get report(): PeerReport {
    return {
      peer: this.#remote,
      head: this.#head,
      opened: this.#opened,
      dataFrames: this.#dataFrames,
      close: this.#close,
      violation: this.#violation,
      end: this.ended,
    };
  }

  // The opening handshake

  /** Reads the head of the other endpoint. At a server, this must come before the response. */
  async readHead(): Promise<void> {
    const reader = this.side === 'server' ? requestHeadReader() : responseHeadReader();
    for (;;) {
      const head = reader.receive(await this.nextChunk());
      if (head instanceof HeadFault) {
        this.#violation = head.message;
        throw new Over();
      }
      if (head === undefined) continue;
      this.unread(reader.rest);
      if ('status' in head && head.status < 200 && head.status !== 101) {
        reader.next();
        continue;
      }
      this.headers = head.headers;
      this.#head = 'status' in head ? `${head.status} ${head.reason}`.trimEnd() : `${head.method} ${head.target}`;
      if ('status' in head) this.#opened = head.status === 101;
      return;
    }
  }

  /** Reads a request for a WebSocket, at a server. @throws {Over} if it is another request, which is then refused */
  async readUpgrade(): Promise<void> {
    await this.readHead();
    if (this.headers?.has('Sec-WebSocket-Key') === true) return;
    const body = 'This server misbehaves on purpose, and only to WebSocket clients.\n';
    const lines = ['Upgrade: websocket', `Content-Length: ${body.length}`, 'Connection: close'];
    await this.write(headBytes({ startLine: 'HTTP/1.1 426 Upgrade Required', lines }) + body);
    throw new Over();
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
    if (this.side === 'server') await this.readUpgrade();
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

  /** Closes the connection, at a client: it has nothing more to say. */
  async conclude(): Promise<void> {
    if (this.side === 'server') return;
    this.#sentClose = true;
    await this.write(closeFrame(this.side, CLOSE_CODE.NORMAL_CLOSURE));
  }

  /** Performs the opening handshake, and then converses. */
  async behave(reactions?: Reactions): Promise<void> {
    await this.handshake();
    await this.converse(reactions);
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
      data: (frame: ReceivedFrame) => this.echo(frame),
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

  /** Sends a data frame back, at a server. */
  echo({ opcode, payload, fin, rsv }: ReceivedFrame): void {
    if (this.side === 'server') this.post(encodeFrame(this.side, opcode, payload, fin, rsv));
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
      decoder.push(await this.nextChunk());
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
}
