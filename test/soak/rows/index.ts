import type { Row } from '../row.js';
import { busyPeers } from './busy-peer.js';
import { memory } from './memory.js';

/** All rows, in the order of the report. */
export const ROWS: readonly Row[] = [...memory, ...busyPeers];
