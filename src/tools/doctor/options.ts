import type { ConnectOptions } from '../../index.js';
import type { Stage } from './stages.js';

/** Options of doctor(). Times are in milliseconds. */
export interface DoctorOptions
  extends Pick<
    ConnectOptions,
    'headers' | 'subprotocols' | 'origin' | 'perMessageDeflate' | 'tls' | 'proxy' | 'signal'
  > {
  /** How long everything except the idle probe may take together. Default 30 s. */
  readonly timeout?: number | undefined;
  /** How long the open connection is left without traffic. Default 0: not at all. */
  readonly idle?: number | undefined;
  /** The text message to send once the connection is open; '' for none. Default: a short greeting. */
  readonly send?: string | undefined;
  /** Sends a text message of this many bytes instead. */
  readonly size?: number | undefined;
  /** Whether to try again with one change at a time if the connection does not work. Default true. */
  readonly retry?: boolean | undefined;
  /** Limits of single steps. */
  readonly limits?: Partial<StepLimits> | undefined;
  /** Called with each stage when it is over. */
  readonly onStage?: ((stage: Stage) => void) | undefined;
  /** Called with a few words when something starts that may take long. */
  readonly onProgress?: ((doing: string) => void) | undefined;
}

/** How long single steps may take. */
export interface StepLimits {
  /** DNS, TCP, TLS and the response, each. Default 10 s, and at most a third of `timeout`. */
  readonly step: number;
  /** One further attempt. Default 3 s. */
  readonly retry: number;
  /** How long an open connection is watched before anything is sent. Default 1 s. */
  readonly listen: number;
  /** How long a Pong may take. Default 3 s. */
  readonly pong: number;
  /** How long to wait for an answer to the message. Default 1.5 s. */
  readonly answer: number;
  /** How long the answer to a Close frame may take. Default 3 s. */
  readonly close: number;
}

export const DEFAULT_TIMEOUT = 30_000;

export function limitsOf({ timeout = DEFAULT_TIMEOUT, limits = {} }: DoctorOptions): StepLimits {
  const step = Math.min(10_000, Math.ceil(timeout / 3));
  return { step, retry: Math.min(3_000, step), listen: 1_000, pong: 3_000, answer: 1_500, close: 3_000, ...limits };
}

/** The time that is left of the total. */
export class Budget {
  readonly #end: number;
  readonly #now: () => number;

  constructor(total: number, now: () => number) {
    this.#now = now;
    this.#end = now() + total;
  }

  /** Returns a time that is not above the rest. At least 1 ms, because the library rejects 0. */
  atMost(time: number): number {
    return Math.max(1, Math.ceil(Math.min(time, this.#end - this.#now())));
  }

  get isSpent(): boolean {
    return this.#now() >= this.#end;
  }
}
