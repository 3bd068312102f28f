import fc from 'fast-check';
import { beforeEach, expect, test, vi } from 'vitest';
import type * as Module from '../../src/framing/output-buffer.js';
import type * as Slabs from '../../src/framing/slabs.js';
import { concat } from '../helpers/bytes.js';

// The slab is shared by the whole process, so every test begins with a module, and a slab, of its own.
let OutputBuffer: typeof Module.OutputBuffer;
let releaseOutput: typeof Slabs.releaseOutput;

beforeEach(async () => {
  vi.resetModules();
  ({ OutputBuffer } = await import('../../src/framing/output-buffer.js'));
  ({ releaseOutput } = await import('../../src/framing/slabs.js'));
});

function write(output: Module.OutputBuffer, ...bytes: number[]): void {
  const at = output.reserve(bytes.length);
  output.memory.set(bytes, at);
  output.commit(bytes.length);
}

test('bytes that are committed one after the other are one piece', () => {
  const output = new OutputBuffer();
  write(output, 1, 2);
  write(output, 3);
  expect(output.length).toBe(3);
  expect(output.pieceCount).toBe(1);
  const pieces = output.take();
  expect(pieces.map(piece => [...piece])).toEqual([[1, 2, 3]]);
  expect(output.length).toBe(0);
  expect(output.take()).toEqual([]);
});

test('only committed bytes are taken', () => {
  const output = new OutputBuffer();
  const at = output.reserve(14);
  output.memory.set([9, 8, 7], at);
  output.commit(2);
  write(output, 6);
  expect([...concat(...output.take())]).toEqual([9, 8, 6]);
});

test('bytes queued by reference stay in order and are not copied', () => {
  const output = new OutputBuffer();
  const large = new Uint8Array(16_385);
  output.append(large);
  write(output, 1);
  output.append(large);
  write(output, 2);
  expect(output.length).toBe(2 * 16_385 + 2);
  const pieces = output.take();
  expect(pieces.map(piece => piece.length)).toEqual([16_385, 1, 16_385, 1]);
  expect(pieces[0]).toBe(large);
  expect(pieces[2]).toBe(large);
});

test('a small piece queued by reference is joined with the next bytes, and is not copied if it is alone', () => {
  const output = new OutputBuffer();
  const small = Uint8Array.of(4, 5);
  output.append(small);
  write(output, 1);
  write(output, 2);
  expect(output.length).toBe(4);
  expect(output.pieceCount).toBe(1);
  expect(output.take().map(piece => [...piece])).toEqual([[4, 5, 1, 2]]);
  output.append(small);
  expect(output.take()[0]).toBe(small);
});

test.each([
  [16_384, 1],
  [16_385, 2],
])('a piece of %i bytes queued by reference and the next bytes are %i pieces', (size, count) => {
  const output = new OutputBuffer();
  output.append(new Uint8Array(size));
  write(output, 1);
  expect(output.take()).toHaveLength(count);
});

test('two connections that write in turns each keep their order', () => {
  const [a, b] = [new OutputBuffer(), new OutputBuffer()];
  write(a, 1);
  write(b, 2);
  write(a, 3);
  write(a, 4);
  write(b, 5);
  expect(a.take().map(piece => [...piece])).toEqual([[1], [3, 4]]);
  expect(b.take().map(piece => [...piece])).toEqual([[2], [5]]);
});

test('a slab is reused after all its pieces are released, and not before', () => {
  const [a, b] = [new OutputBuffer(), new OutputBuffer()];
  write(a, 1, 1);
  write(b, 2);
  const [ofA] = a.take();
  releaseOutput(ofA!);
  expect(a.reserve(1)).toBe(3);
  const [ofB] = b.take();
  releaseOutput(ofB!);
  expect(a.reserve(1)).toBe(0);
  expect(a.memory.buffer).toBe(ofA!.buffer);
});

test('a full slab is not reused while pieces of it are held', () => {
  const [a, b] = [new OutputBuffer(), new OutputBuffer()];
  a.commit(a.reserve(65_536) + 65_000);
  const [full] = a.take();
  full!.fill(1);
  write(b, ...new Array<number>(600).fill(2));
  expect(b.memory.buffer).not.toBe(full!.buffer);
  releaseOutput(full!);
  expect(b.reserve(1)).toBe(600);
  expect(full!.every(byte => byte === 1)).toBe(true);
});

test('a slab is filled to its last byte', () => {
  const output = new OutputBuffer();
  output.commit(output.reserve(1) + 1);
  const { memory } = output;
  expect(output.reserve(65_535)).toBe(1);
  expect(output.memory).toBe(memory);
  expect(output.reserve(65_536)).toBe(0);
  expect(output.memory).not.toBe(memory);
});

