import { afterAll, beforeAll, describe, test } from 'vitest';
import { SECTIONS } from './cases/index.js';
import { type Endpoint, Tester } from './tester.js';

/** Says how random pieces were cut; CONFORMANCE_SEED cuts them so again. */
function seedOfThisRun(): number {
  const seed = Number(process.env.CONFORMANCE_SEED ?? Math.floor(Math.random() * 2 ** 31));
  console.log(`CONFORMANCE_SEED=${seed}`);
  return seed;
}

/** A test for each case that is for this endpoint. */
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
