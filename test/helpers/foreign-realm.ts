import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import vm from 'node:vm';
import { build } from 'esbuild';
import type * as Library from '../../src/index.js';

/** The globals of a host, which a new context of node:vm lacks. Test runners hand in those of the realm outside. */
const HOST = { AbortController, AbortSignal, Blob, Buffer, process, TextDecoder, TextEncoder, URL, URLSearchParams };

let source: Promise<string> | undefined;

/**
 * Loads another copy of the library in a realm of its own, as Jest does: its Uint8Array, Error and Promise are not those of Node and
 * of the test. Its Buffer, Blob and URL are.
 *
 * @param globals what else comes from outside
 */
export async function libraryInRealm(globals: object = {}): Promise<typeof Library> {
  source ??= bundle();
  const context = vm.createContext({ ...HOST, ...globals });
  const load = vm.runInContext(`(function (module, require) { ${await source}\n})`, context) as (
    module: { exports: unknown },
    require: NodeJS.Require,
  ) => void;
  const module = { exports: {} };
  load(module, createRequire(import.meta.url));
  return module.exports as typeof Library;
}

async function bundle(): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL('../../src/index.ts', import.meta.url))],
    bundle: true,
    write: false,
    format: 'cjs',
    platform: 'node',
    conditions: ['ws101-source'],
    logLevel: 'silent',
  });
  return outputFiles[0]!.text;
}
