import { expect, test } from 'vitest';
import { drainOf } from '../../src/cli/drain.js';
import { Recorder } from './streams.js';

test('a full stream is waited for, by all with one promise and one listener', async () => {
  const stream = new Recorder();
  const drained = drainOf(stream);
  expect(drained()).toBeUndefined();
  stream.isStalled = true;
  stream.write('x'.repeat(100_000));
  const waits = Array.from({ length: 50 }, () => drained());
  expect(new Set(waits).size).toBe(1);
  expect(stream.listenerCount('drain')).toBe(1);
  stream.release();
  await waits[0];
  expect(drained()).toBeUndefined();
  expect(stream.listenerCount('drain')).toBe(0);
});

test('a stream that closes is not waited for', async () => {
  const stream = new Recorder();
  const drained = drainOf(stream);
  stream.isStalled = true;
  stream.write('x'.repeat(100_000));
  const wait = drained();
  stream.destroy();
  await wait;
  expect(drained()).toBeUndefined();
});
