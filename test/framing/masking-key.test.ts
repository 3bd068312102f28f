import { expect, test, vi } from 'vitest';

const POOL = 2048;

test('§5.3: every key is new, and the pool is refilled from the secure source in time [5.3-2] [5.3-3] [10.3-1]', async () => {
  const fillRandom = vi.fn((bytes: Uint8Array) => {
    // Keys that can be told apart: each says when it was drawn and where it stood.
    new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4).forEach((_, i, words) => {
      words[i] = fillRandom.mock.calls.length * 65_536 + i;
    });
  });
  vi.doMock('#platform', async original => ({ ...(await original<object>()), fillRandom }));
  vi.resetModules();
  const { randomMaskingKey } = await import('../../src/framing/masking-key.js');
  expect(fillRandom).not.toHaveBeenCalled();
  const keys = new Set(Array.from({ length: POOL }, randomMaskingKey));
  expect(fillRandom).toHaveBeenCalledTimes(1);
  keys.add(randomMaskingKey());
  expect(fillRandom).toHaveBeenCalledTimes(2);
  expect(keys.size).toBe(POOL + 1);
  vi.doUnmock('#platform');
  vi.resetModules();
});

test('§5.3: a key is four bytes of the source, the first one most significant, each used once', async () => {
  const fillRandom = (bytes: Uint8Array) => void bytes.set(bytes.map((_, i) => i * 7));
  vi.doMock('#platform', async original => ({ ...(await original<object>()), fillRandom }));
  vi.resetModules();
  const { randomMaskingKey } = await import('../../src/framing/masking-key.js');
  expect([randomMaskingKey(), randomMaskingKey()]).toEqual([0x00070e15, 0x1c232a31]);
  vi.doUnmock('#platform');
  vi.resetModules();
});

test('§10.3: keys are 32-bit integers in which every bit varies [5.3-4] [10.3-1]', async () => {
  const { randomMaskingKey } = await import('../../src/framing/masking-key.js');
  let [ones, zeros] = [0, 0];
  for (let i = 0; i < 500; i++) {
    const key = randomMaskingKey();
    expect(key).toBe(key | 0);
    ones |= key;
    zeros |= ~key;
  }
  expect([ones, zeros]).toEqual([-1, -1]);
});
