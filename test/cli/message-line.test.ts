import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { messageLine } from '../../src/cli/message-line.js';

describe('a received message on stdout', () => {
  it.each([
    ['hello', 'hello'],
    ['', ''],
    ['{"path":"C:\\\\n"}\t🎉', '{"path":"C:\\\\n"}\t🎉'],
    ['two\nlines\r\n', 'two\\nlines\\r\\n'],
    ['\x1b[2J\x07\x7f\0', '\\x1b[2J\\x07\\x7f\\x00'],
    ['\u0085\u009b\u2028\u2029', '\\x85\\x9b\\u2028\\u2029'],
  ])('%j prints as %j', (message, line) => {
    expect(messageLine(message)).toBe(line);
  });

  it('is one line, whatever is in it', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), message => {
        expect(messageLine(message)).not.toMatch(/[\x00-\x08\n-\x1f\x7f-\x9f\u2028\u2029]/);
      }),
    );
  });

  it('is hex where it is binary', () => {
    expect(messageLine(Buffer.of(0, 255, 16))).toBe('<binary 3 bytes> 00ff10');
    expect(messageLine(Buffer.alloc(0))).toBe('<binary 0 bytes> ');
  });
});
