import { createReadStream } from 'node:fs';
import type { Readable } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { CLOSE_CODE, type CloseInfo, type WebSocketConnection } from '../index.js';
import { MAX_CONTROL_PAYLOAD, type Paint, printableText } from '../wire/index.js';
import { closeReport } from './close-report.js';
import { type Command, parseLine } from './commands.js';
import { TYPED_HELP } from './help.js';
import type { OpeningFailure } from './json-line.js';
import { pipedLines } from './piped-lines.js';
import { plural } from './plural.js';
import { Printer, type PrinterOptions } from './printer.js';
import { Silence } from './silence.js';
import type { PromptOwner, StandardStreams, Terminal } from './terminal.js';

/**
 * The largest control frame of a server. A received chunk of more bytes is more than the answer to a keepalive ping.
 */
const MAX_CONTROL_FRAME = 2 + MAX_CONTROL_PAYLOAD;

export interface SessionOptions extends PrinterOptions {
  /** Whether lines may be commands. If undefined, only those typed on a terminal may. */
  readonly commands: boolean | undefined;
  /** Messages to send instead of input. */
  readonly execute: readonly string[];
  /** The path of a file to send as one binary message instead of input; `-` is stdin. */
  readonly file: string | undefined;
  /** How long the connection must be silent after the end of the input, in milliseconds. */
  readonly wait: number;
  /** How many messages to wait for after the end of the input, instead of silence. */
  readonly waitFor: number | undefined;
  /** Whether the connection stays open after the end of the input. */
  readonly keepOpen: boolean;
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
  readonly #options: SessionOptions;
  readonly #printer: Printer;
  /** Whether someone types messages. */
  readonly #isInteractive: boolean;
  /** Whether a line may be a command. */
  readonly #readsCommands: boolean;
  readonly #silence: Silence;
  readonly #givenUp = new AbortController();
  #connection: WebSocketConnection | undefined;
  #isLeaving = false;
  #awaitsDrain = false;
  #unsentLines = 0;
  #messages = 0;
  #messageCame = (): void => {};
  /** Whether reading stdin or writing stdout has failed. */
  #hasBrokenStream = false;
  #left: (() => void) | undefined;

