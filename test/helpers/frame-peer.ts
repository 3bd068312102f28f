import type { Duplex } from 'node:stream';
import type { Role } from '../../src/protocol/options.js';
import { FRAMES, FrameCollector, type Frames, type SeenFrame, show } from './frames.js';

/**
 * The peer of a connection under test, after the opening handshake. It records incoming frames and sends only what the
 * test tells it to send, except that it answers FIN with FIN.
 */
export class FramePeer {
  readonly socket: Duplex;
  /** Creates the frames that this peer sends. */
  readonly frames: Frames;
  /** The frames received: as text (see `show()`), and as objects. */
  readonly seen: string[] = [];
  readonly seenFrames: SeenFrame[] = [];
  /** Resolves when the connection's FIN has arrived. */
  readonly ended: Promise<void>;
  readonly closed: Promise<void>;
  error: Error | undefined;
  /** How many bytes were received. */
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

  /** Waits until `count` frames have arrived in total, and returns all of them as text. */
  async saw(count: number): Promise<string[]> {
    await this.until(() => this.seen.length >= count);
    return this.seen;
  }

  /** Waits until `condition` returns true. It is checked when bytes arrive. */
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
