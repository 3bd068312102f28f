import type { Link } from './link.js';

/** Passes on the messages of one connection at a time, only while the application wants them. */
export class Forwarding {
  readonly #isWanted: () => boolean;
  readonly #deliver: (data: unknown, isBinary: boolean) => void;
  #source: Link | undefined;
  #stop: (() => void) | undefined;

  /** @param isWanted whether the application listens to messages. Otherwise, the connection keeps them if it can */
  constructor(isWanted: () => boolean, deliver: (data: unknown, isBinary: boolean) => void) {
    this.#isWanted = isWanted;
    this.#deliver = deliver;
  }

  /** Passes on the messages of `link`. */
  begin(link: Link): void {
    this.#source = link;
    this.update();
  }

  /** To be called when the application begins or stops to listen. */
  update(): void {
    if (this.#isWanted()) this.#stop ??= this.#source?.forward(this.#deliver);
    else this.#pause();
  }

  /** The connection has closed. */
  end(): void {
    this.#source = undefined;
    this.#pause();
  }

  #pause(): void {
    this.#stop?.();
    this.#stop = undefined;
  }
}
