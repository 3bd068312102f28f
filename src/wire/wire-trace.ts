import { OPCODE } from '../framing/opcode.js';
import { ClosingSection } from './closing-section.js';
import { FRAME_COLUMNS, frameLines } from './frame-line.js';
import { FrameWatcher, type WatchedFrame } from './frame-watcher.js';
import { HandshakeSection } from './handshake-section.js';
import { type Paint, PLAIN } from './paint.js';
import { type Side, TraceWriter } from './trace-writer.js';
import { type TracedTransport, writeTransport } from './transport-section.js';

/** Where a WireTrace writes, and how. */
export interface WireTraceOptions {
  /**
   * Takes one line of the trace, without a line end. It contains no control characters other than those that `paint`
   * adds.
   */
  readonly write: (line: string) => void;
  /** The time in milliseconds since 1970, with fractions if available. */
  readonly now: () => number;
  /** Colors. Default: none. */
  readonly paint?: Paint;
  /** Returns the width of the terminal in columns. Called for each row. Default: 100. */
  readonly columns?: () => number;
}

/**
 * Shows a connection of a client in four sections: the TCP connection, the opening handshake, the frames, and the
 * closing handshake with the end of TCP. It has the methods of a WireTap (src/transport/wire-tap.ts) and keeps none of
 * the arrays passed to it. Its output does not depend on how the bytes are cut into chunks.
 */
export class WireTrace {
  readonly #writer: TraceWriter;
  readonly #handshake: HandshakeSection;
  readonly #closing: ClosingSection;
  #watchers: Readonly<Record<Side, FrameWatcher>>;
  #isRequestWhole = false;
  #isOpened = false;

  constructor({ write, now, paint = PLAIN, columns = () => 100 }: WireTraceOptions) {
    this.#writer = new TraceWriter({ write, now, paint, columns });
    this.#handshake = new HandshakeSection(this.#writer);
    this.#closing = new ClosingSection(this.#writer);
    this.#watchers = this.#watchBoth(false);
  }

  /** Begins the trace with the addresses and the TLS session. */
  connected(transport: TracedTransport): void {
    writeTransport(this.#writer, transport);
    this.#handshake.begin();
  }

  /** Takes bytes of the client. */
  sent(bytes: Uint8Array): void {
    let start: number | undefined = 0;
    if (!this.#isRequestWhole) {
      start = this.#handshake.takeRequest(bytes);
      if (start === undefined) return;
      this.#isRequestWhole = true;
    }
    this.#watchers.client.push(bytes, start);
  }

  /** Takes bytes of the server. */
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

  /** Takes the FIN of one side: `local` is the client. */
  ended(by: 'local' | 'remote'): void {
    const side = by === 'local' ? 'client' : 'server';
    this.#endSide(side);
    this.#closing.transportEnded(side);
  }

  /** Ends the trace. `error` is that of the transport, or the reason why the opening handshake failed. */
  closed(error?: Error): void {
    this.#endSide('client');
    this.#endSide('server');
    this.#closing.transportClosed(this.#isOpened, error);
  }

  #watchBoth(mayCompress: boolean): Readonly<Record<Side, FrameWatcher>> {
    const watch = (from: Side) => new FrameWatcher(from, frame => this.#showFrame(from, frame), { mayCompress });
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
