import { describe, expect, test } from 'vitest';
import { widthOf } from '../../src/wire/width.js';

describe('widthOf', () => {
  test.each([
    ['abc', 3],
    ['→ ─ …', 5],
    ['ü', 1],
    ['日本語', 6],
    ['한국어', 6],
    ['ｆｕｌｌ', 8],
    ['。、', 4],
    ['ｱｲｳ', 3],
    ['🎉', 2],
    ['⌚✅', 4],
    ['❤☂', 2],
    ['e\u0301', 1],
    ['ทีี่', 1],
    ['𠀀', 2],
  ])('%j takes %i columns', (text, columns) => {
    expect(widthOf(text)).toBe(columns);
  });
});
