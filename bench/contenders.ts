/** Who is measured, how each is started, and what it cannot do. */
import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';

export interface Contender {
  readonly id: string;
  readonly label: string;
  /** Undefined where it is not installed. */
  readonly version: string | undefined;
  /** A program and its arguments: they come before those that the server itself takes. */
  readonly server?: readonly string[];
  readonly client?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Scenarios, by their ids, that it has no part in, and why. */
  readonly cannot?: Readonly<Record<string, string>>;
}

const here = import.meta.dirname;

/** Collected on request, so that memory is what connections hold and not what their handshakes left. */
const NODE = [process.execPath, '--expose-gc'];

function versionOf(name: string, folder = `${here}/node_modules/${name}`): string | undefined {
  const file = resolve(folder, 'package.json');
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version : undefined;
}

const server = (name: string): string => `${here}/servers/${name}.mjs`;

const NO_PROTOCOL = 'it knows no protocol';

/** ws101 as built elsewhere, beside the one of this folder: WS101_BASE_DIST names that dist/. */
function base(): Contender[] {
  const dist = process.env.WS101_BASE_DIST;
  if (dist === undefined) return [];
  const version = versionOf('ws101', resolve(dist, '..'));
  const env = { WS101_DIST: resolve(dist) };
  return [{ id: 'ws101-base', label: 'ws101, base', version, server: [...NODE, server('ws101')], env }];
}

export const CONTENDERS: readonly Contender[] = [
  {
    id: 'raw-net',
    label: 'raw net',
    version: process.versions.node,
    server: [...NODE, server('raw-net')],
    cannot: { 'echo-1k-text': `${NO_PROTOCOL}: text is binary to it`, 'deflate-1k': NO_PROTOCOL },
  },
  {
    id: 'ws101',
    label: 'ws101',
    version: versionOf('ws101', resolve(here, '..')),
    server: [...NODE, server('ws101')],
    ...(process.env.WS101_DIST === undefined ? {} : { env: { WS101_DIST: resolve(process.env.WS101_DIST) } }),
  },
  ...base(),
  { id: 'ws', label: 'ws + bufferutil', version: versionOf('ws'), server: [...NODE, server('ws')] },
];
