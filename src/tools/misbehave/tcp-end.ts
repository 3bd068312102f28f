import { Buffer } from 'node:buffer';
import type { Socket } from 'node:net';
import { clearTimeout, setTimeout } from '../../timers.js';

/** The connection has ended, or the handshake has failed: there is nothing more to do. */
export class Over extends Error {}

/** One end of a TCP connection, at any pace. */
export class TcpEnd {
  readonly socket: Socket;
  /** How the other endpoint ended TCP. `undefined` if it has not, or this end reset the connection first. */
  ended: 'fin' | 'reset' | undefined;
  readonly #chunks: AsyncIterator<Buffer>;
  #unread: Uint8Array | undefined;
  #hasReset = false;
  #delay: number | undefined;
  #slowBytes: Promise<void> = Promise.resolve();

  constructor(socket: Socket) {
    this.socket = socket;
    socket.setNoDelay(true);
    socket.on('error', ({ code }: NodeJS.ErrnoException) => {
      if (!this.#hasReset && (code === 'ECONNRESET' || code === 'EPIPE')) this.ended ??= 'reset';
    });
    this.#chunks = socket.iterator({ destroyOnReturn: false });
  }

  /** Returns the next bytes. @throws {Over} if the connection has ended */
  async nextChunk(): Promise<Uint8Array> {
    const unread = this.#unread;
    this.#unread = undefined;
    if (unread !== undefined && unread.length > 0) return unread;
    let result: IteratorResult<Buffer, undefined>;
    try {
      result = await this.#chunks.next();
    } catch {
      throw new Over();
    }
    if (result.done === true) {
      if (this.socket.readableEnded) this.ended ??= 'fin';
      throw new Over();
    }
    return result.value;
  }

  /** Makes these bytes the next chunk. */
  unread(bytes: Uint8Array): void {
    this.#unread = bytes;
  }

  /** Reads until the other endpoint ends TCP, and answers nothing. */
  async drain(): Promise<never> {
    for (;;) await this.nextChunk();
  }

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
    this.#hasReset = true;
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
}
