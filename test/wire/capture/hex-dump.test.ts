import { describe, expect, test } from 'vitest';
import { readCapture } from '../../../src/wire/capture/index.js';
import { HELLO, hexOf, sideHex, text } from './bytes-of.js';

/** A binary frame of 34 bytes, of which 32 are zero, and a masked text frame. */
const BYTES = `8222${'00'.repeat(32)}6162${HELLO}`;

const DUMPS: Readonly<Record<string, string>> = {
  xxd: `00000000: 8222 0000 0000 0000 0000 0000 0000 0000  ."..............
00000010: 0000 0000 0000 0000 0000 0000 0000 0000  ................
00000020: 0000 6162 8185 37fa 213d 7f9f 4d51 58    ..ab..7.!=..MQX
`,
  'xxd -g1 -c8, with characters like digits': `00000000: 82 22 00 00 00 00 00 00  ab cd ef
00000008: 00 00 00 00 00 00 00 00  abcdefab
00000010: 00 00 00 00 00 00 00 00  ........
00000018: 00 00 00 00 00 00 00 00  ........
00000020: 00 00 61 62 81 85 37 fa  ..ab..7.
00000028: 21 3d 7f 9f 4d 51 58     ab cd ef
`,
  'hexdump -C': `00000000  82 22 00 00 00 00 00 00  00 00 00 00 00 00 00 00  |."..............|
00000010  00 00 00 00 00 00 00 00  00 00 00 00 00 00 00 00  |................|
00000020  00 00 61 62 81 85 37 fa  21 3d 7f 9f 4d 51 58     |..ab..7.!=..MQX|
0000002f
`,
  hexdump: `0000000 2282 0000 0000 0000 0000 0000 0000 0000
0000010 0000 0000 0000 0000 0000 0000 0000 0000
0000020 0000 6261 8581 fa37 3d21 9f7f 514d 0058
000002f
`,
  od: `0000000 021202 000000 000000 000000 000000 000000 000000 000000
0000020 000000 000000 000000 000000 000000 000000 000000 000000
0000040 000000 061141 102601 175067 036441 117577 050515 000130
0000057
`,
  'od -t x1': `0000000 82 22 00 00 00 00 00 00 00 00 00 00 00 00 00 00
0000020 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00
0000040 00 00 61 62 81 85 37 fa 21 3d 7f 9f 4d 51 58
0000057
`,
  'od -A d -b': `0000000 202 042 000 000 000 000 000 000 000 000 000 000 000 000 000 000
0000016 000 000 000 000 000 000 000 000 000 000 000 000 000 000 000 000
0000032 000 000 141 142 201 205 067 372 041 075 177 237 115 121 130
0000047
`,
  Wireshark: `0000   82 22 00 00 00 00 00 00 00 00 00 00 00 00 00 00   ."..............
0010   00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00   ................
0020   00 00 61 62 81 85 37 fa 21 3d 7f 9f 4d 51 58      ..ab..7.!=..MQX
`,
};

describe('a dump is read', () => {
  test.each(Object.entries(DUMPS))('of %s', (_, dump) => {
    const capture = readCapture(text(dump));
    expect(capture).toMatchObject({ format: 'dump', notes: [] });
    expect(sideHex(capture, 'server') + sideHex(capture, 'client')).toBe(BYTES);
  });

  test.each([
    ['xxd', '00000000: 8185 37fa 213d 7f9f 4d51 58              ..7.!=..MQX'],
    ['xxd, whose characters look like digits', '00000000: 8185 37fa 213d 7f9f 4d51 58              abcd1234567'],
    ['hexdump -C', '00000000  81 85 37 fa 21 3d 7f 9f  4d 51 58                 |..7.!=..MQX|'],
    ['hexdump', '0000000 8581 fa37 3d21 9f7f 514d 0058     \n000000b'],
    ['od', '0000000 102601 175067 036441 117577 050515 000130\n0000013'],
    ['od -A x -t x1z', '000000 81 85 37 fa 21 3d 7f 9f 4d 51 58                 >..7.!=..MQX<\n00000b'],
    ['tcpdump', '\t0x0000:  8185 37fa 213d 7f9f 4d51 58              ..7.!=..MQX'],
    ['Wireshark', '0000   81 85 37 fa 21 3d 7f 9f 4d 51 58                  ..7.!=..MQX'],
    [
      'xxd -b',
      '00000000: 10000001 10000101 00110111 11111010 00100001 00111101  ..7.!=\n00000006: 01111111 10011111 01001101 01010001 01011000           ..MQX',
    ],
    ['hexdump -C, cut out of the middle', '00000040  81 85 37 fa 21 3d 7f 9f  4d 51 58    |..7.!=..MQX|'],
  ])('of one line of %s', (_, dump) => {
    expect(sideHex(readCapture(text(dump)), 'client')).toBe(HELLO);
  });

  test('with repeated lines as *', () => {
    const zeros = '00 00 00 00 00 00 00 00  00 00 00 00 00 00 00 00';
    const dump = `00000000  82 7e 01 00 ${zeros.slice(12)}  |.~..|\n00000010  ${zeros}  |....|\n*\n00000100  00 00 00 00\n00000104\n`;
    expect(sideHex(readCapture(text(dump)), 'server')).toBe(`827e0100${'00'.repeat(256)}`);
  });

  test('unless a * stands for more than memory should hold', () => {
    const dump = '00000000  00 00 00 00\n*\nffffffff  00\n';
    expect(() => readCapture(text(dump))).toThrow(
      'expected a "*" that stands for at most 16777216 bytes, got one for 4294967291',
    );
  });

  test('and a gap becomes a note', () => {
    const { notes } = readCapture(text('00000000: 8105 4865\n00000010: 6c6c\n'));
    expect(notes).toEqual(['the dump lacks 12 bytes before offset 00000010']);
  });

  test('whose sides are indented, as Wireshark follows a stream', () => {
    const dump = `00000000  81 85 37 fa 21 3d 7f 9f  4d 51 58                  ..7.!=.. MQX
    00000000  81 05 48 65 6c 6c 6f                               ..Hello
0000000B  8a 80 00 00 00 00                                  ......
    00000007  88 00                                              ..
`;
    const { conversations } = readCapture(text(dump));
    expect(conversations[0]!.events.map(event => event.type === 'bytes' && [event.from, hexOf(event.bytes)])).toEqual([
      ['client', HELLO],
      ['server', '810548656c6c6f'],
      ['client', '8a8000000000'],
      ['server', '8800'],
    ]);
  });
});
