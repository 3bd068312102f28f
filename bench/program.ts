/** A program that runs beside this one: it takes lines, and answers each with a line of JSON. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { pin } from './pin.js';

/** After this long without an answer a program is ended, in milliseconds: no run waits for ever. */
const PATIENCE = 120_000;

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
    // A program that has gone is told of by the answer that does not come.
    this.#child.stdin!.on('error', () => {});
    this.#lines = createInterface({ input: this.#child.stdout! })[Symbol.asyncIterator]();
    this.#closed = once(this.#child, 'close').catch(error => {
      this.#stderr += error;
    });
  }

  get pid(): number {
    return this.#child.pid!;
  }

  /** The next line that it prints, parsed. Lines that are no JSON are passed over. */
  async answer<T>(): Promise<T> {
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), PATIENCE);
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
        throw new Error(`${this.#name} has ended: ${this.#stderr.trim() || 'it said nothing'}`);
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

  /** All programs of the benchmarks end when their stdin does. */
  async stop(): Promise<void> {
    this.#child.stdin!.end();
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), 2000);
    await this.#closed;
    clearTimeout(timer);
  }
}
