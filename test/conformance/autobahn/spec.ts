import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';

/** Our name in reports. */
const AGENT = 'ws101';

/** The parts of a `fuzzingclient` or `fuzzingserver` spec that our side needs. */
export interface Spec {
  readonly agent: string;
  readonly url: URL;
  /** The folder of the reports. wstest must run in the folder of the spec, because `outdir` is relative. */
  readonly reports: string;
}

/** @throws {TypeError} if no path is given */
export function readSpec(path: string | undefined): Spec {
  if (path === undefined) throw new TypeError('pass the path of a wstest spec');
  const { url, servers, outdir } = JSON.parse(readFileSync(path, 'utf8'));
  const [server] = servers ?? [{ agent: AGENT, url }];
  return { agent: server.agent, url: new URL(server.url), reports: resolve(dirname(path), outdir) };
}
