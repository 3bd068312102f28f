import { type Backoff, delayBefore } from './backoff.js';
import type { Clock } from './clock.js';
import type { NetworkStatus } from './network-status.js';

/** Called when the wait before an attempt begins or changes. `delay` is undefined while the host has no network. */
export type WaitChanged = (delay: number | undefined) => void;

/** Decides when the next attempt begins: after a delay, and not while the host has no network. */
export class NextAttempt {
  readonly #backoff: Backoff;
  readonly #network: NetworkStatus | undefined;
  readonly #clock: Clock;
  readonly #changed: WaitChanged;
  readonly #networkChanged = (): void => this.#wait?.networkChanged();
  #wait: { readonly networkChanged: () => void; readonly end: () => void } | undefined;

  constructor(backoff: Backoff, network: NetworkStatus | undefined, clock: Clock, changed: WaitChanged) {
    this.#backoff = backoff;
    this.#network = network;
    this.#clock = clock;
    this.#changed = changed;
    network?.addEventListener('online', this.#networkChanged);
    network?.addEventListener('offline', this.#networkChanged);
  }

  /** Whether the host has a network, as far as it knows. */
  get #isOnline(): boolean {
    return this.#network?.onLine !== false;
  }

  /** Resolves when the next attempt may begin, or when skip() is called. The first attempt needs no delay. */
  wait(failures: number, retryAfter: number): Promise<void> {
    if (failures === 0 && this.#isOnline) return Promise.resolve();
    return new Promise(resolve => {
      let cancel = (): void => {};
      const end = () => {
        cancel();
        this.#wait = undefined;
        resolve();
      };
      const start = (delay: number) => {
        // A listener may end the wait at once, so the timer must exist before.
        cancel = this.#clock.after(delay, end);
        this.#changed(delay);
      };
      let isWaiting = this.#isOnline;
      const networkChanged = () => {
        if (this.#isOnline === isWaiting) return;
        isWaiting = this.#isOnline;
        cancel();
        // Earlier failures say nothing about the new network. The wait is random, because many clients may get the
        // network at the same moment.
        if (isWaiting) start(this.#delay(1, 0));
        else this.#changed(undefined);
      };
      this.#wait = { networkChanged, end };
      if (isWaiting) start(this.#delay(failures, retryAfter));
      else this.#changed(undefined);
    });
  }

  /** Ends a wait at once. */
  skip(): void {
    this.#wait?.end();
  }

  /** Stops listening to the network. */
  stop(): void {
    this.#network?.removeEventListener('online', this.#networkChanged);
    this.#network?.removeEventListener('offline', this.#networkChanged);
    this.skip();
  }

  #delay(failures: number, retryAfter: number): number {
    return delayBefore(failures, this.#backoff, retryAfter, () => this.#clock.random());
  }
}
