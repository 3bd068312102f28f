import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { sha1 } from '../../src/platform/sha1.js';

const hexOf = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

describe('sha1()', () => {
  // RFC 3174 §7.3.
  test.each([
    ['abc', 'a9993e364706816aba3e25717850c26c9cd0d89d'],
    ['abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq', '84983e441c3bd26ebaae4aa1f95129e5e54670f1'],
    [
      '0123456701234567012345670123456701234567012345670123456701234567'.repeat(10),
      'dea356a2cddd90c7a7ecedc5ebb563934f460452',
    ],
  ])('returns the digest in RFC 3174 of %j', (text, digest) => {
    expect(hexOf(sha1(Buffer.from(text)))).toBe(digest);
  });

  test('agrees with node:crypto for all sizes up to three blocks', () => {
    for (let size = 0; size <= 192; size++) {
      const bytes = Uint8Array.from({ length: size }, (_, i) => 31 * i + size);
      expect(hexOf(sha1(bytes))).toBe(createHash('sha1').update(bytes).digest('hex'));
    }
  });
});
