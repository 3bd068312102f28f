import { defineConfig } from 'vitest/config';

/** What npm would publish is built, packed and installed here, so this is a run of its own: `npm run test:package`. */
export default defineConfig({
  test: {
    root: import.meta.dirname,
    include: ['*.test.ts'],
    testTimeout: 60_000,
    hookTimeout: 120_000,
    // Each file packs the package, which builds dist/ anew.
    fileParallelism: false,
  },
});
