/** A child process that reads lines and answers each with a line of JSON. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { pin } from './pin.js';

/** How long to wait for an answer before the program is killed, in milliseconds. */
const ANSWER_TIMEOUT = 120_000;

export class Program {
  readonly #child: ChildProcess;
  readonly #name: string;
  readonly #lines: AsyncIterator<string>;
  readonly #closed: Promise<unknown>;
  #stderr = '';

  constructor(side: 'measured' | 'other', command: readonly string[], env: Readonly<Record<string, string>> = {}) {
    const [program, ...args] = pin(side, command);
    this.#name = command.map(part => part.split('/').at(-1)).join(' ');
    this.#child = spawn(program!, args, { env: { ...process.env, ...env }, stdio: ['pipe', 'pipe', 'pipe'] });
    this.#child.stderr!.setEncoding('utf8').on('data', text => {
      this.#stderr = (this.#stderr + text).slice(-2000);
    });
    // If the program has ended, the missing answer reports it.
    this.#child.stdin!.on('error', () => {});
    this.#lines = createInterface({ input: this.#child.stdout! })[Symbol.asyncIterator]();
    this.#closed = once(this.#child, 'close').catch(error => {
      this.#stderr += error;
    });
  }

  get pid(): number {
    return this.#child.pid!;
  }

  /** Waits for the next line of JSON. Other lines are ignored. */
  async answer<T>(): Promise<T> {
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), ANSWER_TIMEOUT);
    try {
      return await this.#answer<T>();
    } finally {
      clearTimeout(timer);
    }
  }

  async #answer<T>(): Promise<T> {
    for (;;) {
      const { done, value } = await this.#lines.next();
      if (done) {
        await this.#closed;
        throw new Error(`${this.#name} ended:  ${this.#stderr.trim() || 'it printed nothing to stderr'}`);
      }
      if (!value.startsWith('{')) continue;
      const answer = JSON.parse(value) as T & { error?: string };
      if (answer.error !== undefined) throw new Error(answer.error);
      return answer;
    }
  }

  ask<T>(line: string): Promise<T> {
    this.#child.stdin!.write(`${line}\n`);
    return this.answer<T>();
  }

  /** Ends stdin, which ends every program of the benchmarks. */
  async stop(): Promise<void> {
    this.#child.stdin!.end();
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), 2000);
    await this.#closed;
    clearTimeout(timer);
  }
}
