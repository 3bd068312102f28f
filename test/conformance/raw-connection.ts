import type { Socket } from 'node:net';
import { describeFrame, type Frame, FrameReader, type Role } from './wire.js';

/** How long the tester waits for the endpoint, in milliseconds. */
const TIMEOUT = 5_000;
const EMPTY_LINE = '\r\n\r\n';

/** The tester's end of a TCP connection. It reads an HTTP head, then frames. */
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

  /** Whether the endpoint has sent FIN. */
  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  /** The error of the socket, usually a reset. */
  get error(): Error | undefined {
    return this.#error;
  }

  /** How many received bytes are not yet a complete frame. */
  get rest(): number {
    return this.#reader?.rest ?? this.#received.length;
  }

  /** Reads the head of a request or response, without the empty line. */
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

  /** From now on, received bytes are frames. */
  startFrames(from: Role, assignedBits: number): void {
    this.#reader = new FrameReader(from, assignedBits);
    this.#reader.push(this.#received);
  }

  /** Returns a frame that has already arrived, or undefined. @throws {Error} if the peer violated a rule */
  takeFrame(): Frame | undefined {
    return this.#reader?.next();
  }

  /** Waits for the next frame. @throws {Error} if none arrives, or the peer violated a rule */
  async frame(expected?: Frame): Promise<Frame> {
    let frame: Frame | undefined;
    const description = () => (expected === undefined ? 'a frame' : describeFrame(expected));
    await this.#until(description, () => {
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

  async #until(description: () => string, isThere: () => boolean): Promise<void> {
    let isTooLate = false;
    let timer: NodeJS.Timeout | undefined;
    try {
      while (!isThere()) {
        if (this.#error !== undefined) throw new Error(`expected ${description()}, but: ${this.#error.message}`);
        if (this.#hasEnded) throw new Error(`expected ${description()}, but TCP has ended`);
        if (isTooLate) throw new Error(`expected ${description()}, but it did not arrive within ${TIMEOUT} ms`);
        timer ??= setTimeout(() => {
          isTooLate = true;
          this.#wake?.();
        }, TIMEOUT);
        await new Promise<void>(resolve => {
          this.#wake = resolve;
        });
      }
    } finally {
      clearTimeout(timer);
    }
  }
}
