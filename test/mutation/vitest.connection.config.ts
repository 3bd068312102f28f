import { defineConfig } from 'vitest/config';
import base from './vitest.config.js';

/** The same for src/connection, in a run of its own: its tests reach the pure layers too, which are to be held by theirs alone. */
export default defineConfig({
  ...base,
  test: {
    ...base.test,
    include: ['test/connection/**/*.test.ts'],
    // It loads the modules anew for each test, so that every mutant in code that runs at load counts as covered by it alone.
    exclude: ['test/connection/unread.test.ts'],
    // Many mutants make a test wait for what never comes. Unmutated, the slowest takes 2 s.
    testTimeout: 5_000,
  },
});
