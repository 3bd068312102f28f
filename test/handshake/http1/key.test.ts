import { describe, expect, test } from 'vitest';
import { acceptOf, createKey, isKey } from '../../../src/handshake/http1/key.js';

describe('Sec-WebSocket-Accept', () => {
  test('of the sample of RFC 6455 §1.3', () => {
    expect(acceptOf('dGhlIHNhbXBsZSBub25jZQ==')).toBe('s3pPLMBiTxaQ9kYGzzhZRbK+xOo=');
  });

  test('is computed from the key as a string, not from the decoded bytes (§4.2.2) [4.2.2-i6]', () => {
    const same = ['AQIDBAUGBwgJCgsMDQ4PEA==', 'AQIDBAUGBwgJCgsMDQ4PEC=='] as const;
    expect(Buffer.from(same[0], 'base64')).toEqual(Buffer.from(same[1], 'base64'));
    expect(acceptOf(same[0])).not.toBe(acceptOf(same[1]));
  });
});

describe('Sec-WebSocket-Key (§4.1)', () => {
  test('is the base64 of 16 random bytes [4.1-29]', () => {
    const keys = Array.from({ length: 200 }, createKey);
    expect(keys.every(isKey)).toBe(true);
    expect(keys.every(key => Buffer.from(key, 'base64').length === 16)).toBe(true);
    expect(new Set(keys).size).toBe(200);
  });

  test.each(['dGhlIHNhbXBsZSBub25jZQ==', 'AQIDBAUGBwgJCgsMDQ4PEC==', '+/+/+/+/+/+/+/+/+/+/+/=='])('may be %s', key => {
    expect(isKey(key)).toBe(true);
  });

  test.each([
    '',
    '==',
    'AQIDBAUGBwgJCgsMDQ4P==',
    'AQIDBAUGBwgJCgsMDQ4PE==',
    'dGhlIHNhbXBsZSBub25jZQ=',
    'dGhlIHNhbXBsZSBub25jZQ===',
    'dGhlIHNhbXBsZSBub25jZ===',
    ' dGhlIHNhbXBsZSBub25jZQ==',
    'dGhlIHNhbXBsZSBub25jZQ==\n',
    'dGhl-HNhbXBsZSBub25_ZQ==',
    'dGhlIHNhbXBsZSBub25jZQ==, dGhlIHNhbXBsZSBub25jZQ==',
  ])('may not be %j', key => {
    expect(isKey(key)).toBe(false);
  });
});
