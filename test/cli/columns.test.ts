import { describe, expect, test } from 'vitest';
import { columnsOf } from '../../src/cli/columns.js';

describe('the width of an output', () => {
  test.each([
    [{ isTTY: true, columns: 80 }, {}, 80],
    [{ isTTY: true, columns: 80 }, { COLUMNS: '120' }, 80],
    // A terminal without a size.
    [{ isTTY: true, columns: 0 }, { COLUMNS: '120' }, 120],
    [{ isTTY: true }, {}, 100],
    [{}, { COLUMNS: '72' }, 72],
    [{}, {}, 100],
    [{}, { COLUMNS: '' }, 100],
    [{}, { COLUMNS: '0' }, 100],
    [{}, { COLUMNS: 'wide' }, 100],
  ])('of %j with %j is %i', (stream, env, columns) => {
    expect(columnsOf(stream, env)).toBe(columns);
  });
});
