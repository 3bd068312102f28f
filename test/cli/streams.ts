import { PassThrough, Writable } from 'node:stream';
import { stripVTControlCharacters } from 'node:util';

/** Records what the command writes to a stream, and waits for it. */
export class Recorder extends Writable {
  /** Everything that was written, including escape codes. */
  raw = '';
  readonly isTTY: boolean;
  columns = 100;
  /** Whether writes are left pending, as if the reader were slow. */
  isStalled = false;
  #stalled: (() => void) | undefined;
  readonly #waiting = new Set<() => void>();

  constructor(isTTY = false) {
    super({ decodeStrings: false });
    this.isTTY = isTTY;
  }

  get text(): string {
    return stripVTControlCharacters(this.raw);
  }

  /** Resolves when the text matches. */
  async until(pattern: RegExp | string): Promise<void> {
    const matches = (): boolean =>
      typeof pattern === 'string' ? this.text.includes(pattern) : pattern.test(this.text);
    while (!matches()) await new Promise<void>(resolve => this.#waiting.add(resolve));
  }

  release(): void {
    this.isStalled = false;
    this.#stalled?.();
  }

  override _write(chunk: string | Buffer, _encoding: string, done: () => void): void {
    this.raw += chunk.toString();
    for (const resolve of this.#waiting) resolve();
    this.#waiting.clear();
    if (this.isStalled) this.#stalled = done;
    else done();
  }
}

export interface TestStreams {
  readonly stdin: PassThrough & { isTTY?: boolean };
  readonly stdout: Recorder;
  readonly stderr: Recorder;
}

/** Returns streams that are pipes. stdin contains `input` and ends; without `input`, it stays open. */
export function pipes(input?: string): TestStreams {
  const stdin = new PassThrough();
  if (input !== undefined) stdin.end(input);
  return { stdin, stdout: new Recorder(), stderr: new Recorder() };
}

/** Returns streams that are a terminal. */
export function terminal(): TestStreams {
  return {
    stdin: Object.assign(new PassThrough(), { isTTY: true }),
    stdout: new Recorder(true),
    stderr: new Recorder(true),
  };
}

/** Returns a promise with the function that resolves it. */
export function deferred<Value>(): { readonly promise: Promise<Value>; readonly resolve: (value: Value) => void } {
  let resolve: (value: Value) => void = () => {};
  const promise = new Promise<Value>(settle => {
    resolve = settle;
  });
  return { promise, resolve };
}
