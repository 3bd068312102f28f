import { defineConfig } from 'vitest/config';

export default defineConfig({
  resolve: { conditions: ['ws101-source'] },
  ssr: { resolve: { conditions: ['ws101-source', 'node', 'import', 'default'] } },
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/interop/**', 'test/packaging/**', '**/node_modules/**'],
    testTimeout: 15_000,
    // Many tests wait for sockets and timers, so a core that vitest would leave free is used.
    maxWorkers: '100%',
    coverage: {
      provider: 'v8',
      include: ['src/**/*.ts'],
      // The command is tested as a process, and the page in a browser.
      exclude: ['src/cli/**', 'src/inspector/**'],
      reporter: ['text', 'html'],
      thresholds: { lines: 98, branches: 98 },
    },
  },
});
