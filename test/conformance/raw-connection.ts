import type { Socket } from 'node:net';
import { describeFrame, type Frame, FrameReader, type Role } from './wire.js';

/** How long the endpoint may keep the tester waiting, in milliseconds. */
const PATIENCE = 5_000;
const EMPTY_LINE = '\r\n\r\n';

/** The tester's end of a TCP connection: bytes by hand, then frames by hand. */
export class RawConnection {
  readonly socket: Socket;
  #received: Buffer = Buffer.alloc(0);
  #reader: FrameReader | undefined;
  #hasEnded = false;
  #error: Error | undefined;
  #wake: (() => void) | undefined;

  constructor(socket: Socket) {
    this.socket = socket;
    socket.setNoDelay(true);
    socket.on('data', chunk => {
      if (this.#reader === undefined) this.#received = Buffer.concat([this.#received, chunk]);
      else this.#reader.push(chunk);
      this.#wake?.();
    });
    socket.on('end', () => {
      this.#hasEnded = true;
      this.#wake?.();
    });
    socket.on('error', error => {
      this.#error = error;
      this.#wake?.();
    });
  }

  /** The endpoint's FIN came. */
  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  /** What TCP complained of: a reset, most likely. */
  get error(): Error | undefined {
    return this.#error;
  }

  /** Bytes that are no whole frame. */
  get rest(): number {
    return this.#reader?.rest ?? this.#received.length;
  }

  /** The head of a request or of a response, without its empty line. */
  async head(): Promise<string> {
    await this.#until(
      () => 'the head of the opening handshake',
      () => this.#received.includes(EMPTY_LINE),
    );
    const end = this.#received.indexOf(EMPTY_LINE);
    const head = this.#received.toString('latin1', 0, end);
    this.#received = this.#received.subarray(end + EMPTY_LINE.length);
    return head;
  }

  /** What comes now is frames. */
  startFrames(from: Role, assignedBits: number): void {
    this.#reader = new FrameReader(from, assignedBits);
    this.#reader.push(this.#received);
  }

  /** The frame that has come already, or undefined. @throws {Error} where the peer broke a rule */
  takeFrame(): Frame | undefined {
    return this.#reader?.next();
  }

  /** The next frame. @throws {Error} where none comes, or the peer broke a rule */
  async frame(expected?: Frame): Promise<Frame> {
    let frame: Frame | undefined;
    const words = () => (expected === undefined ? 'a frame' : describeFrame(expected));
    await this.#until(words, () => {
      frame = this.takeFrame();
      return frame !== undefined;
    });
    return frame!;
  }

  /** Waits for the endpoint's FIN. */
  async ended(): Promise<void> {
    await this.#until(
      () => 'the end of TCP',
      () => this.#hasEnded,
    );
  }

  async #until(words: () => string, isThere: () => boolean): Promise<void> {
    let isTooLate = false;
    let timer: NodeJS.Timeout | undefined;
    try {
      while (!isThere()) {
        if (this.#error !== undefined) throw new Error(`expected ${words()}, but: ${this.#error.message}`);
        if (this.#hasEnded) throw new Error(`expected ${words()}, but TCP has ended`);
        if (isTooLate) throw new Error(`expected ${words()}, but it did not come in ${PATIENCE} ms`);
        timer ??= setTimeout(() => {
          isTooLate = true;
          this.#wake?.();
        }, PATIENCE);
        await new Promise<void>(resolve => {
          this.#wake = resolve;
        });
      }
    } finally {
      clearTimeout(timer);
    }
  }
}
