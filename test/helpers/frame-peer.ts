import type { Duplex } from 'node:stream';
import type { Role } from '../../src/protocol/protocol.js';
import { FRAMES, FrameCollector, type Frames, type SeenFrame, show } from './frames.js';

/**
 * The other side of a connection under test, behind the opening handshake. It sends what the test says, and writes down what
 * comes; by itself it does nothing but end behind the connection's FIN.
 */
export class FramePeer {
  readonly socket: Duplex;
  /** Makes the frames that this side sends. */
  readonly frames: Frames;
  /** The frames that came, shown as show() does, and as they were. */
  readonly seen: string[] = [];
  readonly seenFrames: SeenFrame[] = [];
  /** The connection's FIN came. */
  readonly ended: Promise<void>;
  readonly closed: Promise<void>;
  error: Error | undefined;
  /** Bytes that came. */
  received = 0;
  readonly #checks = new Set<() => void>();

  constructor(socket: Duplex, role: Role) {
    this.socket = socket;
    this.frames = FRAMES[role];
    const collector = new FrameCollector(role === 'client' ? 'server' : 'client', frame => {
      this.seen.push(show(frame));
      this.seenFrames.push(frame);
    });
    socket.on('data', (chunk: Buffer) => {
      this.received += chunk.length;
      collector.push(chunk);
      for (const check of this.#checks) check();
    });
    socket.on('error', error => {
      this.error = error;
    });
    this.ended = new Promise(resolve => {
      socket.once('end', () => {
        resolve();
        socket.end();
      });
    });
    this.closed = new Promise(resolve => socket.once('close', () => resolve()));
  }

  /** Sends these bytes in one write. */
  send(...pieces: Uint8Array[]): void {
    this.socket.write(Buffer.concat(pieces));
  }

  /** Waits until `count` frames have come in all, and gives them. */
  async saw(count: number): Promise<string[]> {
    await this.until(() => this.seen.length >= count);
    return this.seen;
  }

  /** Waits until `condition` holds. It is looked at whenever bytes come. */
  async until(condition: () => boolean): Promise<void> {
    if (condition()) return;
    await new Promise<void>(resolve => {
      const check = () => {
        if (!condition()) return;
        this.#checks.delete(check);
        resolve();
      };
      this.#checks.add(check);
    });
  }
}
