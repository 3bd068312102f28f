import { once } from 'node:events';
import { createWriteStream, type WriteStream } from 'node:fs';
import type { TappedConnection } from '../tools/index.js';
import { PcapngWriter, recordLine, type WireEvent } from '../wire/index.js';
import { drainOf } from './drain.js';
import { UsageError } from './exit-code.js';

/** Records connections in a file: as pcapng if its name ends so, otherwise as lines of JSON. */
export class Recording {
  readonly #file: WriteStream;
  readonly #pcapng: PcapngWriter | undefined;
  /** Returns a promise while the file is full. */
  readonly drained: () => Promise<void> | undefined;
  #failure: Error | undefined;

  /**
   * Creates the file.
   *
   * @throws {UsageError} if that is not possible
   */
  static async start(path: string): Promise<Recording> {
    const file = createWriteStream(path);
    try {
      await once(file, 'open');
    } catch (error) {
      throw new UsageError(`--record: ${(error as Error).message}`);
    }
    return new Recording(file, path.endsWith('.pcapng') ? new PcapngWriter() : undefined);
  }

  private constructor(file: WriteStream, pcapng: PcapngWriter | undefined) {
    this.#file = file;
    this.#pcapng = pcapng;
    this.drained = drainOf(file);
    file.on('error', error => {
      this.#failure = error;
    });
    if (pcapng !== undefined) file.write(pcapng.start());
  }

  /** Why the recording is not complete, if it is not. */
  get failure(): Error | undefined {
    return this.#failure;
  }

  open({ id, client, server, isTls, time }: TappedConnection): void {
    const opened = { client, server, isTls, time };
    this.#file.write(this.#pcapng?.open(id, opened) ?? `${recordLine(id, { type: 'open', ...opened })}\n`);
  }

  event(id: number, event: WireEvent): void {
    this.#file.write(this.#pcapng?.event(id, event) ?? `${recordLine(id, event)}\n`);
  }

  /** Completes the file. */
  async close(): Promise<void> {
    if (this.#file.destroyed) return;
    this.#file.end();
    await once(this.#file, 'close').catch(() => {});
  }
}
