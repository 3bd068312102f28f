import { Fifo } from '../fifo.js';
import { now, setImmediate } from '../timers.js';

/** Something to send that has to wait for its turn, or for its own bytes. */
export interface Job {
  /** Bytes that it keeps waiting. */
  readonly size: number;
  /** Called when everything before it is on its way. Nothing passes until the promise that it returns settles. */
  run(): unknown;
  /** Called instead of run() if its turn never comes, and also if the connection ends while it runs. */
  readonly drop?: (() => void) | undefined;
}

export interface JobQueueOwner {
  /** A job is done. */
  jobDone(): void;
  /** A job failed, and those after it were dropped: what followed a message that was cut off would be taken for more of it. */
  jobFailed(error: unknown): void;
}

/** How long jobs may run in one turn of the event loop, in milliseconds. */
const SHARE = 5;

/** Jobs of one connection, run one after the other. */
export class JobQueue {
  readonly #owner: JobQueueOwner;
  /** The first one is the one that runs. */
  readonly #jobs = new Fifo<Job>();
  #size = 0;
  /** Jobs that can be dropped: those of streams. */
  #droppable = 0;
  #isRunning = false;
  #isEnded = false;

  constructor(owner: JobQueueOwner) {
    this.#owner = owner;
  }

  /** Bytes that wait. */
  get size(): number {
    return this.#size;
  }

  /** Jobs that wait, with the one that runs. */
  get length(): number {
    return this.#jobs.length;
  }

  /** Whether a job has a `drop`: nobody knows how long such a job takes. */
  get hasDroppable(): boolean {
    return this.#droppable > 0;
  }

  add(job: Job): void {
    this.#jobs.push(job);
    this.#size += job.size;
    if (job.drop !== undefined) this.#droppable++;
    if (!this.#isRunning) void this.#run();
  }

  async #run(): Promise<void> {
    this.#isRunning = true;
    let begunAt = now();
    for (let job = this.#jobs.peek(); job !== undefined; job = this.#jobs.peek()) {
      let failure: { readonly error: unknown } | undefined;
      try {
        await job.run();
      } catch (error) {
        failure = { error };
      }
      if (this.#isEnded) return;
      this.#jobs.shift();
      this.#forget(job);
      if (failure !== undefined) {
        this.#dropAll();
        this.#owner.jobFailed(failure.error);
      }
      this.#owner.jobDone();
      if (now() - begunAt > SHARE) {
        await new Promise(resolve => setImmediate(resolve));
        begunAt = now();
      }
    }
    this.#isRunning = false;
  }

  #forget(job: Job): void {
    this.#size -= job.size;
    if (job.drop !== undefined) this.#droppable--;
  }

  #dropAll(): void {
    const dropped = this.#jobs.takeAll();
    for (const job of dropped) this.#forget(job);
    for (const job of dropped) job.drop?.();
  }

  /** The connection has closed: no job runs any more. */
  end(): void {
    this.#isEnded = true;
    this.#dropAll();
  }
}
