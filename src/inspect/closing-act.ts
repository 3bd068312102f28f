import { printableText } from './printable.js';
import type { Side, TraceWriter } from './trace-writer.js';

/** Act 4: the closing handshake (RFC 6455 §7.1.2), and who ended TCP. */
export class ClosingAct {
  readonly #writer: TraceWriter;
  readonly #closes: Side[] = [];
  readonly #ends: Side[] = [];
  #hasBegun = false;

  constructor(writer: TraceWriter) {
    this.#writer = writer;
  }

  /** To be called before the first row of this act. */
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
   * @param error what broke the transport, where something did
   */
  transportClosed(wasOpened: boolean, error: Error | undefined): void {
    this.begin();
    const { good, bad } = this.#writer.paint;
    const isClean = this.#closes.length === 2;
    this.#writer.row(this.#howClosed(wasOpened), { isTimed: true, paint: isClean ? good : bad });
    this.#writer.row(this.#howEnded(error), { paint: error === undefined ? undefined : bad });
  }

  /** "the WebSocket connection is said to have been closed _cleanly_ if the TCP connection was closed after the closing handshake" (§7.1.4). */
  #howClosed(wasOpened: boolean): string {
    const [first, second] = this.#closes;
    if (!wasOpened) return 'the opening handshake failed: there was no WebSocket connection to close';
    if (first === undefined) return 'not clean: neither side sent a Close frame';
    if (second === undefined) return `not clean: the ${first} sent a Close frame, the ${other(first)} did not`;
    return `clean: both sides sent a Close frame, the ${first} first`;
  }

  #howEnded(error: Error | undefined): string {
    const [first, second] = this.#ends;
    const rest = second === undefined ? `the ${first && other(first)} did not end it` : `then the ${second}`;
    if (error !== undefined) return `TCP broke: ${messageOf(error)}`;
    if (first === undefined) return 'TCP was cut by the client, without waiting for the server';
    const role = first === 'server' ? ', whose part that is (§7.1.1)' : '';
    return `TCP was ended by the ${first} first${role}, ${rest}`;
  }
}

function other(side: Side): Side {
  return side === 'client' ? 'server' : 'client';
}

function messageOf(error: Error): string {
  return printableText(error.message === '' ? error.name : error.message);
}
