import { expect, test } from 'vitest';
import { DrainWaits } from '../../src/connection/drain-waits.js';

test('all calls of drained() are answered together, and only once', async () => {
  const waits = new DrainWaits();
  const both = Promise.all([waits.add(undefined), waits.add(undefined)]);
  waits.drained(true);
  waits.drained(false);
  expect(await both).toEqual([true, true]);
});

test('a call that was aborted no longer waits, and the others still do', async () => {
  const waits = new DrainWaits();
  const abort = new AbortController();
  const aborted = waits.add(abort.signal);
  const other = waits.add(undefined);
  abort.abort(new Error('enough'));
  await expect(aborted).rejects.toThrow('enough');
  waits.drained(false);
  expect(await other).toBe(false);
});

test('a stream is answered apart from the calls of drained()', async () => {
  const waits = new DrainWaits();
  const drained = waits.add(undefined);
  const stream = waits.addStream();
  waits.streamFlows(true);
  waits.drained(false);
  expect([await stream, await drained]).toEqual([true, false]);
});

test('a stream can wait again after it was answered', async () => {
  const waits = new DrainWaits();
  const first = waits.addStream();
  waits.streamFlows(true);
  const second = waits.addStream();
  waits.streamFlows(false);
  expect([await first, await second]).toEqual([true, false]);
});
