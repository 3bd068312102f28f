import { describe, expect, test } from 'vitest';
import { HeadLines } from '../../src/wire/head-lines.js';

const bytes = (text: string): Uint8Array => Buffer.from(text, 'latin1');

function linesOf(...chunks: string[]): string[] {
  const lines = new HeadLines();
  const found: string[] = [];
  for (const chunk of chunks.map(bytes)) {
    let at = 0;
    for (let taken = lines.take(chunk, at); taken !== undefined; taken = lines.take(chunk, at)) {
      at = taken.next;
      found.push(Buffer.from(taken.line.bytes).toString('latin1'));
    }
  }
  const last = lines.takeUnfinished();
  return last === undefined ? found : [...found, `unfinished ${Buffer.from(last.bytes).toString('latin1')}`];
}

describe('HeadLines', () => {
  test('splits at CRLF and at a bare LF', () => {
    expect(linesOf('a\r\nb\n\r\n')).toEqual(['a', 'b', '']);
  });

  test('keeps a CR that does not end a line', () => {
    expect(linesOf('a\rb\r\r\n')).toEqual(['a\rb\r']);
  });

  test('joins lines across chunks, even between CR and LF', () => {
    expect(linesOf('a', 'b\r', '\nc', '\r\n', '\r', '\n')).toEqual(['ab', 'c', '']);
  });

  test('returns an unfinished line', () => {
    expect(linesOf('a\r\nb\r')).toEqual(['a', 'unfinished b\r']);
  });

  test('keeps 4 KiB of a line, and counts the rest', () => {
    const lines = new HeadLines();
    const taken = lines.take(bytes(`${'x'.repeat(5_000)}\r\n`), 0);
    expect(taken?.line.bytes.length).toBe(4_096);
    expect(taken?.line.length).toBe(5_000);
  });

  test('does not combine a CR of one line with an LF of the next', () => {
    expect(linesOf('\r', '\n', '\n')).toEqual(['', '']);
  });

  test('does not count the CRLF after 4,096 bytes', () => {
    const taken = new HeadLines().take(bytes(`${'x'.repeat(4_096)}\r\n`), 0);
    expect([taken?.line.bytes.length, taken?.line.length]).toEqual([4_096, 4_096]);
  });
});
