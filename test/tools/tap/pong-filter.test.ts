import { expect, test } from 'vitest';
import { PongFilter } from '../../../src/tools/tap/pong-filter.js';
import { type RawFrame, rawFrame } from '../../helpers/raw-frame.js';

const KEY = [1, 2, 3, 4] as const;
const FRAMES: RawFrame[] = [
  { opcode: 1, payload: 'hello' },
  { opcode: 10 },
  { opcode: 10, payload: 'x'.repeat(125), key: KEY },
  { opcode: 2, fin: false, payload: Buffer.alloc(70_000, 10) },
  { opcode: 10, payload: 'between fragments' },
  { opcode: 0, payload: Buffer.alloc(300, 0x8a), key: KEY },
  { opcode: 9, payload: 'ping' },
  { opcode: 2, rsv: 0x40, payload: 'compressed' },
  { opcode: 8 },
];

function filtered(bytes: Uint8Array, pieces: readonly number[]): { passed: Buffer; lengths: number[] } {
  const lengths: number[] = [];
  const filter = new PongFilter(length => lengths.push(length));
  const passed: Uint8Array[] = [];
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const size = pieces[i % pieces.length]!;
    passed.push(...filter.take(bytes.subarray(at, at + size)));
    at += size;
  }
  return { passed: Buffer.concat([...passed, filter.end()]), lengths };
}

test.each([[[1]], [[2, 3, 1, 7]], [[1000]], [[1_000_000]]])(
  'a PongFilter drops whole Pongs and nothing else, cut into pieces of %j',
  pieces => {
    const { passed, lengths } = filtered(Buffer.concat(FRAMES.map(rawFrame)), pieces);
    const expected = Buffer.concat(FRAMES.filter(({ opcode }) => opcode !== 10).map(rawFrame));
    expect(passed.equals(expected)).toBe(true);
    expect(lengths).toEqual([0, 125, 17]);
  },
);

test.each([[[1]], [[4]], [[1_000]]])('a PongFilter passes all bytes after a broken rule, in pieces of %j', pieces => {
  const legal = rawFrame({ opcode: 1, payload: 'a' });
  const after = [{ opcode: 3, payload: 'b' }, { opcode: 10 }, { opcode: 1 }].map(rawFrame);
  const { passed } = filtered(Buffer.concat([rawFrame({ opcode: 10 }), legal, ...after]), pieces);
  expect(passed.equals(Buffer.concat([legal, ...after]))).toBe(true);
});

test('a PongFilter passes a header that is cut off', () => {
  expect(filtered(Buffer.from('817e', 'hex'), [1]).passed.toString('hex')).toBe('817e');
});
