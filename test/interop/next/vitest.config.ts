import { defineConfig } from 'vitest/config';

export default defineConfig({
  resolve: { conditions: ['ws101-source'] },
  ssr: { resolve: { conditions: ['ws101-source', 'node', 'import', 'default'] } },
  test: { root: import.meta.dirname, include: ['*.test.ts'], testTimeout: 60_000 },
});
