import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { messageLine } from '../../src/cli/message-line.js';

describe('a received message on a terminal', () => {
  test.each([
    ['hello', 'hello'],
    ['', ''],
    ['{"path":"C:\\\\n"}\t🎉', '{"path":"C:\\\\n"}\t🎉'],
    ['two\nlines\r\n', 'two\\nlines\\r\\n'],
    ['\x1b[2J\x07\x7f\0', '\\x1b[2J\\x07\\x7f\\x00'],
    ['\u0085\u009b\u2028\u2029', '\\u{85}\\u{9b}\\u{2028}\\u{2029}'],
    ['user\u202e\u2066txt.exe', 'user\\u{202e}\\u{2066}txt.exe'],
    ['pay\u200bpal', 'pay\\u{200b}pal'],
  ])('is printed as a line: %j as %j', (message, line) => {
    expect(messageLine(message, true)).toBe(line);
  });

  test('is one line without control, bidirectional or zero-width characters', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), message => {
        expect(messageLine(message, true).replaceAll('\t', '')).not.toMatch(
          /[\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/u,
        );
      }),
    );
  });
});

describe('a received message in a pipe', () => {
  test('is unchanged', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), message => {
        expect(messageLine(message, false)).toBe(message);
      }),
    );
  });
});

describe.each([true, false])('a binary message (terminal: %s)', isTerminal => {
  test('is printed as hex', () => {
    expect(messageLine(Buffer.of(0, 255, 16), isTerminal)).toBe('<binary 3 bytes> 00ff10');
    expect(messageLine(Buffer.alloc(0), isTerminal)).toBe('<binary 0 bytes> ');
  });
});
