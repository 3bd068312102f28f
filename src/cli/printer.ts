import type { CloseInfo, WebSocketConnection } from '../index.js';
import type { BinaryOutput } from './connect-arguments.js';
import {
  closeEvent,
  controlEvent,
  failedEvent,
  fileEvent,
  jsonLine,
  messageEvent,
  type OpeningFailure,
  openedEvent,
} from './json-line.js';
import { messageLine } from './message-line.js';
import type { Terminal } from './terminal.js';

export interface PrinterOptions {
  /** Whether everything that happens is printed, as JSON, instead of the received messages alone. */
  readonly json: boolean;
  readonly binaryOutput: BinaryOutput;
  readonly showPings: boolean;
}

/** Writes what the command is run for to stdout. Each method returns false if stdout is full. */
export class Printer {
  readonly #terminal: Terminal;
  readonly #isTerminal: boolean;
  readonly #options: PrinterOptions;

  constructor(terminal: Terminal, isTerminal: boolean, options: PrinterOptions) {
    this.#terminal = terminal;
    this.#isTerminal = isTerminal;
    this.#options = options;
  }

  received(data: string | Buffer): boolean {
    if (this.#options.json) return this.#event(messageEvent('in', data));
    return this.#terminal.print(messageLine(data, this.#isTerminal, this.#options.binaryOutput));
  }

  opened(connection: WebSocketConnection, url: string): boolean {
    return this.#event(openedEvent(connection, url));
  }

  sent(data: string | Uint8Array): boolean {
    return this.#event(messageEvent('out', data));
  }

  sentFile(size: number): boolean {
    return this.#event(fileEvent(size));
  }

  control(event: 'ping' | 'pong', direction: 'in' | 'out', payload: Uint8Array): boolean {
    return !this.#options.showPings || this.#event(controlEvent(event, direction, payload));
  }

  closed(info: CloseInfo): boolean {
    return this.#event(closeEvent(info));
  }

  failed(failure: OpeningFailure): boolean {
    return this.#event(failedEvent(failure));
  }

  #event(event: Parameters<typeof jsonLine>[0]): boolean {
    return !this.#options.json || this.#terminal.print(jsonLine(event));
  }
}
