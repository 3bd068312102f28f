import type { Readable } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { CLOSE_CODE, type CloseInfo, type WebSocketConnection } from '../index.js';
import { type Paint, printableText } from '../inspect/index.js';
import { closeReport } from './close-report.js';
import { type Command, parseLine } from './commands.js';
import { TYPED_HELP } from './help.js';
import { messageLine } from './message-line.js';
import { pipedLines } from './piped-lines.js';
import { plural } from './plural.js';
import type { PromptOwner, StandardStreams, Terminal } from './terminal.js';

/**
 * One conversation, from the command's first status to its last:
 *
 *     init ──▶ opened ──▶ closed
 *       └────────────────────▲     what is typed in init or closed is refused; what is piped waits for opened
 */
export class Session implements PromptOwner {
  readonly #terminal: Terminal;
  readonly #streams: StandardStreams;
  readonly #paint: Paint;
  readonly #givenUp = new AbortController();
  #connection: WebSocketConnection | undefined;
  #isLeaving = false;
  #awaitsDrain = false;
  #unsentLines = 0;
  /** A standard stream that failed us. */
  #hasBrokenStream = false;
  #left: (() => void) | undefined;

  constructor(terminal: Terminal, streams: StandardStreams, paint: Paint) {
    this.#terminal = terminal;
    this.#streams = streams;
    this.#paint = paint;
    streams.stdout.on('error', error => this.#outputFailed(error));
  }

  /** Aborted when the user gives up before the connection is open. */
  get signal(): AbortSignal {
    return this.#givenUp.signal;
  }

  get hasBrokenStream(): boolean {
    return this.#hasBrokenStream;
  }

  /** Says where the conversation stands. */
  status(text: string): void {
    this.#terminal.say(`${this.#paint.note('*')} ${text}`);
  }

  /** Converses until the connection is closed, and on a terminal until the user leaves. */
  async run(connection: WebSocketConnection): Promise<CloseInfo> {
    this.#connection = connection;
    connection.on('message', data => this.#show(data, connection));
    const input = this.#terminal.isInteractive ? undefined : this.#pump(connection, this.#streams.stdin);
    const info = await connection.closed;
    // Lines that are here already are counted before the last word is said.
    await Promise.race([input, nextTurn()]);
    if (this.#isLeaving) this.#terminal.close();
    this.status(`closed: ${closeReport(info)}`);
    if (this.#unsentLines > 0) {
      this.status(
        `not sent, since the connection was closing: ${plural(this.#unsentLines, 'line')} of the input, and what follows`,
      );
    }
    if (this.#terminal.isInteractive && !this.#isLeaving) {
      this.status('Ctrl-D leaves');
      await new Promise<void>(resolve => {
        this.#left = resolve;
      });
    }
    return info;
  }

  // What the user does

  /** Takes a line of input. Gives whether the next one may follow at once. */
  line(line: string): boolean {
    const command = parseLine(line);
    switch (command.kind) {
      case 'help':
        this.#terminal.say(TYPED_HELP);
        return true;
      case 'wrong':
        this.status(command.message);
        return true;
      case 'close':
        this.#leave(command.code, command.reason);
        return true;
      default:
        return this.#carryOut(command, line);
    }
  }

  end(): void {
    this.#leave(CLOSE_CODE.NORMAL_CLOSURE);
  }

  /** The first time, the closing handshake; the second time, the end. */
  interrupt(): void {
    if (this.#isLeaving) this.#connection?.terminate();
    this.#leave(CLOSE_CODE.GOING_AWAY);
  }

  #carryOut(command: Extract<Command, { kind: 'send' | 'ping' }>, line: string): boolean {
    const connection = this.#connection;
    if (connection?.state !== 'open') {
      const why = connection === undefined ? 'not open yet' : connection.state;
      this.status(`not sent, since the connection is ${why}: ${printableText(line)}`);
      return true;
    }
    if (command.kind === 'send') return connection.send(command.data);
    void connection.ping().then(roundTrip => {
      this.status(roundTrip === undefined ? 'no pong came' : `pong after ${roundTrip.toFixed(1)} ms`);
    });
    return true;
  }

  #leave(code: number, reason?: string): void {
    this.#isLeaving = true;
    if (this.#connection === undefined) this.#givenUp.abort(new Error('given up'));
    else void this.#connection.close(code, reason);
    this.#left?.();
  }

  /** Sends what is piped to us, no faster than the peer takes it, and closes behind it. */
  async #pump(connection: WebSocketConnection, input: Readable): Promise<void> {
    input.setEncoding('utf8');
    try {
      for await (const lines of pipedLines(input)) {
        for (const [i, line] of lines.entries()) {
          if (connection.state !== 'open') {
            this.#unsentLines = lines.length - i;
            return;
          }
          if (!this.line(line)) await connection.drained();
        }
      }
    } catch (error) {
      this.#hasBrokenStream = true;
      this.status(`stdin: ${(error as Error).message}`);
    }
    this.end();
  }

  // What the peer does

  #show(data: string | Buffer, connection: WebSocketConnection): void {
    if (this.#terminal.print(messageLine(data, this.#streams.stdout.isTTY === true)) || this.#awaitsDrain) return;
    // Whoever reads our output is slower than the peer: so the peer has to wait.
    this.#awaitsDrain = true;
    connection.pause();
    this.#streams.stdout.once('drain', () => {
      this.#awaitsDrain = false;
      connection.resume();
    });
  }

  /** Where nobody reads what comes (EPIPE, as behind `head`), there is no reason to stay. */
  #outputFailed(error: NodeJS.ErrnoException): void {
    if (error.code !== 'EPIPE' && !this.#hasBrokenStream) {
      this.#hasBrokenStream = true;
      this.status(`stdout: ${error.message}`);
    }
    this.#leave(CLOSE_CODE.GOING_AWAY);
  }
}
