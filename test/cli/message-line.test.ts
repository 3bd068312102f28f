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
    expect(messageLine(message, true)).toBe(`${line}\n`);
  });

  test('is one line without control, bidirectional or zero-width characters', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), message => {
        const line = String(messageLine(message, true)).replace(/\n$/, '');
        expect(line.replaceAll('\t', '')).not.toMatch(/[\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/u);
      }),
    );
  });
});

describe('a received message in a pipe', () => {
  test('is unchanged', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), message => {
        expect(messageLine(message, false)).toBe(`${message}\n`);
      }),
    );
  });
});

describe.each([true, false])('a binary message (terminal: %s)', isTerminal => {
  test('is printed as hex', () => {
    expect(messageLine(Buffer.of(0, 255, 16), isTerminal)).toBe('<binary 3 bytes> 00ff10\n');
    expect(messageLine(Buffer.alloc(0), isTerminal)).toBe('<binary 0 bytes> \n');
  });

  test('is printed as the format says: hex and base64 as lines, raw without a line end', () => {
    const bytes = Buffer.of(0, 255, 16);
    expect(messageLine(bytes, isTerminal, 'hex')).toBe('00ff10\n');
    expect(messageLine(bytes, isTerminal, 'base64')).toBe('AP8Q\n');
    expect(messageLine(bytes, isTerminal, 'raw')).toBe(bytes);
    expect(messageLine('text', isTerminal, 'raw')).toBe('text\n');
  });
});
