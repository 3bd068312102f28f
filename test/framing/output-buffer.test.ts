import fc from 'fast-check';
import { beforeEach, expect, test, vi } from 'vitest';
import type * as Module from '../../src/framing/output-buffer.js';
import { concat } from '../helpers/bytes.js';

// The slab is shared by the whole process, so every test begins with a module, and a slab, of its own.
let OutputBuffer: typeof Module.OutputBuffer;
let releaseOutput: typeof Module.releaseOutput;

beforeEach(async () => {
  vi.resetModules();
  ({ OutputBuffer, releaseOutput } = await import('../../src/framing/output-buffer.js'));
});

function write(output: Module.OutputBuffer, ...bytes: number[]): void {
  const at = output.reserve(bytes.length);
  output.memory.set(bytes, at);
  output.commit(bytes.length);
}

test('what is committed one behind the other leaves in one piece, in order', () => {
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

test('only what was committed of a reserve is taken', () => {
  const output = new OutputBuffer();
  const at = output.reserve(14);
  output.memory.set([9, 8, 7], at);
  output.commit(2);
  write(output, 6);
  expect([...concat(...output.take())]).toEqual([9, 8, 6]);
});

test('bytes queued by reference stand in their place and are the very same', () => {
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

test('a small piece that was queued by reference leaves in one piece with what follows, and alone as it is', () => {
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

test('a piece of a slab that was gathered behind another one counts as released', () => {
  const output = new OutputBuffer();
  write(output, 1);
  const [piece] = output.take();
  output.append(piece!);
  write(output, 2);
  const gathered = output.take();
  expect(gathered.map(bytes => [...bytes])).toEqual([[1, 2]]);
  const { buffer } = piece!;
  releaseOutput(piece!);
  gathered.forEach(releaseOutput);
  // All of the slab is free: the next bytes stand at its beginning.
  write(output, 3);
  const [next] = output.take();
  expect(next!.buffer).toBe(buffer);
  expect(next!.byteOffset).toBe(0);
});

test('two connections that write in turns each keep their own order', () => {
  const [a, b] = [new OutputBuffer(), new OutputBuffer()];
  write(a, 1);
  write(b, 2);
  write(a, 3);
  write(a, 4);
  write(b, 5);
  expect(a.take().map(piece => [...piece])).toEqual([[1], [3, 4]]);
  expect(b.take().map(piece => [...piece])).toEqual([[2], [5]]);
});

test('a slab serves anew once all its pieces were released, and not before', () => {
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

test('a slab that is full is left to those who still hold its pieces', () => {
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

test('more than a slab holds gets memory of its own size', () => {
  const output = new OutputBuffer();
  expect(output.reserve(100_000)).toBe(0);
  expect(output.memory).toHaveLength(100_000);
});

test('foreign bytes may be released: nothing comes of it', () => {
  const output = new OutputBuffer();
  write(output, 1);
  releaseOutput(new Uint8Array(1));
  expect(output.reserve(1)).toBe(1);
});

test('a piece queued for many peers is not overwritten before the last of them has sent it', () => {
  const [source, first, second] = [new OutputBuffer(), new OutputBuffer(), new OutputBuffer()];
  write(source, 1, 2, 3);
  const [piece] = source.take();
  first.append(piece!);
  second.append(piece!);
  releaseOutput(piece!);
  releaseOutput(first.take()[0]!);
  write(source, 9, 9, 9);
  expect([...second.take()[0]!]).toEqual([1, 2, 3]);
});

test('a piece queued for many peers leaves the slab free once the last of them has sent it', () => {
  const [source, peer] = [new OutputBuffer(), new OutputBuffer()];
  write(source, 1, 2, 3);
  const [piece] = source.take();
  peer.append(piece!);
  releaseOutput(piece!);
  expect(source.reserve(1)).toBe(3);
  releaseOutput(peer.take()[0]!);
  expect(source.reserve(1)).toBe(0);
});

test('bytes queued by reference keep no slab from serving anew', () => {
  const output = new OutputBuffer();
  write(output, 1);
  output.append(new Uint8Array(10));
  for (const piece of output.take()) releaseOutput(piece);
  expect(output.reserve(1)).toBe(0);
});

test('bytes not yet released are never overwritten, whatever the order of things', () => {
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
        } else if (what === 'take') {
          const bytes = waiting[who]!.splice(0);
          const expected: number[] = [];
          for (let i = 0; i < bytes.length; i += 2)
            expected.push(...new Array<number>(bytes[i + 1]!).fill(bytes[i]! & 0xff));
          for (const piece of outputs[who]!.take()) held.push({ piece, expected: expected.splice(0, piece.length) });
          expect(expected).toEqual([]);
        } else if (held.length > 0) {
          releaseOutput(held.splice(who % held.length, 1)[0]!.piece);
        }
        for (const { piece, expected } of held) expect(Buffer.compare(piece, Uint8Array.from(expected))).toBe(0);
      }
    }),
    { numRuns: 60 },
  );
});

test('pieceCount tells of pieces that wait: those of the slab, and those beside it', () => {
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
