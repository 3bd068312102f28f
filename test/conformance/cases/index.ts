import type { ConformanceCase } from '../conformance-case.js';
import { framing } from './01-framing.js';
import { pings } from './02-pings.js';
import { reservedBits } from './03-reserved-bits.js';
import { opcodes } from './04-opcodes.js';
import { fragmentation } from './05-fragmentation.js';
import { utf8 } from './06-utf8.js';
import { closeHandling } from './07-close-handling.js';
import { limits } from './09-limits.js';
import { autoFragmentation } from './10-auto-fragmentation.js';
import { compression } from './12-compression.js';
import { compressionParameters } from './13-compression-parameters.js';

export interface Section {
  readonly number: number;
  readonly title: string;
  readonly cases: readonly ConformanceCase[];
}

/** The numbers are those of the Autobahn|Testsuite. It has no section 8, and does not use 11. */
export const SECTIONS: readonly Section[] = [
  { number: 1, title: 'framing', cases: framing },
  { number: 2, title: 'pings and pongs', cases: pings },
  { number: 3, title: 'reserved bits', cases: reservedBits },
  { number: 4, title: 'opcodes', cases: opcodes },
  { number: 5, title: 'fragmentation', cases: fragmentation },
  { number: 6, title: 'UTF-8', cases: utf8 },
  { number: 7, title: 'close handling', cases: closeHandling },
  { number: 9, title: 'limits', cases: limits },
  { number: 10, title: 'auto-fragmentation', cases: autoFragmentation },
  { number: 12, title: 'compression', cases: compression },
  { number: 13, title: 'compression parameters', cases: compressionParameters },
];
