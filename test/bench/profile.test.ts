import { pathToFileURL } from 'node:url';
import { describe, expect, test } from 'vitest';
import { type CallFrame, type CpuProfile, selfTimes } from '../../bench/profile/digest.js';
import { placeOf } from '../../bench/profile/place.js';
import { functionTable, partTable } from '../../bench/profile/tables.js';

function frame(functionName: string, url = '', lineNumber = -1, columnNumber = -1): CallFrame {
  return { functionName, url, lineNumber, columnNumber };
}

function fileUrl(path: string): string {
  return pathToFileURL(`${process.cwd()}/${path}`).href;
}

/** A profile of 1,000 µs: 100 of start-up, 300 of writing, 400 of decoding in two nodes, 200 of waiting. */
const PROFILE: CpuProfile = {
  nodes: [
    { id: 1, callFrame: frame('(root)') },
    { id: 2, callFrame: frame('start', 'node:internal/main/run_main_module', 9) },
    { id: 3, callFrame: frame('writev') },
    { id: 4, callFrame: frame('push', fileUrl('src/framing/frame-decoder.ts'), 135) },
    { id: 5, callFrame: frame('(idle)') },
    { id: 6, callFrame: frame('push', fileUrl('src/framing/frame-decoder.ts'), 135) },
  ],
  startTime: 5_000,
  endTime: 6_000,
  samples: [2, 3, 4, 5, 6],
  timeDeltas: [0, 100, 300, 250, 200],
};

describe('a profile', () => {
  test('counts for each function the time from its samples to the next ones, whatever called it', () => {
    expect(selfTimes(PROFILE, 1_000).map(({ frame, time }) => [frame.functionName, time])).toEqual([
      ['push', 400],
      ['writev', 300],
      ['(idle)', 200],
      ['start', 100],
    ]);
  });

  test('counts only the window at its end', () => {
    expect(selfTimes(PROFILE, 500).map(({ frame, time }) => [frame.functionName, time])).toEqual([
      ['push', 150 + 150],
      ['(idle)', 200],
    ]);
  });

  test('is shown by part and by function, per message, with the CPU time that no sample shows', () => {
    // 1,000 µs of CPU for 10 messages. The samples show 700 of them.
    const parts = partTable(PROFILE, 900, { cpu: 100, messages: 10 });
    expect(parts).toMatch(/src\/framing +\| +40\.0 % \| +40\.000/);
    expect(parts).toMatch(/system calls: writes +\| +30\.0 % \| +30\.000/);
    expect(parts).toMatch(/reads, events; other threads +\| +30\.0 % \| +30\.000/);
    expect(parts).not.toContain('idle');
    const functions = functionTable(PROFILE, 900, { cpu: 100, messages: 10 }, 1);
    expect(functions).toContain('push  src/framing/frame-decoder.ts:136');
    expect(functions).toMatch(/the other 2 +\| +60\.0 %/);
  });
});

test.each([
  [frame('#judge', fileUrl('src/framing/frame-decoder.ts'), 0), 'src/framing'],
  [frame('toError', fileUrl('src/errors.ts'), 0), 'src/errors'],
  [frame('', fileUrl('bench/servers/ws101.mjs'), 0), 'the application'],
  [frame('mask', fileUrl('bench/node_modules/bufferutil/index.js'), 0), 'bufferutil'],
  [frame('push', '/elsewhere/ws101/src/framing/x.ts'), 'the rest'],
  [frame('push', 'file:///elsewhere/ws101/src/framing/x.ts'), 'src/framing'],
  [frame('writeOrBuffer', 'node:internal/streams/writable'), 'node: streams'],
  [frame('emit', 'node:events'), 'node: events'],
  [frame('onStreamRead', 'node:internal/stream_base_commons'), 'node: net'],
  [frame('processImmediate', 'node:internal/timers'), 'node: timers and ticks'],
  [frame('readFileSync', 'node:fs'), 'node: the rest'],
  [frame('writeBuffer'), 'system calls: writes'],
  [frame('utf8Slice'), 'natives'],
  [frame('(garbage collector)'), '(garbage collector)'],
])('%o belongs to %s', (callFrame, part) => {
  expect(placeOf(callFrame).part).toBe(part);
});
