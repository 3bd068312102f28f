import { defineConfig } from 'vitest/config';

/** The tests that kill mutants: each room is to be held by its own, not by accident through those of the connection. */
export default defineConfig({
  resolve: { conditions: ['ws101-source'] },
  ssr: { resolve: { conditions: ['ws101-source', 'node', 'import', 'default'] } },
  test: {
    include: ['test/{framing,handshake,protocol,properties}/**/*.test.ts'],
    setupFiles: ['test/mutation/setup.ts'],
    // See test/helpers/mutation-run.ts.
    env: { WS101_MUTATION: '1' },
    testTimeout: 60_000,
  },
});
