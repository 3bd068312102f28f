import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import vm from 'node:vm';
import { build } from 'esbuild';
import type * as Library from '../../src/index.js';

/** Globals that a new `node:vm` context lacks. Test runners pass in those of the outer realm. */
const HOST = {
  AbortController,
  AbortSignal,
  Blob,
  Buffer,
  DOMException,
  Event,
  EventTarget,
  MessageEvent,
  process,
  TextDecoder,
  TextEncoder,
  URL,
  URLSearchParams,
};

let source: Promise<string> | undefined;

/**
 * Loads a second copy of the library in a realm of its own, as Jest does. There, Uint8Array, Error and Promise differ
 * from those of Node and the test. Buffer, Blob and URL are the same.
 *
 * @param globals more globals of the outer realm to pass in
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
