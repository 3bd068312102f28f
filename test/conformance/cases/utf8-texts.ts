/** Valid and invalid texts at the edges of UTF-8 (RFC 3629 §3, §4). */

export interface ValidText {
  readonly name: string;
  readonly bytes: Uint8Array;
}

export interface InvalidText extends ValidText {
  /** Its position in the list, starting at 1. */
  readonly number: number;
  /** The index of the first byte that cannot be valid, or the length if the text ends within a character. */
  readonly wrongAt: number;
}

const CODE_POINTS: readonly (readonly [name: string, codePoint: number])[] = [
  ['NUL', 0x0],
  ['DEL, the last code point with one byte', 0x7f],
  ['the first code point with two bytes', 0x80],
  ['the last code point with two bytes', 0x7ff],
  ['the first code point with three bytes', 0x800],
  ['the last code point before the surrogates', 0xd7ff],
  ['the first code point after the surrogates', 0xe000],
  ['the byte order mark', 0xfeff],
  ['the replacement character', 0xfffd],
  ['a non-character', 0xfffe],
  ['a non-character', 0xffff],
  ['a non-character', 0xfdd0],
  ['the first code point with four bytes', 0x10000],
  ['a non-character', 0x1fffe],
  ['a non-character', 0x1ffff],
  ['a non-character', 0x7fffe],
  ['a non-character', 0xfffff],
  ['the last code point but one', 0x10fffe],
  ['the last code point', 0x10ffff],
];

export const VALID: readonly ValidText[] = [
  { name: 'ASCII', bytes: Buffer.from('Hello') },
  { name: 'Greek', bytes: Buffer.from('κόσμε') },
  { name: 'characters of one to four bytes', bytes: Buffer.from('aä€🦊') },
  { name: 'combining characters, not normalized', bytes: Buffer.from('o\u0308 \u00f6') },
  { name: 'a byte order mark before text', bytes: Buffer.from('\ufefftext') },
  { name: 'NUL between letters', bytes: Buffer.from('a\0b') },
  ...CODE_POINTS.map(([name, codePoint]) => ({
    name: `${name}, U+${codePoint.toString(16).toUpperCase().padStart(4, '0')}`,
    bytes: Buffer.from(String.fromCodePoint(codePoint)),
  })),
];

/** Each text with the index of the first byte that cannot be valid. */
const WRONG: readonly (readonly [name: string, hex: string, wrongAt: number])[] = [
  ['a lone tail byte, 80', '80', 0],
  ['a lone tail byte, BF', 'bf', 0],
  ['several tail bytes', '808182bfbf', 0],
  ['one tail byte too many', 'c3a4a4', 2],
  ['one tail byte too many after four bytes', 'f09fa68a80', 4],

  ['the lead byte of a 2-byte character before a space', 'c320', 1],
  ['the lead byte of a 3-byte character before a space', 'e220', 1],
  ['two bytes of a 3-byte character before a space', 'e28220', 2],
  ['the lead byte of a 4-byte character before a space', 'f020', 1],
  ['two bytes of a 4-byte character before a space', 'f09f20', 2],
  ['three bytes of a 4-byte character before a space', 'f09fa620', 3],
  ['the lead byte of a 2-byte character before another lead byte', 'c3c3a4', 1],
  ['two bytes of a 3-byte character before another lead byte', 'e282e282ac', 2],

  ['an overlong slash of two bytes', 'c0af', 0],
  ['an overlong slash of three bytes', 'e080af', 1],
  ['an overlong slash of four bytes', 'f08080af', 1],
  ['an overlong slash of five bytes', 'f8808080af', 0],
  ['an overlong slash of six bytes', 'fc80808080af', 0],
  ['an overlong NUL of two bytes', 'c080', 0],
  ['an overlong NUL of three bytes', 'e08080', 1],
  ['an overlong NUL of four bytes', 'f0808080', 1],
  ['the largest overlong sequence of two bytes', 'c1bf', 0],
  ['the largest overlong sequence of three bytes', 'e09fbf', 1],
  ['the largest overlong sequence of four bytes', 'f08fbfbf', 1],

  ['the first high surrogate, U+D800', 'eda080', 1],
  ['a high surrogate, U+DB7F', 'edadbf', 1],
  ['a private high surrogate, U+DB80', 'edae80', 1],
  ['the last high surrogate, U+DBFF', 'edafbf', 1],
  ['the first low surrogate, U+DC00', 'edb080', 1],
  ['a low surrogate, U+DF80', 'edbe80', 1],
  ['the last low surrogate, U+DFFF', 'edbfbf', 1],
  ['a pair of surrogates', 'eda080edb080', 1],
  ['a pair of surrogates after text', 'ceba61edafbfedbfbf', 4],

  ['U+110000, beyond the last code point', 'f4908080', 1],
  ['U+13FFFF', 'f4bfbfbf', 1],
  ['U+140000', 'f5808080', 0],
  ['U+1FFFFF', 'f7bfbfbf', 0],
  ['a sequence of five bytes', 'f888808080', 0],
  ['a sequence of six bytes', 'fc8480808080', 0],
  ['the byte FE', 'fe', 0],
  ['the byte FF', 'ff', 0],
  ['FF after text', 'ceba61ff', 3],
  ['a UTF-16 byte order mark', 'fffe', 0],
  ['Latin-1', '61e462', 2],

  ['one byte of a 2-byte character at the end', '61c3', 2],
  ['one byte of a 3-byte character at the end', '61e2', 2],
  ['two bytes of a 3-byte character at the end', '61e282', 3],
  ['one byte of a 4-byte character at the end', '61f0', 2],
  ['two bytes of a 4-byte character at the end', '61f09f', 3],
  ['three bytes of a 4-byte character at the end', '61f09fa6', 4],
];

export const INVALID: readonly InvalidText[] = WRONG.map(([name, hex, wrongAt], i) => ({
  number: i + 1,
  name,
  bytes: Buffer.from(hex, 'hex'),
  wrongAt,
}));
