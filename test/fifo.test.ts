import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Fifo } from '../src/fifo.js';

test('a Fifo returns items in insertion order', () => {
  const step = fc.oneof(
    { weight: 6, arbitrary: fc.constant('push' as const) },
    { weight: 5, arbitrary: fc.constant('shift' as const) },
    { weight: 1, arbitrary: fc.constant('take all' as const) },
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 1_000, size: 'max' }), steps => {
      const [fifo, array] = [new Fifo<number>(), [] as number[]];
      steps.forEach((what, i) => {
        if (what === 'push') {
          fifo.push(i);
          array.push(i);
        } else if (what === 'shift') {
          expect(fifo.shift()).toBe(array.shift());
        } else if (i % 7 === 0) {
          expect(fifo.takeAll()).toEqual(array.splice(0));
        }
        expect([fifo.length, fifo.peek()]).toEqual([array.length, array[0]]);
      });
    }),
  );
});

test('a Fifo accepts items again after it was emptied', () => {
  const fifo = new Fifo<string>();
  fifo.push('a');
  expect([fifo.shift(), fifo.shift(), fifo.length]).toEqual(['a', undefined, 0]);
  fifo.push('b');
  fifo.push('c');
  fifo.clear();
  expect([fifo.length, fifo.peek()]).toEqual([0, undefined]);
  fifo.push('d');
  expect(fifo.takeAll()).toEqual(['d']);
});
