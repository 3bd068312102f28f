/** The contenders: how each is started, and which scenarios it cannot run. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import type { Scenario } from './scenarios.js';

export interface Contender {
  readonly id: string;
  readonly label: string;
  /** Undefined if it is not installed. Bun and Deno do not exist for every platform. */
  readonly version: () => string | undefined;
  /** Programs and their first arguments. More arguments are appended. */
  readonly server?: readonly string[];
  readonly client?: readonly string[];
  readonly masking?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Whether it is left out of quick runs, unless it is named. */
  readonly onlyInFull?: boolean;
  /** The ids of the scenarios in which it does not take part, with the reasons. */
  readonly cannot?: Readonly<Record<string, string>>;
}

const here = import.meta.dirname;

const TEXTS = ['echo-1k-text', 'echo-1k-latin', 'echo-1k-chinese', 'echo-1k-emoji'];

/** The Node that runs servers and clients: by default, the one that runs this program. */
export const NODE_PATH: string = resolve(
  parseArgs({ options: { node: { type: 'string' } }, strict: false }).values.node?.toString() ?? process.execPath,
);

export const NODE_VERSION: string =
  NODE_PATH === process.execPath
    ? process.versions.node
    : execFileSync(NODE_PATH, ['--version'], { encoding: 'utf8' }).trim().slice(1);

/** Allows garbage collection on request, so that only memory in use is measured, not garbage of the handshakes. */
const NODE = [NODE_PATH, '--expose-gc'];

const BUN = [`${here}/node_modules/bun/bin/bun.exe`];

const DENO = [`${here}/node_modules/deno/deno`, 'run', '-A', '--quiet', '--no-config', '--v8-flags=--expose-gc'];

const server = (name: string): string => `${here}/servers/${name}.mjs`;
const client = (name: string): string => `${here}/clients/${name}.mjs`;
const masking = (name: string): readonly string[] => [NODE_PATH, `${here}/mask.mjs`, name];

function versionIn(folder: string): string | undefined {
  const file = resolve(folder, 'package.json');
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version : undefined;
}

const versionOf = (name: string): string | undefined => versionIn(`${here}/node_modules/${name}`);

/** ws101, built in a folder: this repository's, or one that the environment names. */
function ws101(id: string, label: string, dist: string): Contender {
  return {
    id,
    label,
    version: () => versionIn(resolve(dist, '..')),
    server: [...NODE, server('ws101')],
    client: [...NODE, client('ws101')],
    masking: masking('ws101'),
    env: { WS101_DIST: resolve(dist) },
  };
}

// The environment can name two builds, to compare them in one run.
const { WS101_DIST, WS101_BASE_DIST } = process.env;

export const CONTENDERS: readonly Contender[] = [
  {
    id: 'raw-net',
    label: 'raw net',
    version: () => NODE_VERSION,
    server: [...NODE, server('raw-net')],
    client: [...NODE, client('raw-net')],
    cannot: {
      ...Object.fromEntries(TEXTS.map(id => [id, 'it does not know text'])),
      'deflate-1k': 'it has no compression',
    },
  },
  {
    id: 'ceiling',
    label: 'pure-JS ceiling',
    version: () => NODE_VERSION,
    onlyInFull: true,
    server: [...NODE, server('ceiling')],
  },
  ws101('ws101', 'ws101', WS101_DIST ?? resolve(here, '../dist')),
  ...(WS101_BASE_DIST === undefined ? [] : [ws101('ws101-base', 'ws101, base', WS101_BASE_DIST)]),
  {
    id: 'ws',
    label: 'ws + bufferutil',
    version: () => versionOf('ws'),
    server: [...NODE, server('ws')],
    client: [...NODE, client('ws')],
    masking: masking('ws'),
  },
  {
    id: 'ws-js',
    label: 'ws',
    version: () => versionOf('ws'),
    onlyInFull: true,
    server: [...NODE, server('ws')],
    client: [...NODE, client('ws')],
    masking: masking('ws'),
    env: { WS_NO_BUFFER_UTIL: '1' },
  },
  {
    id: 'drop-in',
    label: 'ws101/ws',
    version: () => versionIn(resolve(here, '..')),
    onlyInFull: true,
    server: [...NODE, server('ws')],
    client: [...NODE, client('ws')],
    env: { WS_MODULE: pathToFileURL(resolve(here, '../dist/ws.js')).href },
  },
  {
    id: 'w3c',
    label: 'ws101, W3C client',
    version: () => versionIn(resolve(here, '..')),
    onlyInFull: true,
    client: [...NODE, client('standard')],
    env: { WS_MODULE: pathToFileURL(resolve(here, '../dist/index.js')).href },
  },
  { id: 'uws', label: 'uWebSockets.js', version: () => versionOf('uwebsockets'), server: [...NODE, server('uws')] },
  {
    id: 'bun',
    label: 'Bun',
    version: () => versionOf('bun'),
    server: [...BUN, server('bun')],
    client: [...BUN, client('standard')],
  },
  {
    id: 'deno',
    label: 'Deno',
    version: () => versionOf('deno'),
    server: [...DENO, server('deno')],
    client: [...DENO, client('standard')],
    env: { DENO_NO_PACKAGE_JSON: '1', DENO_NO_UPDATE_CHECK: '1' },
    cannot: { 'deflate-1k': 'it has no compression' },
  },
  { id: 'undici', label: 'undici', version: () => versionOf('undici'), client: [...NODE, client('standard')] },
  {
    id: 'node-websocket',
    label: 'websocket',
    version: () => versionOf('websocket'),
    onlyInFull: true,
    server: [...NODE, server('node-websocket')],
    client: [...NODE, client('node-websocket')],
    cannot: { 'deflate-1k': 'it has no compression' },
  },
  {
    id: 'faye',
    label: 'faye-websocket',
    version: () => versionOf('faye-websocket'),
    onlyInFull: true,
    server: [...NODE, server('faye')],
    client: [...NODE, client('faye')],
  },
  { id: 'memcpy', label: 'memcpy', version: () => NODE_VERSION, masking: masking('memcpy') },
];

/** Whether a contender takes part in a scenario. */
export function takesPart(contender: Contender, { id, kind }: Scenario): boolean {
  if (contender.cannot?.[id] !== undefined) return false;
  if (kind === 'masking') return contender.masking !== undefined;
  if (kind === 'client-echo' || kind === 'client-receive') return contender.client !== undefined;
  return contender.server !== undefined;
}
