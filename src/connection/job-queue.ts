import { Fifo } from '../fifo.js';
import { now, setImmediate } from '../timers.js';

/** Something to send that waits for earlier jobs, or for its own bytes. */
export interface Job {
  /** How many bytes wait with this job. */
  readonly size: number;
  /** Sends it. Called when all earlier jobs are done. The next job starts when the returned promise settles. */
  run(): unknown;
  /** Called if run() will never be called, and if the connection ends while the job runs. */
  readonly drop?: (() => void) | undefined;
}

export interface JobQueueOwner {
  /** A job has ended, successfully or not. */
  jobDone(): void;
  /**
   * A job failed, and all later jobs were dropped: the peer would read them as the rest of the message that was cut
   * off.
   */
  jobFailed(error: unknown): void;
}

/** How long the jobs of one connection may run in one turn of the event loop, in milliseconds. */
const SHARE = 5;

/** The jobs of one connection. They run one after the other. */
export class JobQueue {
  readonly #owner: JobQueueOwner;
  /** The first job is the one that runs. */
  readonly #jobs = new Fifo<Job>();
  #size = 0;
  /** How many jobs have a `drop`: those of streams. */
  #droppable = 0;
  #isRunning = false;
  #isEnded = false;

  constructor(owner: JobQueueOwner) {
    this.#owner = owner;
  }

  /** How many bytes wait. */
  get size(): number {
    return this.#size;
  }

  /** How many jobs wait, including the one that runs. */
  get length(): number {
    return this.#jobs.length;
  }

  /** Whether any job has a `drop`. Such a job may take any time. */
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

  /** Drops all jobs, because the connection has closed. */
  end(): void {
    this.#isEnded = true;
    this.#dropAll();
  }
}
