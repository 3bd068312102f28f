import { defineConfig } from 'vitest/config';

/** These tests start browsers, proxies and interpreters, so they run separately: `npm run interop`. */
export default defineConfig({
  resolve: { conditions: ['ws101-source'] },
  ssr: { resolve: { conditions: ['ws101-source', 'node', 'import', 'default'] } },
  test: {
    root: import.meta.dirname,
    include: ['**/*.test.ts'],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    // Each file starts processes that need a core. A small machine can run two files at a time.
    maxWorkers: 2,
  },
});
