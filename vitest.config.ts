import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

/** What programs run. The other folders are for people. */
const LIBRARY =
  '{client,connection,framing,handshake,permessage-deflate,platform,protocol,server,streams,transport,websocket,ws}';

export default defineConfig({
  resolve: { conditions: ['ws101-source'] },
  ssr: { resolve: { conditions: ['ws101-source', 'node', 'import', 'default'] } },
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/interop/**', 'test/packaging/**', '**/node_modules/**'],
    testTimeout: 15_000,
    globalSetup: 'test/compiled-package.ts',
    // Many tests wait for sockets and timers. With three workers on two cores, all tests take a quarter less time.
    maxWorkers: Math.ceil(1.5 * availableParallelism()),
    coverage: {
      provider: 'v8',
      include: ['src/**/*.ts'],
      // The command and the log of NODE_DEBUG are tested as processes, and the page in a browser.
      exclude: ['src/cli/**', 'src/inspector/**', 'src/connection/debug-log.ts'],
      reporter: ['text', 'html'],
      thresholds: {
        [`src/${LIBRARY}/**`]: { lines: 98, branches: 98 },
        'src/{wire,tools}/**': { lines: 96, branches: 85 },
      },
    },
  },
});
