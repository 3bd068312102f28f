import { describe, expect, test } from 'vitest';
import { COLORS, usesColor } from '../../src/cli/colors.js';

describe('colors', () => {
  test.each([
    [true, {}, true],
    [true, { NO_COLOR: '' }, true],
    [true, { NO_COLOR: '1' }, false],
    [true, { TERM: 'dumb' }, false],
    [false, {}, false],
    [undefined, {}, false],
  ])('isTTY %s, environment %j: %s', (isTTY, env, expected) => {
    expect(usesColor(isTTY === undefined ? {} : { isTTY }, env)).toBe(expected);
  });

  test('are turned off after the text', () => {
    expect(COLORS.bad('x')).toBe('\x1b[31mx\x1b[39m');
    expect(COLORS.heading('x')).toBe('\x1b[1mx\x1b[22m');
  });
});
