import { setImmediate } from 'node:timers/promises';
import { describe, expect, test, vi } from 'vitest';
import { JobQueue } from '../../src/connection/job-queue.js';
import { IS_MUTATION_RUN } from '../helpers/mutation-run.js';

vi.mock('../../src/timers.js', () => import('../helpers/global-timers.js'));

function queueAndLog() {
  const log: string[] = [];
  const queue = new JobQueue({
    jobDone: () => log.push('done'),
    jobFailed: error => log.push(`failed: ${error}`),
  });
  return { queue, log };
}

describe('JobQueue', () => {
  test('runs the first job at once, and each next one when the previous one has settled', async () => {
    const { queue, log } = queueAndLog();
    let finish!: () => void;
    const first = new Promise<void>(resolve => {
      finish = resolve;
    });
    queue.add({ size: 10, run: () => first });
    queue.add({ size: 5, run: () => log.push('second') });
    await setImmediate();
    expect(log).toEqual([]);
    expect(queue).toMatchObject({ size: 15, length: 2 });
    finish();
    // On a busy machine, a job may use up the queue's share of a turn.
    while (queue.length > 0) await setImmediate();
    expect(log).toEqual(['done', 'second', 'done']);
    expect(queue).toMatchObject({ size: 0, length: 0 });
    await setImmediate();
    queue.add({ size: 1, run: () => log.push('third') });
    expect(log.at(-1)).toBe('third');
  });

  test('drops the jobs after a failed job, and continues with later ones', async () => {
    const { queue, log } = queueAndLog();
    queue.add({ size: 1, run: () => Promise.reject('oops') });
    queue.add({ size: 2, run: () => log.push('never'), drop: () => log.push('dropped') });
    queue.add({ size: 4, run: () => log.push('never') });
    await setImmediate();
    expect(log).toEqual(['dropped', 'failed: oops', 'done']);
    expect(queue).toMatchObject({ size: 0, length: 0, hasDroppable: false });
    // On a busy machine, the failed job may have used up the queue's share of the turn.
    await setImmediate();
    queue.add({ size: 1, run: () => log.push('after') });
    expect(log.at(-1)).toBe('after');
  });

  test('drops all jobs when it ends, including the running one, and reports nothing more', async () => {
    const { queue, log } = queueAndLog();
    let fail!: (reason: unknown) => void;
    queue.add({
      size: 1,
      run: () =>
        new Promise((_, reject) => {
          fail = reject;
        }),
      drop: () => log.push('running one'),
    });
    queue.add({ size: 1, run: () => log.push('never'), drop: () => log.push('waiting one') });
    queue.end();
    expect(log).toEqual(['running one', 'waiting one']);
    fail('too late');
    await setImmediate();
    expect(log).toHaveLength(2);
  });

  test('reports nothing about a job that finishes after the end', async () => {
    const { queue, log } = queueAndLog();
    let finish!: () => void;
    queue.add({
      size: 1,
      run: () =>
        new Promise<void>(resolve => {
          finish = resolve;
        }),
    });
    queue.end();
    finish();
    await setImmediate();
    expect(log).toEqual([]);
  });

  test('knows of a droppable job after one that is not', async () => {
    const { queue } = queueAndLog();
    let finish!: () => void;
    queue.add({
      size: 1,
      run: () =>
        new Promise<void>(resolve => {
          finish = resolve;
        }),
    });
    queue.add({ size: 1, run: () => new Promise(() => {}), drop: () => {} });
    finish();
    await setImmediate();
    expect(queue).toMatchObject({ length: 1, hasDroppable: true });
  });

  test('yields when jobs have taken more than 5 ms of a turn', async () => {
    vi.useFakeTimers({ toFake: ['performance'] });
    const { queue, log } = queueAndLog();
    const job = (i: number) => ({
      size: 1,
      run: () => {
        vi.advanceTimersByTime(1);
        log.push(`${i}`);
      },
    });
    for (let i = 1; i <= 20; i++) queue.add(job(i));
    const counts: number[] = [];
    while (queue.length > 0) {
      await setImmediate();
      counts.push(log.filter(entry => entry !== 'done').length);
    }
    vi.useRealTimers();
    expect(counts.slice(0, 3)).toEqual([6, 12, 18]);
  });

  test('knows whether a job can be dropped', async () => {
    const { queue } = queueAndLog();
    queue.add({ size: 0, run: () => setImmediate() });
    expect(queue.hasDroppable).toBe(false);
    queue.add({ size: 0, run: () => setImmediate(), drop: () => {} });
    expect(queue.hasDroppable).toBe(true);
    while (queue.length > 0) await setImmediate();
    expect(queue.hasDroppable).toBe(false);
  });

  test.skipIf(IS_MUTATION_RUN)(
    'works through 200,000 jobs in time that grows with their number, and lets other work in between',
    async () => {
      const { queue } = queueAndLog();
      let count = 0;
      let release!: () => void;
      queue.add({
        size: 0,
        run: () =>
          new Promise<void>(resolve => {
            release = resolve;
          }),
      });
      for (let i = 0; i < 200_000; i++) queue.add({ size: 1, run: () => void count++ });
      release();
      const counts: number[] = [];
      while (queue.length > 0) {
        counts.push(count);
        await setImmediate();
      }
      expect(count).toBe(200_000);
      // A turn holds a few milliseconds of jobs, so there are many turns.
      expect(counts.length).toBeGreaterThan(2);
    },
  );

  test('keeps the order when jobs are added while others run', async () => {
    const { queue } = queueAndLog();
    const order: number[] = [];
    for (let i = 0; i < 300; i++) {
      queue.add({ size: 1, run: vi.fn(() => setImmediate().then(() => order.push(i))) });
      if (i % 7 === 0) await setImmediate();
    }
    while (queue.length > 0) await setImmediate();
    expect(order).toEqual(Array.from({ length: 300 }, (_, i) => i));
  });
});
