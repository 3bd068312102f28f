import { FrameDecoder } from '../../src/framing/frame-decoder.js';
import { encodeFrame } from '../../src/framing/frame-encoder.js';
import { OPCODE } from '../../src/framing/opcode.js';
import type { Role } from '../../src/protocol/options.js';

/** A frame seen on the wire, unmasked. */
export interface SeenFrame {
  opcode: number;
  fin: boolean;
  masked: boolean;
  maskingKey: number;
  payload: Buffer;
}

/** Collects the frames of one direction. Throws at the first illegal frame. */
export class FrameCollector {
  readonly frames: SeenFrame[] = [];
  readonly #pieces: Buffer[] = [];
  readonly #onFrame: (frame: SeenFrame) => void;
  readonly #decoder: FrameDecoder;

  constructor(from: Role | 'any', onFrame: (frame: SeenFrame) => void = () => {}) {
    this.#onFrame = onFrame;
    let header = { opcode: 0, fin: false, masked: false, maskingKey: 0 };
    this.#decoder = new FrameDecoder(
      {
        frameStart: start => {
          const { opcode, fin, masked, maskingKey } = start;
          header = { opcode, fin, masked, maskingKey };
          return undefined;
        },
        framePayload: (bytes, start, end) => {
          this.#pieces.push(Buffer.from(bytes.subarray(start, end)));
          return undefined;
        },
        frameEnd: () => {
          const frame = { ...header, payload: Buffer.concat(this.#pieces.splice(0)) };
          this.frames.push(frame);
          this.#onFrame(frame);
          return undefined;
        },
      },
      { from },
    );
  }

  /** Whether the bytes so far end at the end of a frame. */
  get isBetweenFrames(): boolean {
    return this.#decoder.isBetweenFrames;
  }

  push(bytes: Uint8Array): void {
    this.#decoder.push(bytes);
    if (this.#decoder.error !== undefined) throw this.#decoder.error;
  }
}

/** Returns the frames in these bytes. Throws if the last frame is incomplete. */
export function framesOf(from: Role, ...pieces: Uint8Array[]): SeenFrame[] {
  const collector = new FrameCollector(from);
  for (const piece of pieces) collector.push(piece);
  if (!collector.isBetweenFrames) throw new Error('the last frame is incomplete');
  return collector.frames;
}

/** Returns the payload of a Close frame. */
export function closePayload(code?: number, reason = ''): Buffer {
  if (code === undefined) return Buffer.alloc(0);
  return Buffer.concat([Buffer.from([code >>> 8, code & 0xff]), Buffer.from(reason)]);
}

/** Encodes the frames of one side. */
export class Frames {
  readonly #role: Role;

  constructor(role: Role) {
    this.#role = role;
  }

  text(data: string, fin = true): Uint8Array {
    return encodeFrame(this.#role, OPCODE.TEXT, data, fin);
  }

  binary(data: Uint8Array, fin = true): Uint8Array {
    return encodeFrame(this.#role, OPCODE.BINARY, data, fin);
  }

  continuation(data: string | Uint8Array, fin = true): Uint8Array {
    return encodeFrame(this.#role, OPCODE.CONTINUATION, data, fin);
  }

  ping(data: string | Uint8Array = ''): Uint8Array {
    return encodeFrame(this.#role, OPCODE.PING, data);
  }

  pong(data: string | Uint8Array = ''): Uint8Array {
    return encodeFrame(this.#role, OPCODE.PONG, data);
  }

  close(code?: number, reason?: string): Uint8Array {
    return encodeFrame(this.#role, OPCODE.CLOSE, closePayload(code, reason));
  }

  /** Returns a frame that breaks §5.2: a reserved bit is set. */
  illegal(): Uint8Array {
    return encodeFrame(this.#role, OPCODE.TEXT, 'x', true, 0x40);
  }
}

export const FRAMES: { readonly client: Frames; readonly server: Frames } = {
  client: new Frames('client'),
  server: new Frames('server'),
};

/** Describes a frame: `text "hi"`, `close 1000 "bye"`, `binary- 3` (3 bytes, and not the last fragment). */
export function show(frame: SeenFrame): string {
  const name = ['continuation', 'text', 'binary', '', '', '', '', '', 'close', 'ping', 'pong'][frame.opcode] ?? '?';
  const more = frame.fin ? '' : '-';
  if (frame.opcode === OPCODE.BINARY) return `${name}${more} ${frame.payload.length}`;
  if (frame.opcode !== OPCODE.CLOSE) return `${name}${more} ${JSON.stringify(frame.payload.toString())}`;
  if (frame.payload.length === 0) return name;
  const reason = frame.payload.subarray(2).toString();
  return `${name} ${frame.payload.readUInt16BE()}${reason === '' ? '' : ` ${JSON.stringify(reason)}`}`;
}
