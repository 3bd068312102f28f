import { defineConfig } from 'vitest/config';

const timeouts = { testTimeout: 30_000, hookTimeout: 60_000 };

/** These tests start browsers, proxies and interpreters, so they run separately: `npm run interop`. */
export default defineConfig({
  test: {
    // Each file starts processes that need a core. A small machine can run two files at a time.
    maxWorkers: 2,
    projects: [
      {
        resolve: { conditions: ['ws101-source'] },
        ssr: { resolve: { conditions: ['ws101-source', 'node', 'import', 'default'] } },
        test: { name: 'peers', root: import.meta.dirname, include: ['*.test.ts'], ...timeouts },
      },
      // Here ws101 is the built package.
      { test: { name: 'ecosystem', root: import.meta.dirname, include: ['ecosystem/*.test.ts'], ...timeouts } },
    ],
  },
});
