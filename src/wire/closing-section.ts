import { HandshakeError } from '../errors.js';
import { isError } from '../host-values.js';
import { printableText } from './printable.js';
import type { Side, TraceWriter } from './trace-writer.js';

/** Section 4 of a trace: the closing handshake (RFC 6455 §7.1.2) and the end of TCP. */
export class ClosingSection {
  readonly #writer: TraceWriter;
  readonly #closes: Side[] = [];
  readonly #ends: Side[] = [];
  #hasBegun = false;

  constructor(writer: TraceWriter) {
    this.#writer = writer;
  }

  /** Writes the heading, if it is not there yet. Must be called before the first row. */
  begin(): void {
    if (this.#hasBegun) return;
    this.#hasBegun = true;
    this.#writer.heading('4  Closing handshake');
  }

  closeSent(by: Side): void {
    if (!this.#closes.includes(by)) this.#closes.push(by);
  }

  transportEnded(by: Side): void {
    this.begin();
    this.#ends.push(by);
    this.#writer.row(`FIN: the ${by} sends nothing more`, { from: by, isTimed: true });
  }

  /**
   * @param wasOpened whether there was a WebSocket connection to close
   * @param error the error of the transport, or the reason why the opening handshake failed
   */
  transportClosed(wasOpened: boolean, error: Error | undefined): void {
    this.begin();
    const { good, bad } = this.#writer.paint;
    const broken = transportError(error);
    this.#writer.row(this.#howClosed(wasOpened), { isTimed: true, paint: this.#isClean ? good : bad });
    this.#writer.row(this.#howEnded(broken), { paint: broken === undefined ? undefined : bad });
  }

  /**
   * "If the TCP connection was closed after the WebSocket closing handshake was completed, the WebSocket connection is
   * said to have been closed _cleanly_" (§7.1.4).
   */
  get #isClean(): boolean {
    return this.#closes.length === 2;
  }

  #howClosed(wasOpened: boolean): string {
    const [first, second] = this.#closes;
    if (!wasOpened) return 'the opening handshake failed: there was no WebSocket connection to close';
    if (first === undefined) return 'not clean: neither side sent a Close frame';
    if (second === undefined) return `not clean: the ${first} sent a Close frame, the ${other(first)} did not`;
    return `clean: both sides sent a Close frame, the ${first} first`;
  }

  #howEnded(broken: Error | undefined): string {
    const [first, second] = this.#ends;
    if (broken !== undefined) return `TCP failed: ${messageOf(broken)}`;
    if (first === undefined) return 'the client ended TCP without waiting for the server';
    // "The underlying TCP connection, in most normal cases, SHOULD be closed first by the server" (§7.1.1).
    const role = first === 'server' && this.#isClean ? ', as it should (§7.1.1)' : '';
    const rest = second === undefined ? `; the ${other(first)} did not` : `, then the ${second}`;
    return `the ${first} ended TCP first${role}${rest}`;
  }
}

/** Returns the error of the transport, or undefined if the client ended it because the opening handshake failed. */
function transportError(error: Error | undefined): Error | undefined {
  if (!(error instanceof HandshakeError)) return error;
  if (error.fault !== 'network') return undefined;
  return isError(error.cause) ? error.cause : error;
}

function other(side: Side): Side {
  return side === 'client' ? 'server' : 'client';
}

function messageOf(error: Error): string {
  return printableText(error.message === '' ? error.name : error.message);
}
