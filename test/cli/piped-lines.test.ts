import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { pipedLines } from '../../src/cli/piped-lines.js';

async function linesOf(...chunks: string[]): Promise<string[]> {
  async function* input(): AsyncGenerator<string> {
    yield* chunks;
  }
  const lines: string[] = [];
  for await (const batch of pipedLines(input())) lines.push(...batch);
  return lines;
}

describe('piped lines', () => {
  it('end with LF or CRLF, and an empty one is one', async () => {
    expect(await linesOf('a\r\n\nb\n')).toEqual(['a', '', 'b']);
  });

  it('need no line end at the end of the input', async () => {
    expect(await linesOf('a\nb')).toEqual(['a', 'b']);
    expect(await linesOf('')).toEqual([]);
  });

  it('are the same, however the input is cut', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.constantFrom('a', '\n', '\r', 'é', 'bc\r\n')), async pieces => {
        expect(await linesOf(...pieces)).toEqual(await linesOf(pieces.join('')));
      }),
    );
  });

  it('come chunk by chunk', async () => {
    async function* input(): AsyncGenerator<string> {
      yield 'a\nb\nc';
      yield 'd\n';
    }
    const batches: string[][] = [];
    for await (const batch of pipedLines(input())) batches.push(batch);
    expect(batches).toEqual([['a', 'b'], ['cd']]);
  });
});
