import { GrowingBytes } from '../../handshake/growing-bytes.js';
import { CaptureError, counted, type Notes } from './capture.js';
import type { Chunk } from './hex-text.js';

/**
 * A line of a dump: an offset, bytes in groups, and often their characters.
 *
 *     00000000: 8185 37fa 213d                           ..7.!=      xxd
 *     00000000  81 85 37 fa 21 3d                        |..7.!=|    hexdump -C
 *     0000000 8581 fa37 3d21                                         hexdump, od -x: little-endian words
 *     0000000 102601 175067 036441                                   od: octal
 *     	0x0000:  4500 0034 1c46                           E..4.F      tcpdump -X
 *     0000   81 85 37 fa 21 3d                           ..7.!=      Wireshark
 */
interface DumpLine {
  readonly indent: number;
  /** The digits of the offset. */
  readonly offset: string;
  readonly hasColon: boolean;
  readonly groups: readonly string[];
  /** Whether the last line is repeated until the next offset: `*`. */
  readonly repeats: boolean;
}

/** How much a `*` may stand for. */
const MAX_REPEATED = 16 * 1024 * 1024;

const LINE = /^(\s*)(?:0x)?([0-9a-fA-F]{4,16})(:?)(?:[ \t](.*))?$/;

/** Reads a dump with offsets. Returns undefined if the text is not a dump. */
export function readDump(text: string, notes: Notes): Chunk[] | undefined {
  const runs = runsOf(text.split(/\r?\n/));
  const [first] = runs;
  if (first === undefined || !isDump(first)) return undefined;
  const radix = radixOf(runs);
  // Wireshark's "Follow TCP Stream" indents what the server sends.
  const isFollow = new Set(runs.map(run => run[0]!.indent)).size > 1;
  const least = Math.min(...runs.slice(0, 1000).map(run => run[0]!.indent));
  return runs.flatMap(run => {
    const from = !isFollow ? undefined : run[0]!.indent > least ? 'server' : 'client';
    return chunksOf(run, radix, notes).map(bytes => ({ bytes, from }) as const);
  });
}

/** Returns lines that follow each other with the same indentation. */
function runsOf(lines: readonly string[]): DumpLine[][] {
  const runs: DumpLine[][] = [];
  let run: DumpLine[] = [];
  for (const line of lines) {
    const parsed = lineOf(line);
    const last = run.at(-1);
    const continues = last !== undefined && parsed !== undefined && (parsed.repeats || parsed.indent === last.indent);
    if (continues) {
      run.push(parsed);
    } else if (parsed !== undefined && !parsed.repeats) {
      run = [parsed];
      runs.push(run);
    } else if (line.trim() !== '') {
      run = [];
    }
  }
  return runs;
}

function lineOf(line: string): DumpLine | undefined {
  if (line.trim() === '*') return { indent: 0, offset: '', hasColon: false, groups: [], repeats: true };
  const [, indent, offset, colon, rest = ''] = LINE.exec(line) ?? [];
  if (indent === undefined || offset === undefined) return undefined;
  return { indent: indent.length, offset, hasColon: colon === ':', groups: groupsOf(rest), repeats: false };
}

/** Returns the groups of digits before the characters. */
function groupsOf(rest: string): string[] {
  const groups: string[] = [];
  const [content = ''] = rest.split(/[|>]/, 1);
  for (const [, gap = '', word = ''] of content.matchAll(/(\s*)(\S+)/g)) {
    const isWide = groups.length > 0 && gap.length > 1;
    // A gap after 8 bytes is in the middle. Elsewhere, the characters follow it.
    const isMiddle = groups.length === 8 && gap.length === 2 && word.length === 2 && groups[0]!.length === 2;
    if (!/^[0-9a-fA-F]{2,16}$/.test(word) || (isWide && !isMiddle)) break;
    groups.push(word);
  }
  return groups;
}

/** Tells a dump from digits without offsets. */
function isDump(run: readonly DumpLine[]): boolean {
  const [line, next] = run;
  if (line === undefined) return false;
  if (line.groups.length === 0) return false;
  if (line.hasColon) return true;
  const isOther = line.groups[0]!.length !== line.offset.length;
  if (!isOther) return /^0+$/.test(line.offset) && next !== undefined && radixBetween(line, next) !== undefined;
  return /^0+$/.test(line.offset) || line.offset.length > 6;
}

