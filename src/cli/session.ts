import type { Readable } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { CLOSE_CODE, type CloseInfo, type WebSocketConnection } from '../index.js';
import { MAX_CONTROL_PAYLOAD, type Paint, printableText } from '../wire/index.js';
import { closeReport } from './close-report.js';
import { type Command, parseLine } from './commands.js';
import { TYPED_HELP } from './help.js';
import { messageLine } from './message-line.js';
import { pipedLines } from './piped-lines.js';
import { plural } from './plural.js';
import { Silence } from './silence.js';
import type { PromptOwner, StandardStreams, Terminal } from './terminal.js';

/**
 * The largest control frame of a server. A received chunk of more bytes is more than the answer to a keepalive ping.
 */
const MAX_CONTROL_FRAME = 2 + MAX_CONTROL_PAYLOAD;

export interface SessionOptions {
  /** Whether lines from a pipe may be commands too. */
  readonly commands: boolean;
  /** How long the connection must be silent after the end of piped input, in milliseconds. */
  readonly wait: number;
}

/**
 * One run of the client, from the first status line to the last:
 *
 *     init ──▶ opened ──▶ closed
 *       └────────────────────▲     typed lines are refused in init and closed; piped lines wait for opened
 */
export class Session implements PromptOwner {
  readonly #terminal: Terminal;
  readonly #streams: StandardStreams;
  readonly #paint: Paint;
  /** Whether a line may be a command. */
  readonly #readsCommands: boolean;
  readonly #silence: Silence;
  readonly #givenUp = new AbortController();
  #connection: WebSocketConnection | undefined;
  #isLeaving = false;
  #awaitsDrain = false;
  #unsentLines = 0;
  /** Whether reading stdin or writing stdout has failed. */
  #hasBrokenStream = false;
  #left: (() => void) | undefined;

  constructor(terminal: Terminal, streams: StandardStreams, paint: Paint, { commands, wait }: SessionOptions) {
    this.#terminal = terminal;
    this.#streams = streams;
    this.#paint = paint;
    this.#readsCommands = commands || streams.stdin.isTTY === true;
    this.#silence = new Silence(wait);
    streams.stdout.on('error', error => this.#outputFailed(error));
  }

  /** Aborted when the user gives up before the connection is open. */
  get signal(): AbortSignal {
    return this.#givenUp.signal;
  }

  get hasBrokenStream(): boolean {
    return this.#hasBrokenStream;
  }

  /** Writes a status line. */
  status(text: string): void {
    this.#terminal.say(`${this.#paint.note('*')} ${text}`);
  }

  /** Must be called for every chunk of bytes received: a slow message is activity before it is complete. */
  received(bytes: Uint8Array): void {
    if (bytes.length > MAX_CONTROL_FRAME) this.#silence.interrupt();
  }

  /** Runs until the connection is closed, and on a terminal until the user leaves. */
  async run(connection: WebSocketConnection): Promise<CloseInfo> {
    this.#connection = connection;
    connection.on('message', data => this.#show(data, connection));
    const input = this.#terminal.isInteractive ? undefined : this.#pump(connection, this.#streams.stdin);
    const info = await connection.closed;
    // Lets the pump count the lines that were read but not sent.
    await Promise.race([input, nextTurn()]);
    if (this.#isLeaving) this.#terminal.close();
    this.status(`closed: ${closeReport(info)}`);
    if (this.#unsentLines > 0) {
      this.status(
        `not sent, because the connection was closing: ${plural(this.#unsentLines, 'line')} of input, and everything after`,
      );
    }
    if (this.#terminal.isInteractive && !this.#isLeaving) {
      this.status('press Ctrl-D to quit');
      await new Promise<void>(resolve => {
        this.#left = resolve;
      });
    }
    return info;
  }

  // Input

  /** Takes a line of input. Returns whether the next one may follow at once. */
  line(line: string): boolean {
    const command = this.#readsCommands ? parseLine(line) : ({ kind: 'send', data: line } as const);
    switch (command.kind) {
      case 'help':
        this.#terminal.say(TYPED_HELP);
        return true;
      case 'invalid':
        this.status(printableText(command.message));
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

  /** Closes the connection. The second call ends it immediately. */
  interrupt(): void {
    if (this.#isLeaving) this.#connection?.terminate();
    this.#leave(CLOSE_CODE.GOING_AWAY);
  }

  #carryOut(command: Extract<Command, { kind: 'send' | 'ping' }>, line: string): boolean {
    const connection = this.#connection;
    if (connection?.state !== 'open') {
      const why = connection === undefined ? 'not open yet' : connection.state;
      this.status(`not sent, because the connection is ${why}: ${printableText(line)}`);
      return true;
    }
    if (command.kind === 'send') return connection.send(command.data) === true;
    void connection.ping(command.data).then(roundTrip => {
      this.#silence.interrupt();
      this.status(roundTrip === undefined ? 'no pong received' : `pong after ${roundTrip.toFixed(1)} ms`);
    });
    return true;
  }

  #leave(code: number, reason?: string): void {
    this.#isLeaving = true;
    if (this.#connection === undefined) this.#givenUp.abort(new Error('given up'));
    else void this.#connection.close(code, reason);
    this.#left?.();
  }

  /** Sends the piped lines, no faster than the peer reads them. Then waits for the answers, and closes. */
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
      // Ctrl-D on a terminal closes at once.
      if (this.#streams.stdin.isTTY !== true) await this.#silence.reached(connection.signal);
    } catch (error) {
      this.#hasBrokenStream = true;
      this.status(`stdin: ${(error as Error).message}`);
    }
    this.end();
  }

  // Events of the connection

  #show(data: string | Buffer, connection: WebSocketConnection): void {
    const { stdout } = this.#streams;
    this.#silence.interrupt();
    if (this.#terminal.print(messageLine(data, stdout.isTTY === true)) || this.#awaitsDrain) return;
    // The reader of our output is slower than the peer, so the peer has to wait.
    this.#awaitsDrain = true;
    connection.pause();
    const drained = new Promise<void>(resolve => stdout.once('drain', resolve));
    this.#silence.hold(drained);
    void drained.then(() => {
      this.#awaitsDrain = false;
      connection.resume();
    });
  }

  /** Closes the connection: its messages are no longer read, for example because `head` has exited (EPIPE). */
  #outputFailed(error: NodeJS.ErrnoException): void {
    if (error.code !== 'EPIPE' && !this.#hasBrokenStream) {
      this.#hasBrokenStream = true;
      this.status(`stdout: ${error.message}`);
    }
    this.#leave(CLOSE_CODE.GOING_AWAY);
  }
}
