import { PassThrough, Writable } from 'node:stream';
import { stripVTControlCharacters } from 'node:util';

/** What the command writes to one of its streams, to be waited for. */
export class Recorder extends Writable {
  /** All that came, with the codes that move the cursor and change colors. */
  raw = '';
  readonly isTTY: boolean;
  columns = 100;
  /** Set to hold back the reader's "done": whoever reads us is slow. */
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

  /** Resolves as soon as the text matches. */
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

/** Streams that are pipes. `input` is all that stdin has; without it, stdin stays open. */
export function pipes(input?: string): TestStreams {
  const stdin = new PassThrough();
  if (input !== undefined) stdin.end(input);
  return { stdin, stdout: new Recorder(), stderr: new Recorder() };
}

/** Streams that are one terminal. */
export function terminal(): TestStreams {
  return {
    stdin: Object.assign(new PassThrough(), { isTTY: true }),
    stdout: new Recorder(true),
    stderr: new Recorder(true),
  };
}

/** A promise, and how to resolve it from elsewhere. */
export function deferred<Value>(): { readonly promise: Promise<Value>; readonly resolve: (value: Value) => void } {
  let resolve: (value: Value) => void = () => {};
  const promise = new Promise<Value>(settle => {
    resolve = settle;
  });
  return { promise, resolve };
}
