import { afterAll, beforeAll, describe, test } from 'vitest';
import { SECTIONS } from './cases/index.js';
import { type Endpoint, Tester } from './tester.js';

/**
 * Returns the seed for random segmentations: CONFORMANCE_SEED, or a new one. Prints it, so that a run can be repeated.
 */
function seedOfThisRun(): number {
  const seed = Number(process.env.CONFORMANCE_SEED ?? Math.floor(Math.random() * 2 ** 31));
  console.log(`CONFORMANCE_SEED=${seed}`);
  return seed;
}

/** Defines a test for each case of this endpoint. */
export function testEveryCase(endpoint: Endpoint): void {
  const seed = seedOfThisRun();
  const tester = new Tester(endpoint);
  beforeAll(() => tester.start());
  afterAll(() => tester.stop());

  for (const { number, title, cases } of SECTIONS) {
    describe(`${number} ${title}`, () => {
      for (const each of cases) {
        if (each.only !== undefined && each.only !== endpoint.role) continue;
        test(`${each.id} ${each.title}`, () => tester.runInEverySegmentation(each, seed));
      }
    });
  }
}