test('more bytes than a slab holds get memory of their size', () => {
  const output = new OutputBuffer();
  expect(output.reserve(100_000)).toBe(0);
  expect(output.memory).toHaveLength(100_000);
});

test('releasing other bytes does nothing', () => {
  const output = new OutputBuffer();
  write(output, 1);
  releaseOutput(new Uint8Array(1));
  expect(output.reserve(1)).toBe(1);
});

test('bytes queued by reference do not keep a slab from being reused', () => {
  const output = new OutputBuffer();
  write(output, 1);
  output.append(new Uint8Array(10));
  for (const piece of output.take()) releaseOutput(piece);
  expect(output.reserve(1)).toBe(0);
});

/** Removes the first `size` bytes of runs, given as value and length in turns, and returns them. */
function expectedOf(runs: number[], size: number): number[] {
  const expected: number[] = [];
  while (expected.length < size) {
    const count = Math.min(runs[1]!, size - expected.length);
    expected.push(...new Array<number>(count).fill(runs[0]! & 0xff));
    runs[1]! -= count;
    if (runs[1] === 0) runs.splice(0, 2);
  }
  return expected;
}

test('bytes that are not released are never overwritten, in any order of calls', () => {
  const step = fc.oneof(
    {
      weight: 5,
      arbitrary: fc.record({
        what: fc.constant('write' as const),
        who: fc.nat(2),
        size: fc.integer({ min: 1, max: 20_000 }),
      }),
    },
    { weight: 2, arbitrary: fc.record({ what: fc.constant('take' as const), who: fc.nat(2), size: fc.constant(0) }) },
    {
      weight: 2,
      arbitrary: fc.record({
        what: fc.constant('take part' as const),
        who: fc.nat(2),
        size: fc.integer({ min: 1, max: 70_000 }),
      }),
    },
    { weight: 1, arbitrary: fc.record({ what: fc.constant('apart' as const), who: fc.nat(2), size: fc.constant(0) }) },
    {
      weight: 3,
      arbitrary: fc.record({ what: fc.constant('release' as const), who: fc.nat(50), size: fc.constant(0) }),
    },
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), steps => {
      const outputs = [new OutputBuffer(), new OutputBuffer(), new OutputBuffer()];
      const waiting: number[][] = [[], [], []];
      const held: { piece: Uint8Array; expected: number[] }[] = [];
      let value = 0;
      for (const { what, who, size } of steps) {
        if (what === 'write') {
          const at = outputs[who]!.reserve(size);
          outputs[who]!.memory.fill(++value, at, at + size);
          outputs[who]!.commit(size);
          waiting[who]!.push(value, size);
        } else if (what === 'apart') {
          outputs[who]!.moveToOwnMemory();
        } else if (what !== 'release') {
          const { length } = outputs[who]!;
          const pieces = what === 'take' ? outputs[who]!.take() : outputs[who]!.take(size);
          for (const piece of pieces) held.push({ piece, expected: expectedOf(waiting[who]!, piece.length) });
          const taken = pieces.reduce((sum, piece) => sum + piece.length, 0);
          expect(outputs[who]!.length).toBe(length - taken);
          expect(taken).toBe(what === 'take' ? length : Math.min(length, size));
        } else if (held.length > 0) {
          releaseOutput(held.splice(who % held.length, 1)[0]!.piece);
        }
        for (const { piece, expected } of held) expect(Buffer.compare(piece, Uint8Array.from(expected))).toBe(0);
      }
    }),
    { numRuns: 60 },
  );
});

test('pieceCount counts pieces in the slab and others', () => {
  const output = new OutputBuffer();
  expect(output.pieceCount).toBe(0);
  write(output, 1);
  output.append(Uint8Array.of(2));
  expect(output.pieceCount).toBe(2);
  write(output, 3);
  expect(output.pieceCount).toBe(3);
  expect(output.take()).toHaveLength(3);
  expect(output.pieceCount).toBe(0);
});

test('take(most) returns no more bytes than that, cuts a piece if it must, and leaves the rest in order', () => {
  const output = new OutputBuffer();
  write(output, 1, 2, 3);
  output.append(Uint8Array.of(4, 5, 6, 7));
  output.append(Uint8Array.of(8));
  const parts = [output.take(4), output.take(2), output.take(100)];
  expect(parts.map(pieces => [...concat(...pieces)])).toEqual([
    [1, 2, 3, 4],
    [5, 6],
    [7, 8],
  ]);
  expect(output.length).toBe(0);
  expect(output.pieceCount).toBe(0);
});

