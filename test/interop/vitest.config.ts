import { defineConfig } from 'vitest/config';

/** These tests start browsers, proxies and interpreters: they have a run of their own, `npm run interop`. */
export default defineConfig({
  resolve: { conditions: ['ws101-source'] },
  ssr: { resolve: { conditions: ['ws101-source', 'node', 'import', 'default'] } },
  test: {
    root: import.meta.dirname,
    include: ['**/*.test.ts'],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    // The files start processes that want a core each; two at a time is what a small machine can do in good time.
    maxWorkers: 2,
  },
});
