import { describe, expect, test } from 'vitest';
import { OPCODE } from '../../src/framing/index.js';
import { type Filter, FilteredFrames, isEmpty, NO_FILTER, passes } from '../../src/inspector/frame-filter.js';
import { errorOf, flagsOf, kindOf, noteOf, summaryOf } from '../../src/inspector/frame-notes.js';
import { Meter } from '../../src/inspector/meter.js';
import { durationText, hexLine, offsetText, plural, preview, sizeText, visible } from '../../src/inspector/text.js';
import type { FrameItem } from '../../src/wire/items.js';
import { Sample } from './sample.js';

const { TEXT, BINARY, CONTINUATION, CLOSE, PING, PONG } = OPCODE;

function sampleFrames(): readonly FrameItem[] {
  return new Sample()
    .handshake()
    .frame('client', TEXT, 'Hello', false)
    .frame('client', CONTINUATION, ' world')
    .frame('server', BINARY, Uint8Array.of(1, 2))
    .frame('client', PING, 'p')
    .frame('server', PONG, 'p')
    .frame('server', CLOSE, Buffer.from('\x03\xe8bye', 'latin1'))
    .frame('client', TEXT, 'broken', true, 0x10).model.frames;
}

function kept(filter: Partial<Filter>): number[] {
  return sampleFrames()
    .filter(frame => passes(frame, { ...NO_FILTER, ...filter }))
    .map(({ index }) => index);
}

describe('a filter', () => {
  test('passes frames by direction, kind and text', () => {
    expect(isEmpty(NO_FILTER)).toBe(true);
    expect(kept({})).toHaveLength(7);
    expect(kept({ from: 'client' })).toEqual([1, 2, 4, 7]);
    expect(kept({ kind: 'data' })).toEqual([1, 2, 3, 7]);
    expect(kept({ kind: 'text' })).toEqual([1, 2, 7]);
    expect(kept({ kind: 'binary' })).toEqual([3]);
    expect(kept({ kind: 'control' })).toEqual([4, 5, 6]);
    expect(kept({ kind: 'ping' })).toEqual([4, 5]);
    expect(kept({ kind: 'close' })).toEqual([6]);
    expect(kept({ kind: 'wrong' })).toEqual([7]);
    expect(kept({ text: 'WORLD' })).toEqual([2]);
    expect(kept({ text: 'normal closure' })).toEqual([6]);
    expect(kept({ text: 'reserved bit' })).toEqual([7]);
  });

  test('searches the inflated payload if it is known', () => {
    const [frame] = sampleFrames();
    expect(passes(frame!, { ...NO_FILTER, text: 'inflated' }, Buffer.from('inflated'))).toBe(true);
  });

  test('takes frames as they are added', () => {
    const frames = [...sampleFrames()];
    const source = frames.slice(0, 3);
    const filtered = new FilteredFrames(source, ({ from }) => from === 'server');
    expect([filtered.length, filtered.at(0)?.index, filtered.at(1)]).toEqual([1, 3, undefined]);
    source.push(...frames.slice(3));
    filtered.update();
    expect([filtered.length, filtered.at(2)?.index]).toEqual([3, 6]);
  });
});

test('a frame is described in a few words', () => {
  const frames = sampleFrames();
  expect(frames.map(kindOf)).toEqual(['text', 'continuation', 'binary', 'ping', 'pong', 'close', 'text']);
  expect(frames.map(flagsOf)).toEqual(['more', '', '', '', '', '', 'RSV3']);
  expect(frames.map(noteOf)).toEqual(['', '', '', '', 'round trip 1.00 ms', '1000 (normal closure), "bye"', '']);
  expect(errorOf(frames[6]!)).toMatch(/^a reserved bit is set.*\(§5\.2\)$/);
  expect(frames.map(frame => summaryOf(frame, undefined).slice(0, 20))).toEqual([
    'Hello',
    ' world',
    '01 02',
    '70',
    'round trip 1.00 ms',
    '1000 (normal closure',
    '✗ a reserved bit is ',
  ]);
  expect(summaryOf(frames[0]!, Buffer.from('inflated'))).toBe('inflated');
});

test('a meter remembers a minute, second by second', () => {
  const meter = new Meter();
  meter.count(5_000, 1, 10, 4);
  meter.count(5_900, 2, 20, 6);
  meter.count(undefined, 9, 9, 9);
  meter.roundTrip(6_000, 3);
  expect(meter.history('frames', 6_500).slice(-2)).toEqual([3, 0]);
  expect(meter.history('bytes', 6_500).slice(-2)).toEqual([30, 0]);
  expect(meter.history('latency', 6_500).slice(-2)).toEqual([undefined, 3]);
  expect(meter.history('payload', 6_500)).toHaveLength(60);
  meter.count(500_000, 1, 1, 1);
  expect(meter.history('frames', 6_500).at(-2)).toBe(0);
});

test('numbers and bytes are written for people', () => {
  expect([sizeText(0), sizeText(9_999), sizeText(12_345), sizeText(123_456_789), sizeText(2e10)]).toEqual([
    '0 B',
    '9,999 B',
    '12.3 kB',
    '123 MB',
    '20.0 GB',
  ]);
  expect([plural(1, 'frame'), plural(1_234_567, 'frame')]).toEqual(['1 frame', '1,234,567 frames']);
  expect([offsetText(1500, 1000), offsetText(undefined, 1), offsetText(1, undefined)]).toEqual(['+0.500', '', '']);
  expect([durationText(1.234), durationText(123.4), durationText(12_345)]).toEqual(['1.23 ms', '123 ms', '12.3 s']);
  expect(hexLine(Buffer.from('0123456789abcdef\x01'), 0)).toBe(
    '000000  30 31 32 33 34 35 36 37  38 39 61 62 63 64 65 66  0123456789abcdef',
  );
  expect(hexLine(Uint8Array.of(1), 0).trimEnd().endsWith('·')).toBe(true);
  expect(preview(Uint8Array.of(0, 255), false)).toBe('00 ff');
  expect(visible('a\nb\u007f\u202e')).toBe('a␊b␡\\u{202e}');
});
