import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';
import base from './vitest.config.js';

/** Files whose tests take longest. They run last: a mutant's run ends with the first test that fails. */
const SLOW = /(socket-owner|linger|closing|prepared-message|compression|sockets|keepalive)\.test\.ts$/;

class QuickFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const isSlow = ({ moduleId }: TestSpecification) => Number(SLOW.test(moduleId));
    return [...files].sort((a, b) => isSlow(a) - isSlow(b));
  }
}

/** The same for src/connection, in a run of its own: its tests reach the pure layers too, which are to be held by theirs alone. */
export default defineConfig({
  ...base,
  test: {
    ...base.test,
    include: ['test/{connection,transport}/**/*.test.ts'],
    // It loads the modules anew for each test, so that every mutant in code that runs at load counts as covered by it alone.
    exclude: ['test/connection/unread.test.ts'],
    sequence: { sequencer: QuickFirst },
    // Many mutants make a test wait for what never comes. Unmutated, the slowest takes 2 s.
    testTimeout: 5_000,
  },
});
