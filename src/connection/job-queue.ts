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

/** How long jobs may run in one turn of the event loop, in milliseconds, and how many run between two looks at the clock. */
const SHARE = 5;
const JOBS_PER_LOOK = 16;

/** Jobs that are done are removed from the front of the list when there are this many of them, and they are half of it. */
const MOST_DONE = 64;

/** Jobs of one connection, run one after the other. */
export class JobQueue {
  readonly #owner: JobQueueOwner;
  #jobs: Job[] = [];
  /** Index of the job that runs. */
  #head = 0;
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
    return this.#jobs.length - this.#head;
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
    for (let count = 1; this.length > 0; count++) {
      const job = this.#jobs[this.#head]!;
      try {
        await job.run();
      } catch (error) {
        if (this.#isEnded) return;
        this.#dropFrom(this.#head + 1);
        this.#owner.jobFailed(error);
      }
      if (this.#isEnded) return;
      this.#remove(job);
      this.#owner.jobDone();
      if (count % JOBS_PER_LOOK === 0 && now() - begunAt > SHARE) {
        await new Promise(resolve => setImmediate(resolve));
        begunAt = now();
      }
    }
    this.#isRunning = false;
  }

  #remove(job: Job): void {
    this.#head++;
    this.#forget(job);
    if (this.#head === this.#jobs.length) {
      this.#jobs = [];
      this.#head = 0;
    } else if (this.#head >= MOST_DONE && this.#head * 2 >= this.#jobs.length) {
      this.#jobs = this.#jobs.slice(this.#head);
      this.#head = 0;
    }
  }

  #forget(job: Job): void {
    this.#size -= job.size;
    if (job.drop !== undefined) this.#droppable--;
  }

  #dropFrom(index: number): void {
    const dropped = this.#jobs.splice(index);
    for (const job of dropped) this.#forget(job);
    for (const job of dropped) job.drop?.();
  }

  /** The connection has closed: no job runs any more. */
  end(): void {
    this.#isEnded = true;
    this.#dropFrom(this.#head);
  }
}