const RADICES = [16, 8, 10] as const;

/** Returns the radix in which the offsets of two lines differ by the bytes of the first. */
function radixBetween(line: DumpLine, next: DumpLine): number | undefined {
  const size = bytesOf(line).length;
  return RADICES.find(radix => {
    const difference = Number.parseInt(next.offset, radix) - Number.parseInt(line.offset, radix);
    return difference === size || (isWords(line) && difference === size - 1);
  });
}

/** od counts in octal, unless told otherwise. */
function radixOf(runs: readonly DumpLine[][]): number {
  for (const [line, next] of runs) {
    if (line === undefined || next === undefined || next.repeats || line.offset === next.offset) continue;
    const radix = radixBetween(line, next);
    if (radix !== undefined) return radix;
  }
  return 16;
}

function isWords({ hasColon, groups }: DumpLine): boolean {
  const width = groups[0]?.length;
  return !hasColon && (width === 4 || width === 6);
}

function bytesOf(line: DumpLine): Uint8Array {
  const { groups, hasColon } = line;
  const bytes: number[] = [];
  const isOctal = !hasColon && (groups[0]?.length === 3 || groups[0]?.length === 6);
  const isBinary = groups.length > 0 && groups.every(group => /^[01]{8}$/.test(group));
  for (const group of groups) {
    if (isBinary) {
      bytes.push(Number.parseInt(group, 2));
    } else if (isWords(line)) {
      const word = Number.parseInt(group, isOctal ? 8 : 16);
      bytes.push(word & 0xff, (word >> 8) & 0xff);
    } else if (isOctal) {
      bytes.push(Number.parseInt(group, 8) & 0xff);
    } else {
      for (let i = 0; i + 1 < group.length; i += 2) bytes.push(Number.parseInt(group.slice(i, i + 2), 16));
    }
  }
  return Uint8Array.from(bytes);
}

/** Returns the bytes of each part of a run whose offsets have no gap. */
function chunksOf(run: readonly DumpLine[], radix: number, notes: Notes): Uint8Array[] {
  const chunks: Uint8Array[] = [];
  const output = new GrowingBytes();
  const flush = () => {
    if (output.length > 0) chunks.push(output.view().slice());
    output.clear();
  };
  let expected = Number.parseInt(run[0]!.offset, radix);
  let width = Number.POSITIVE_INFINITY;
  let repeated: Uint8Array | undefined;
  let last = new Uint8Array(0);
  for (const [i, line] of run.entries()) {
    if (line.repeats) {
      repeated = last;
      continue;
    }
    const offset = Number.parseInt(line.offset, radix);
    if (repeated !== undefined && repeated.length > 0) repeat(output, repeated, offset - expected);
    else if (offset !== expected) {
      if (offset > expected && output.length > 0) {
        notes.add(`the dump lacks ${counted(offset - expected, 'byte')} before offset ${line.offset}`);
      }
      flush();
    }
    repeated = undefined;
    const bytes = bytesOf(line);
    const next = run[i + 1];
    const following = next === undefined || next.repeats ? Number.NaN : Number.parseInt(next.offset, radix) - offset;
    // The characters can look like digits: the next offset says where the bytes end.
    const size = following > 0 ? Math.min(bytes.length, following) : Math.min(bytes.length, width);
    if (following > 0 && next!.groups.length > 0)
      width = Math.max(size, width === Number.POSITIVE_INFINITY ? 0 : width);
    last = bytes.subarray(0, size) as Uint8Array<ArrayBuffer>;
    output.append(last, 0, size);
    expected = offset + size;
  }
  flush();
  return chunks;
}

function repeat(output: GrowingBytes, bytes: Uint8Array, length: number): void {
  if (length > MAX_REPEATED) {
    throw new CaptureError(
      `expected a "*" that stands for at most ${MAX_REPEATED} bytes, got one for ${length}: save the bytes in a file`,
    );
  }
  for (let done = 0; done < length; done += bytes.length) {
    output.append(bytes, 0, Math.min(bytes.length, length - done));
  }
}