test('take(most) up to the end of a piece takes the piece and no part of the next one', () => {
  const output = new OutputBuffer();
  for (const bytes of [
    [1, 2],
    [3, 4],
    [5, 6],
  ])
    output.append(Uint8Array.from(bytes));
  expect(output.take(4).map(piece => [...piece])).toEqual([
    [1, 2],
    [3, 4],
  ]);
  expect(output).toMatchObject({ length: 2, pieceCount: 1 });
  expect(output.take(2).map(piece => [...piece])).toEqual([[5, 6]]);
});

test('length and pieceCount are right after each of many take(most)', () => {
  const output = new OutputBuffer();
  for (let i = 0; i < 300; i++) output.append(Uint8Array.of(i & 0xff, 7));
  for (let i = 0; i < 300; i++) {
    expect(output).toMatchObject({ length: 2 * (300 - i), pieceCount: 300 - i });
    expect(output.take(2).map(piece => [...piece])).toEqual([[i & 0xff, 7]]);
  }
  expect(output).toMatchObject({ length: 0, pieceCount: 0 });
});

test('take(most) returns at most 256 pieces, and take() returns all', () => {
  const fill = (output: Module.OutputBuffer) => {
    for (let i = 0; i < 600; i++) output.append(Uint8Array.of(i & 0xff));
  };
  const output = new OutputBuffer();
  fill(output);
  expect(output.take(100_000)).toHaveLength(256);
  expect(output.take(100_000)).toHaveLength(256);
  expect([...concat(...output.take(100_000))]).toEqual(Array.from({ length: 88 }, (_, i) => (i + 512) & 0xff));
  fill(output);
  expect(output.take()).toHaveLength(600);
});

test('a buffer that was set apart holds no shared memory, and little of its own', () => {
  const [slow, busy] = [new OutputBuffer(), new OutputBuffer()];
  const shared = new Set<ArrayBufferLike>();
  const own = new Set<ArrayBufferLike>();
  for (let i = 0; i < 1_000; i++) {
    write(slow, i & 0xff, 1, 2);
    slow.moveToOwnMemory();
    const at = busy.reserve(60_000);
    shared.add(busy.memory.buffer);
    busy.commit(60_000);
    expect(at).toBeGreaterThanOrEqual(0);
    busy.take().forEach(releaseOutput);
  }
  const pieces = slow.take();
  for (const piece of pieces) own.add(piece.buffer);
  expect([...own].filter(buffer => shared.has(buffer))).toEqual([]);
  const memory = [...own].reduce((sum, buffer) => sum + buffer.byteLength, 0);
  expect(memory).toBeLessThanOrEqual(2 * 3_000 + 512);
  expect([...concat(...pieces)]).toEqual(Array.from({ length: 1_000 }, (_, i) => [i & 0xff, 1, 2]).flat());
});

test('room is how many bytes fit in the current memory, shared or not', () => {
  const [output, other] = [new OutputBuffer(), new OutputBuffer()];
  write(output, 1, 2);
  expect(output.room).toBe(65_534);
  write(other, 1);
  expect(output.room).toBe(65_533);
  expect(new OutputBuffer().room).toBe(65_533);
  output.moveToOwnMemory();
  // What it has fills two bytes of 512.
  expect(output.room).toBe(510);
  const empty = new OutputBuffer();
  empty.moveToOwnMemory();
  expect(empty.room).toBe(0);
});

test('memory of a buffer that was set apart is filled to its last byte', () => {
  const output = new OutputBuffer();
  output.moveToOwnMemory();
  write(output, ...new Array<number>(500).fill(1));
  write(output, ...new Array<number>(12).fill(2));
  expect(output.pieceCount).toBe(1);
  expect(output.take()[0]!.buffer.byteLength).toBe(512);
});

test('a slab that a buffer left when it was set apart is reused', () => {
  const output = new OutputBuffer();
  write(output, 1, 2);
  const { memory } = output;
  output.moveToOwnMemory();
  const other = new OutputBuffer();
  expect(other.reserve(1)).toBe(0);
  expect(other.memory).toBe(memory);
  expect([...concat(...output.take())]).toEqual([1, 2]);
});

test('moveToOwnMemory() does not copy a piece that fills half a slab', () => {
  const output = new OutputBuffer();
  output.commit(output.reserve(32_768) + 32_768);
  const { memory } = output;
  output.moveToOwnMemory();
  expect(output.take()[0]!.buffer).toBe(memory.buffer);
});

test('a buffer that was set apart shares memory again once all of it was taken', () => {
  const [output, other] = [new OutputBuffer(), new OutputBuffer()];
  write(other, 9);
  output.moveToOwnMemory();
  write(output, 1);
  expect(output.memory).not.toBe(other.memory);
  output.take();
  write(output, 2);
  expect(output.memory).toBe(other.memory);
});
