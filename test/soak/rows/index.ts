import type { Row } from '../row.js';
import { busyPeers } from './busy-peer.js';
import { endings } from './endings.js';
import { handshakes } from './handshakes.js';
import { memory } from './memory.js';
import { messages } from './messages.js';
import { slow } from './slow-peers.js';

/** All rows, in the order of the report. */
export const ROWS: readonly Row[] = [...memory, ...messages, ...busyPeers, ...handshakes, ...endings, ...slow];
