import { describe, expect, test } from 'vitest';
import { ws101 } from '../../src/cli/ws101.js';
import { pipes } from './streams.js';

async function encode(...args: string[]) {
  const streams = pipes('');
  const code = await ws101(['encode', ...args], streams);
  return { code, out: streams.stdout.text, err: streams.stderr.text };
}

describe('ws101 encode', () => {
  test.each<[string[], string]>([
    [['--text', 'Hello'], '810548656c6c6f\n'],
    [['--text', 'Hello', '--mask', '37fa213d'], '818537fa213d7f9f4d5158\n'],
    [['--text', 'Hello', '--mask', '37 FA 21 3D'], '818537fa213d7f9f4d5158\n'],
    [['--binary', '00 ff'], '820200ff\n'],
    [['--ping', ''], '8900\n'],
    [['--pong', 'p'], '8a0170\n'],
    [['--close', '1000'], '880203e8\n'],
    [['--close', '1000', '--reason', 'bye'], '880503e8627965\n'],
    [['--close', 'none'], '8800\n'],
    [['--text', 'a', '--no-fin'], '010161\n'],
    [['--binary', '61', '--opcode', '0'], '800161\n'],
    [['--opcode', '9'], '8900\n'],
    [['--text', 'hello', '--fragment', '2'], '01026865\n00026c6c\n80016f\n'],
    [['--text', '', '--fragment', '2'], '8100\n'],
  ])('%j prints its bytes', async (args, expected) => {
    expect(await encode(...args)).toEqual({ code: 0, out: expected, err: '' });
  });

  test('--mask random takes a new key for each frame', async () => {
    const { out } = await encode('--binary', '0000', '--mask', 'random', '--fragment', '1');
    const [first, second] = out.split('\n').map(line => line.slice(4, 12));
    expect(first).toMatch(/^[0-9a-f]{8}$/);
    expect(first).not.toBe(second);
  });

  test('--raw prints the bytes themselves', async () => {
    expect((await encode('--raw', '--binary', '61', '--opcode', '0', '--no-fin')).out).toBe('\0\x01a');
  });

  test.each<[string[], string, string]>([
    [['--text', 'a', '--rsv', '1'], 'c10161\n', 'a reserved bit is set, but no extension uses it (§5.2)'],
    [['--text', 'a', '--rsv', '2,3'], 'b10161\n', 'a reserved bit is set, but no extension uses it (§5.2)'],
    [['--opcode', '3'], '8300\n', 'the opcode is reserved (§5.2)'],
    [['--ping', 'p', '--no-fin'], '090170\n', 'a control frame must not be fragmented (§5.5)'],
    [['--close', '1005'], '880203ed\n', 'the close code must not be used on the wire (§7.4)'],
    [['--binary', 'ff', '--opcode', '1'], '8101ff\n', 'a text message must be UTF-8 (§8.1)'],
    [
      ['--text', 'a', '--length-form', '16'],
      '817e000161\n',
      'the payload length must use as few bytes as possible (§5.2)',
    ],
  ])('%j breaks a rule, which needs --force', async (args, expected, rule) => {
    const { code, out, err } = await encode(...args);
    expect([code, out]).toEqual([2, '']);
    expect(err).toContain(`ws101 encode: ${rule}; --force encodes it nevertheless`);
    expect(await encode(...args, '--force')).toEqual({ code: 0, out: expected, err: `ws101 encode: ${rule}\n` });
  });

  test.each([
    [[], /pass a payload: --text/],
    [['--text', 'a', '--ping', 'b'], /--text and --ping exclude each other/],
    [['--text', 'a', '--reason', 'b'], /--reason requires --close/],
    [['--close', 'none', '--reason', 'b'], /--reason requires a code/],
    [['--close', '70000'], /--close must be an integer from 0 to 65535/],
    [['--binary', '0'], /--binary must be pairs of hex digits/],
    [['--text', 'a', '--mask', '37fa'], /--mask must be random or 8 hex digits/],
    [['--text', 'a', '--rsv', '4'], /--rsv must be a list of 1, 2 and 3/],
    [['--text', 'a', '--opcode', '16'], /--opcode must be an integer from 0 to 15/],
    [['--text', 'a', '--length-form', '8'], /--length-form must be minimal, 16 or 64/],
    [['--text', 'a', '--fragment', '0'], /--fragment must be at least 1/],
    [['hi'], /encode takes no arguments, got "hi": see --text/],
  ])('%j exits 2', async (args, expected) => {
    const { code, err } = await encode(...args);
    expect(err).toMatch(expected);
    expect(code).toBe(2);
  });

  test('--help prints the help in 80 columns', async () => {
    const { code, out } = await encode('--help');
    expect(code).toBe(0);
    expect(Math.max(...out.split('\n').map(line => line.length))).toBeLessThanOrEqual(80);
  });
});
