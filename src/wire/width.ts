/** The width of characters, in columns of a terminal. */

/** Combining marks, drawn over the character before them. */
const MARK = /[\p{Mn}\p{Me}]/u;

/**
 * Characters of two columns (East_Asian_Width W and F, Unicode Standard Annex #11), in coarse ranges, which include
 * gaps between blocks. So a line may be counted as wider than it is, but not as narrower.
 */
const WIDE: RegExp = new RegExp(
  [
    '[\\p{Emoji_Presentation}\\u1100-\\u115f\\u2329\\u232a\\u2630-\\u2637\\u268a-\\u268f\\u2e80-\\ua4cf\\ua960-\\ua97f\\uac00-\\ud7a3',
    '\\uf900-\\ufaff\\ufe10-\\ufe19\\ufe30-\\ufe6f\\uff01-\\uff60\\uffe0-\\uffe6\\u{16fe0}-\\u{18dff}\\u{1aff0}-\\u{1b2ff}',
    '\\u{1d300}-\\u{1d37f}\\u{1f200}-\\u{1faff}\\u{20000}-\\u{3fffd}]',
  ].join(''),
  'u',
);

/** Returns the columns of a code point that is not a control character. */
export function columnsOf(character: string): 0 | 1 | 2 {
  if (character < '\u0300') return 1;
  if (MARK.test(character)) return 0;
  return WIDE.test(character) ? 2 : 1;
}

/** Returns the columns of a text without control characters. */
export function widthOf(text: string): number {
  let width = 0;
  for (const character of text) width += columnsOf(character);
  return width;
}
