import { clearScreenDown, createInterface, cursorTo, type Interface, moveCursor } from 'node:readline';
import type { Readable, Writable } from 'node:stream';

/** One of the process's standard streams, or what a test puts in its place. */
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
 * What the user sees. Results go to stdout, all else to stderr, and neither spoils the line being typed: it is taken away, and
 * put back below.
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

  /** Writes a line to stdout. Gives whether there is room for more; 'drain' of stdout tells when there is again. */
  print(line: string): boolean {
    const { stdout } = this.#streams;
    if (stdout.isTTY !== true) return stdout.write(`${line}\n`);
    return this.#abovePrompt(() => stdout.write(`${line}\n`));
  }

  /** Writes a line to stderr. */
  say(line: string): void {
    this.#abovePrompt(() => this.#streams.stderr.write(`${line}\n`));
  }

  /** Shows a prompt, and hands on what is typed at it, until close(). */
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
      // Ctrl-D leaves the cursor behind the prompt.
      this.#prompt = undefined;
      this.#streams.stderr.write('\n');
      owner.end();
    });
    prompt.prompt();
  }

  /** Takes the prompt away. */
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
    // readline goes up by the rows that the typed line took, to draw it anew: give it the room.
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
