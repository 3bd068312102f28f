import { afterEach, describe, expect, test, vi } from 'vitest';
import { naivelyMasked } from '../helpers/raw-frame.js';

const KEY = 0x91a2b3c4 | 0;
const OCTETS = [0x91, 0xa2, 0xb3, 0xc4] as const;

/** The module anew: it looks at its host once. */
async function load(): Promise<typeof import('../../src/framing/masking-simd.js')> {
  vi.resetModules();
  return import('../../src/framing/masking-simd.js');
}

function counting(length: number): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length }, (_, i) => i * 7);
}

afterEach(() => void vi.unstubAllGlobals());

describe('§5.3: masking 16 bytes at a time', () => {
  test.each([0, 1, 15, 16, 17, 63, 64, 65, 16_383, 16_384, 16_385, 40_000])('%i bytes', async length => {
    const { maskBySimd } = await load();
    const source = counting(length + 7);
    const target = new Uint8Array(length + 20).fill(0xee);
    expect(maskBySimd(source, 3, 3 + length, target, 5, KEY)).toBe(true);
    expect(source).toEqual(counting(length + 7));
    const expected = new Uint8Array(length + 20).fill(0xee);
    expected.set(naivelyMasked(source.subarray(3, 3 + length), OCTETS, 0), 5);
    expect(target).toEqual(expected);
  });

  test('works in place', async () => {
    const { maskBySimd } = await load();
    const bytes = counting(50_000);
    expect(maskBySimd(bytes, 1, 49_999, bytes, 1, KEY)).toBe(true);
    const expected = counting(50_000);
    expected.set(naivelyMasked(counting(50_000).subarray(1, 49_999), OCTETS, 0), 1);
    expect(bytes).toEqual(expected);
  });
});

describe('a host without support', () => {
  test.each([
    ['has no WebAssembly', undefined],
    [
      'forbids it',
      {
        Module: class {
          constructor() {
            throw new EvalError('blocked by CSP');
          }
        },
      },
    ],
  ])('%s: nothing is done, and the loop over words goes on instead', async (_, webAssembly) => {
    vi.stubGlobal('WebAssembly', webAssembly);
    const { maskBySimd } = await load();
    const bytes = counting(5_000);
    expect(maskBySimd(bytes, 0, 5_000, bytes, 0, KEY)).toBe(false);
    expect(bytes).toEqual(counting(5_000));
    const { maskInPlace, maskTo } = await import('../../src/framing/masking.js');
    const masked = naivelyMasked(counting(5_000), OCTETS);
    const target = new Uint8Array(5_000);
    maskTo(bytes, 0, 5_000, target, 0, KEY, 0);
    expect(target).toEqual(masked);
    maskInPlace(bytes, 0, 5_000, KEY, 0);
    expect(bytes).toEqual(masked);
  });
});
