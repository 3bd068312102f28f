import { OPCODE } from '../framing/opcode.js';
import { ClosingAct } from './closing-act.js';
import { FRAME_COLUMNS, frameLines } from './frame-line.js';
import { FrameWatcher, type WatchedFrame } from './frame-watcher.js';
import { HandshakeAct } from './handshake-act.js';
import { type Paint, PLAIN } from './paint.js';
import { type Side, TraceWriter } from './trace-writer.js';
import { type Transport, writeTransport } from './transport-act.js';

export interface WireTraceOptions {
  /** Takes one line of the trace, without a line end. It contains no control characters other than those that `paint` adds. */
  readonly write: (line: string) => void;
  /** The time in milliseconds since 1970, with fractions if available. */
  readonly now: () => number;
  /** Computes Sec-WebSocket-Accept for a Sec-WebSocket-Key. */
  readonly accept: (key: string) => string;
  /** Colors. Default: none. */
  readonly paint?: Paint;
  /** Returns the width of the terminal in columns. Called for each row. Default: 100. */
  readonly columns?: () => number;
}

/**
 * Shows one connection of a client as a packet capture would, in the four acts of a WebSocket's life: the TCP connection, the
 * opening handshake, the frames, the closing handshake and the end of TCP. It is a WireTap (src/transport/wire-tap.ts), keeps none of
 * the arrays passed to it, and its output does not depend on how the bytes are cut.
 */
export class WireTrace {
  readonly #writer: TraceWriter;
  readonly #handshake: HandshakeAct;
  readonly #closing: ClosingAct;
  #watchers: Readonly<Record<Side, FrameWatcher>>;
  #isRequestWhole = false;
  #isOpened = false;

  constructor({ write, now, accept, paint = PLAIN, columns = () => 100 }: WireTraceOptions) {
    this.#writer = new TraceWriter({ write, now, paint, columns });
    this.#handshake = new HandshakeAct(this.#writer, accept);
    this.#closing = new ClosingAct(this.#writer);
    this.#watchers = this.#watchBoth(false);
  }

  connected(transport: Transport): void {
    writeTransport(this.#writer, transport);
    this.#handshake.begin();
  }

  sent(bytes: Uint8Array): void {
    let start: number | undefined = 0;
    if (!this.#isRequestWhole) {
      start = this.#handshake.takeRequest(bytes);
      if (start === undefined) return;
      this.#isRequestWhole = true;
    }
    this.#watchers.client.push(bytes, start);
  }

  received(bytes: Uint8Array): void {
    let start: number | undefined = 0;
    if (!this.#isOpened) {
      start = this.#handshake.takeResponse(bytes);
      if (start === undefined) return;
      this.#isOpened = true;
      if (this.#handshake.agreesToCompress) this.#watchers = this.#watchBoth(true);
      this.#writer.heading('3  Frames');
      this.#writer.row(FRAME_COLUMNS, { paint: this.#writer.paint.note });
    }
    this.#watchers.server.push(bytes, start);
  }

  ended(by: 'local' | 'remote'): void {
    const side = by === 'local' ? 'client' : 'server';
    this.#endSide(side);
    this.#closing.transportEnded(side);
  }

  closed(error?: Error): void {
    this.#endSide('client');
    this.#endSide('server');
    this.#closing.transportClosed(this.#isOpened, error);
  }

  #watchBoth(mayCompress: boolean): Readonly<Record<Side, FrameWatcher>> {
    const watch = (from: Side) => new FrameWatcher(from, frame => this.#showFrame(from, frame), mayCompress);
    return { client: watch('client'), server: watch('server') };
  }

  #showFrame(from: Side, frame: WatchedFrame): void {
    const { bad } = this.#writer.paint;
    const isWhole = frame.received === frame.payloadLength && frame.error === undefined;
    if (frame.opcode === OPCODE.CLOSE && isWhole) {
      this.#closing.begin();
      this.#closing.closeSent(from);
    }
    const [line, ...more] = frameLines(frame, this.#writer.textColumns);
    this.#writer.row(line, { from, isTimed: true });
    for (const rest of more) this.#writer.row(rest);
    if (frame.error !== undefined) {
      const { violation, offset, closeCode } = frame.error;
      this.#writer.row(`wrong: ${violation.message} (${violation.section}, at byte ${offset})`, { paint: bad });
      this.#writer.row(`the receiver fails the connection with ${closeCode}; nothing after this is decoded (§7.1.7)`, {
        paint: bad,
      });
    } else if (!isWhole) {
      this.#writer.row(`cut off: ${frame.received} of ${frame.payloadLength} bytes of payload`, { paint: bad });
    }
  }

  #endSide(side: Side): void {
    if (side === 'server') this.#handshake.end();
    if (this.#watchers[side].end())
      this.#writer.row('cut off: a frame header', { from: side, paint: this.#writer.paint.bad });
  }
}
