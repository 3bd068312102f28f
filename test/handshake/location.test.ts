import { expect, test } from 'vitest';
import { decodeLocation } from '../../src/handshake/location.js';

test.each(['/chat?a=b', '/straße', 'ws://bücher.example/🌍', ''])('%j in UTF-8 is itself', text => {
  expect(decodeLocation(Buffer.from(text).toString('latin1'))).toBe(text);
});

test.each(['/stra\xdfe', '/\xc3', '/\xed\xa0\x80', '/\xc0\xaf'])('%j is no UTF-8', value => {
  expect(decodeLocation(value)).toBeUndefined();
});