  constructor(terminal: Terminal, streams: StandardStreams, paint: Paint, options: SessionOptions) {
    this.#terminal = terminal;
    this.#streams = streams;
    this.#paint = paint;
    this.#options = options;
    this.#printer = new Printer(terminal, streams.stdout.isTTY === true, options);
    const hasOwnInput = options.execute.length > 0 || options.file !== undefined;
    this.#isInteractive = terminal.isInteractive && (!hasOwnInput || options.keepOpen);
    this.#readsCommands = options.commands ?? (streams.stdin.isTTY === true && !hasOwnInput);
    this.#silence = new Silence(options.wait);
    streams.stdout.on('error', error => this.#outputFailed(error));
  }

  /** Aborted when the user gives up before the connection is open. */
  get signal(): AbortSignal {
    return this.#givenUp.signal;
  }

  /** Whether the command failed although the connection may have closed cleanly. */
  get hasFailed(): boolean {
    return this.#hasBrokenStream || this.#messages < (this.#options.waitFor ?? 0);
  }

  get isInteractive(): boolean {
    return this.#isInteractive;
  }

  /** Writes a status line. */
  status(text: string): void {
    this.#terminal.say(`${this.#paint.note('*')} ${text}`);
  }

  /** Must be called for every chunk of bytes received: a slow message is activity before it is complete. */
  received(bytes: Uint8Array): void {
    if (bytes.length > MAX_CONTROL_FRAME) this.#silence.interrupt();
  }

  /** The connection could not be opened. */
  failed(failure: OpeningFailure): void {
    this.#printer.failed(failure);
  }

  /** Runs until the connection is closed, and on a terminal until the user leaves. */
  async run(connection: WebSocketConnection, url: string): Promise<CloseInfo> {
    this.#connection = connection;
    this.#printer.opened(connection, url);
    connection.on('message', data => this.#show(data, connection));
    if (this.#options.showPings) {
      connection.on('ping', payload => this.#showControl('ping', payload));
      connection.on('pong', payload => this.#showControl('pong', payload));
    }
    const input = this.#sendInput(connection);
    const info = await connection.closed;
    // Lets the pump count the lines that were read but not sent.
    await Promise.race([input, nextTurn()]);
    if (this.#isLeaving) this.#terminal.close();
    this.#printer.closed(info);
    this.status(`closed: ${closeReport(info)}`);
    if (this.#unsentLines > 0) {
      this.status(
        `not sent, because the connection was closing: ${plural(this.#unsentLines, 'line')} of input, and everything after`,
      );
    }
    const { waitFor } = this.#options;
    if (waitFor !== undefined && this.#messages < waitFor) {
      this.status(`received ${this.#messages} of ${plural(waitFor, 'message')} (--wait-for)`);
    }
    if (this.#isInteractive && !this.#isLeaving) {
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
    if (command.kind === 'send') {
      this.#printer.sent(command.data);
      return connection.send(command.data) === true;
    }
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

  /** Sends what the options say, or what is piped, no faster than the peer reads it. Then waits, and closes. */
  async #sendInput(connection: WebSocketConnection): Promise<void> {
    const { execute, file } = this.#options;
    const { stdin } = this.#streams;
    try {
      if (!(await this.#sendLines(execute, connection))) return;
      if (file !== undefined) await this.#sendFile(file === '-' ? stdin : createReadStream(file), connection);
      if (this.#isInteractive) return;
      if (execute.length === 0 && file === undefined) {
        for await (const lines of pipedLines(stdin.setEncoding('utf8'))) {
          if (!(await this.#sendLines(lines, connection))) return;
        }
      }
      await this.#answered(connection);
    } catch (error) {
      this.#hasBrokenStream = true;
      this.status(`${file === undefined || file === '-' ? 'stdin' : file}: ${(error as Error).message}`);
    }
    this.end();
  }

  /** Returns false if the connection has closed before all lines were sent. */
  async #sendLines(lines: readonly string[], connection: WebSocketConnection): Promise<boolean> {
    for (const [i, line] of lines.entries()) {
      if (connection.state !== 'open') {
        this.#unsentLines = lines.length - i;
        return false;
      }
      if (!this.line(line)) await connection.drained();
    }
    return true;
  }

  async #sendFile(source: Readable, connection: WebSocketConnection): Promise<void> {
    let size = 0;
    const counted = async function* () {
      for await (const chunk of source as AsyncIterable<Buffer>) {
        size += chunk.length;
        yield chunk;
      }
    };
    if (await connection.sendStream(counted())) this.#printer.sentFile(size);
  }

  /** Waits after the end of the input, as the options say. */
  async #answered(connection: WebSocketConnection): Promise<void> {
    const { keepOpen, waitFor = 0 } = this.#options;
    if (keepOpen) await connection.closed;
    else if (this.#options.waitFor !== undefined) {
      while (this.#messages < waitFor && connection.state === 'open') {
        const message = new Promise<void>(resolve => {
          this.#messageCame = resolve;
        });
        await Promise.race([message, connection.closed]);
      }
    } else if (this.#streams.stdin.isTTY !== true || this.#options.execute.length > 0) {
      // Ctrl-D on a terminal closes at once.
      await this.#silence.reached(connection.signal);
    }
  }

  // Events of the connection

  #show(data: string | Buffer, connection: WebSocketConnection): void {
    const { stdout } = this.#streams;
    this.#silence.interrupt();
    this.#messages++;
    this.#messageCame();
    if (this.#printer.received(data) || this.#awaitsDrain) return;
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

  #showControl(kind: 'ping' | 'pong', payload: Buffer): void {
    this.#printer.control(kind, 'in', payload);
    const bytes = payload.length === 0 ? 'empty' : `${plural(payload.length, 'byte')} ${payload.toString('hex')}`;
    this.status(`${kind} received: ${bytes}`);
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
