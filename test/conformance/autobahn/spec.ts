import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';

/** How reports name us. */
const AGENT = 'ws101';

/** What our side needs of a spec of wstest's: of `fuzzingclient` and of `fuzzingserver`. */
export interface Spec {
  readonly agent: string;
  readonly url: URL;
  /** Where wstest writes its reports: relative to the folder of the spec, where it is to be run. */
  readonly reports: string;
}

/** @throws {TypeError} where there is no spec, or none for one server */
export function readSpec(path: string | undefined): Spec {
  if (path === undefined) throw new TypeError('expected the path of a spec of wstest');
  const { url, servers, outdir } = JSON.parse(readFileSync(path, 'utf8'));
  const [server] = servers ?? [{ agent: AGENT, url }];
  return { agent: server.agent, url: new URL(server.url), reports: resolve(dirname(path), outdir) };
}
