import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { pipedLines } from '../../src/cli/piped-lines.js';

async function linesOf(...chunks: string[]): Promise<string[]> {
  async function* input(): AsyncGenerator<string> {
    yield* chunks;
  }
  const lines: string[] = [];
  for await (const batch of pipedLines(input())) lines.push(...batch);
  return lines;
}

describe('pipedLines()', () => {
  test('splits at LF and CRLF, and keeps empty lines', async () => {
    expect(await linesOf('a\r\n\nb\n')).toEqual(['a', '', 'b']);
  });

  test('returns a last line without a line end', async () => {
    expect(await linesOf('a\nb')).toEqual(['a', 'b']);
    expect(await linesOf('')).toEqual([]);
  });

  test('returns the same lines however the input is cut', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.constantFrom('a', '\n', '\r', 'é', 'bc\r\n')), async pieces => {
        expect(await linesOf(...pieces)).toEqual(await linesOf(pieces.join('')));
      }),
    );
  });

  test('returns the lines of a chunk together', async () => {
    async function* input(): AsyncGenerator<string> {
      yield 'a\nb\nc';
      yield 'd\n';
    }
    const batches: string[][] = [];
    for await (const batch of pipedLines(input())) batches.push(batch);
    expect(batches).toEqual([['a', 'b'], ['cd']]);
  });
});
