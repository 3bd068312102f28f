import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { onTestFinished } from 'vitest';

/** How a program ended, and what it printed. */
export interface Ending {
  readonly code: number | null;
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A child process of a test. */
export class Program {
  readonly #child: ChildProcess;
  readonly #ended: Promise<Ending>;
  readonly #lines: string[] = [];
  readonly #onLine = new Set<() => void>();
  #stdout = '';
  #stderr = '';
  #isOver = false;

  constructor(command: string, args: readonly string[], options: { cwd?: string } = {}) {
    this.#child = spawn(command, args, { ...options, stdio: 'pipe' });
    this.#collect('stdout', text => {
      this.#stdout += text;
    });
    this.#collect('stderr', text => {
      this.#stderr += text;
    });
    this.#ended = new Promise((resolve, reject) => {
      this.#child.on('error', reject);
      this.#child.on('close', (code, signal) => {
        resolve({ code, signal, stdout: this.#stdout, stderr: this.#stderr });
      });
    });
    const over = () => {
      this.#isOver = true;
      this.#notify();
    };
    this.#ended.then(over, over);
    // A program may exit before it has read everything that a test writes.
    this.#child.stdin?.on('error', () => {});
  }

  /** Starts a program that is stopped when the test finishes. */
  static forTest(command: string, args: readonly string[], options: { cwd?: string } = {}): Program {
    const program = new Program(command, args, options);
    onTestFinished(async () => {
      await program.stop();
    });
    return program;
  }

  /** Resolves when the program has ended. */
  get ended(): Promise<Ending> {
    return this.#ended;
  }

  /** Waits for a line on stdout or stderr that matches. Earlier lines count too. */
  async line(pattern: RegExp): Promise<RegExpMatchArray> {
    for (;;) {
      for (const line of this.#lines) {
        const match = line.match(pattern);
        if (match !== null) return match;
      }
      if (this.#isOver) {
        await this.#ended;
        throw new Error(`ended before it printed ${pattern}:\n${this.#stdout}${this.#stderr}`);
      }
      await new Promise<void>(resolve => this.#onLine.add(resolve));
    }
  }

  /** Writes to stdin. */
  write(text: string): void {
    this.#child.stdin?.write(text);
  }

  /** Writes to stdin, and ends it. */
  end(text = ''): void {
    this.#child.stdin?.end(text);
  }

  /**
   * Asks the program to end, and waits. It is not killed, because nginx and tshark must end their own children first.
   */
  async stop(signal: 'SIGTERM' | 'SIGINT' = 'SIGTERM'): Promise<Ending> {
    if (!this.#isOver) this.#child.kill(signal);
    return this.#ended;
  }

  #collect(name: 'stdout' | 'stderr', keep: (text: string) => void): void {
    const stream = this.#child[name];
    if (stream === null) throw new Error(`no ${name}`);
    stream.setEncoding('utf8').on('data', keep);
    createInterface({ input: stream }).on('line', line => {
      this.#lines.push(line);
      this.#notify();
    });
  }

  #notify(): void {
    for (const resolve of this.#onLine) resolve();
    this.#onLine.clear();
  }
}

/** Runs a program to its end, and returns its stdout. @throws {Error} if its exit code is not 0 */
export async function run(command: string, args: readonly string[], options: { cwd?: string } = {}): Promise<string> {
  const program = Program.forTest(command, args, options);
  program.end();
  const { code, signal, stdout, stderr } = await program.ended;
  if (code !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${code ?? signal}:\n${stdout}${stderr}`);
  return stdout;
}
