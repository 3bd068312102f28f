/** Maps a function of a profile to its source file, and to a part of the program. */
import { existsSync, readFileSync } from 'node:fs';
import { SourceMap } from 'node:module';
import { relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { CallFrame } from './digest.js';

export interface Place {
  /** The function, with its file and line if it has one. */
  readonly name: string;
  /** A folder of src/, a part of Node, or other work of the process. */
  readonly part: string;
}

const ROOT = resolve(import.meta.dirname, '../..');

/** Methods of a socket's handle: each call is a system call. */
const WRITES = /^(?:writev|writeBuffer|write(?:Utf8|Latin1|Ascii|Ucs2)String|shutdown)$/;

/** Parts of Node by module name. The first match counts. */
const NODE_PARTS: ReadonlyArray<readonly [RegExp, string]> = [
  [/^(?:internal\/)?(?:streams\/|stream$|webstreams)/, 'node: streams'],
  [/^(?:net|tls|_tls_.*|internal\/(?:net|stream_base_commons))$/, 'node: net'],
  [/^(?:events|internal\/events.*)$/, 'node: events'],
  [/^(?:buffer|internal\/buffer|internal\/util\/types)$/, 'node: buffers'],
  [/^(?:timers|internal\/timers|internal\/process\/task_queues|internal\/async_hooks)$/, 'node: timers and ticks'],
  [/^(?:zlib)$/, 'node: zlib'],
];

export function placeOf({ functionName, url, lineNumber, columnNumber }: CallFrame): Place {
  const name = functionName === '' ? '(anonymous)' : functionName;
  if (url === '') return { name, part: nativePart(name) };
  if (url.startsWith('node:')) {
    const module = url.slice('node:'.length);
    const part = NODE_PARTS.find(([pattern]) => pattern.test(module))?.[1] ?? 'node: the rest';
    return { name: `${name}  ${url}:${lineNumber + 1}`, part };
  }
  if (!url.startsWith('file:')) return { name: `${name}  ${url}`, part: 'the rest' };
  const { file, line } = originOf(fileURLToPath(url), lineNumber, columnNumber);
  const shown = shorten(file);
  return { name: `${name}  ${shown}:${line + 1}`, part: filePart(shown) };
}

/** Returns the path relative to the repository. A copy of the library elsewhere is shown as if it were here. */
function shorten(file: string): string {
  const shown = relative(ROOT, file);
  return shown.startsWith('..') && !shown.includes('node_modules') ? shown.replace(/^.*\/(?=src\/)/, '') : shown;
}

function nativePart(name: string): string {
  if (name === '(garbage collector)' || name === '(program)') return name;
  return WRITES.test(name) ? 'system calls: writes' : 'natives';
}

function filePart(file: string): string {
  const room = /^src\/(?:([^/]+)\/|([^/]+)\.ts$)/.exec(file);
  if (room !== null) return `src/${room[1] ?? room[2]}`;
  return /node_modules\/([^/]+)/.exec(file)?.[1] ?? 'the application';
}

const maps = new Map<string, SourceMap | undefined>();

/** Returns the position in the source before compilation. */
function originOf(file: string, line: number, column: number): { file: string; line: number } {
  if (!maps.has(file)) {
    const map = `${file}.map`;
    maps.set(file, existsSync(map) ? new SourceMap(JSON.parse(readFileSync(map, 'utf8'))) : undefined);
  }
  const entry = maps.get(file)?.findEntry(line, column);
  if (entry === undefined || !('originalSource' in entry)) return { file, line };
  return { file: resolve(file, '..', entry.originalSource), line: entry.originalLine };
}
