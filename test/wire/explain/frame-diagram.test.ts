import { describe, expect, test } from 'vitest';
import { frameDiagram, PLAIN } from '../../../src/wire/index.js';
import { hex } from '../../helpers/bytes.js';

const draw = (header: string, payload = ''): string[] => frameDiagram({ header: hex(header) }, hex(payload), PLAIN);

describe('frameDiagram()', () => {
  test('draws a masked frame as in §5.2, each bit below its number', () => {
    expect(draw('818537fa213d', '7f9f4d5158')).toEqual([
      ' 0                   1                   2                   3',
      ' 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1',
      '+-+-+-+-+-------+-+-------------+-------------------------------+',
      '|F|R|R|R|opcode |M|   payload   |          masking key          |',
      '|I|S|S|S|       |A|   length    |                               |',
      '|N|V|V|V|       |S|             |                               |',
      '| |1|2|3|       |K|             |                               |',
      '|1|0|0|0|0 0 0 1|1|0 0 0 0 1 0 1|             37 fa             |',
      '+-+-+-+-+-------+-+-------------+-------------------------------+',
      '|          masking key          |         payload data          |',
      '|             21 3d             |            7f 9f …            |',
      '+-------------------------------+-------------------------------+',
    ]);
  });

  test('draws a frame without payload and without mask in half a row', () => {
    expect(draw('8900').at(-1)).toBe('+-+-+-+-+-------+-+-------------+');
  });

  test('continues a 64-bit length and the key in the rows below', () => {
    const lines = draw('82ff 0000000000010000 37fa213d', '00');
    expect(lines.filter(line => line.includes('extended payload length'))).toHaveLength(3);
    expect(lines.filter(line => line.includes('masking key'))).toHaveLength(2);
    expect(lines.at(-2)).toBe('|             21 3d             |              00               |');
  });

  test.each(['', '81', '817e', '81ff0000', '82ff000000000001000037fa21'])(
    'never fails for an incomplete header: %j',
    header => {
      const widths = draw(header).map(line => line.length);
      expect(Math.max(...widths)).toBeLessThanOrEqual(65);
    },
  );
});
