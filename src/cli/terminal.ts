import { clearScreenDown, createInterface, cursorTo, type Interface, moveCursor } from 'node:readline';
import type { Readable, Writable } from 'node:stream';

/** A standard stream of the process, or a substitute in a test. */
type Standard<Stream> = Stream & { readonly isTTY?: boolean; readonly columns?: number };

export interface StandardStreams {
  readonly stdin: Standard<Readable>;
  readonly stdout: Standard<Writable>;
  readonly stderr: Standard<Writable>;
}

export interface PromptOwner {
  line(line: string): void;
  /** Ctrl-D. */
  end(): void;
  /** Ctrl-C. */
  interrupt(): void;
}

/**
 * Writes results to stdout and everything else to stderr. Neither disturbs the line being typed: it is erased first and
 * redrawn below.
 */
export class Terminal {
  /** Whether someone types at a prompt. */
  readonly isInteractive: boolean;
  readonly #streams: StandardStreams;
  #prompt: Interface | undefined;

  constructor(streams: StandardStreams) {
    this.#streams = streams;
    this.isInteractive = streams.stdin.isTTY === true && streams.stderr.isTTY === true;
  }

  /** Writes lines, with their ends, or bytes to stdout. Returns false if stdout is full; it then emits 'drain'. */
  print(output: string | Buffer): boolean {
    const { stdout } = this.#streams;
    if (stdout.isTTY !== true) return stdout.write(output);
    return this.#abovePrompt(() => stdout.write(output));
  }

  /** Writes a line to stderr. */
  say(line: string): void {
    this.#abovePrompt(() => this.#streams.stderr.write(`${line}\n`));
  }

  /** Shows a prompt and passes each typed line to `owner`, until close(). */
  openPrompt(owner: PromptOwner): void {
    const prompt = createInterface({ input: this.#streams.stdin, output: this.#streams.stderr, prompt: '> ' });
    this.#prompt = prompt;
    prompt.on('line', line => {
      owner.line(line);
      this.#prompt?.prompt();
    });
    prompt.on('SIGINT', () => owner.interrupt());
    prompt.on('close', () => {
      if (this.#prompt === undefined) return;
      // After Ctrl-D, the cursor is still on the line of the prompt.
      this.#prompt = undefined;
      this.#streams.stderr.write('\n');
      owner.end();
    });
    prompt.prompt();
  }

  /** Removes the prompt. */
  close(): void {
    const prompt = this.#prompt;
    if (prompt === undefined) return;
    this.#clearPrompt(prompt);
    this.#prompt = undefined;
    prompt.close();
  }

  #abovePrompt<Result>(write: () => Result): Result {
    const prompt = this.#prompt;
    if (prompt === undefined) return write();
    const { rows } = prompt.getCursorPos();
    this.#clearPrompt(prompt);
    const result = write();
    // To redraw, readline moves up by the rows that the typed line took. Make room for that.
    this.#streams.stderr.write('\n'.repeat(rows));
    prompt.prompt(true);
    return result;
  }

  #clearPrompt(prompt: Interface): void {
    const { stderr } = this.#streams;
    moveCursor(stderr, 0, -prompt.getCursorPos().rows);
    cursorTo(stderr, 0);
    clearScreenDown(stderr);
  }
}
