import { defineConfig } from 'vitest/config';

/** Each layer is tested by its own tests only. Tests of the connection also reach the layers below, and would hide gaps. */
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
