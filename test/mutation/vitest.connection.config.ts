import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';
import base from './vitest.config.js';

/** The files with the slowest tests. They run last, because a mutant's run ends with the first failing test. */
const SLOW = /(socket-owner|linger|closing|prepared-message|compression|sockets|keepalive)\.test\.ts$/;

class QuickFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const isSlow = ({ moduleId }: TestSpecification) => Number(SLOW.test(moduleId));
    return [...files].sort((a, b) => isSlow(a) - isSlow(b));
  }
}

/** The run for src/connection and src/transport. Their tests also reach the layers below, which must be covered by their own tests. */
export default defineConfig({
  ...base,
  test: {
    ...base.test,
    include: ['test/{connection,transport}/**/*.test.ts'],
    // It reloads the modules for each test, so all mutants in code that runs at load would count as covered by it alone.
    exclude: ['test/connection/unread.test.ts'],
    sequence: { sequencer: QuickFirst },
    // Many mutants make a test wait forever. Without mutants, the slowest test takes 2 s.
    testTimeout: 5_000,
  },
});
