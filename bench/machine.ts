/** Describes the machine. Figures have no meaning without it. */
import os from 'node:os';
import { NODE_VERSION } from './contenders.js';
import { pinned } from './pin.js';
import type { Machine } from './results.js';

export function describeMachine(): Machine {
  return {
    cpu: os.cpus()[0]?.model.trim() ?? 'unknown',
    cores: os.availableParallelism(),
    memoryGiB: Math.round(os.totalmem() / 2 ** 30),
    kernel: `${os.type()} ${os.release().split('-')[0]}`,
    node: NODE_VERSION,
    date: new Date().toISOString().slice(0, 10),
    pinned,
  };
}
