import { describe, expect, it } from 'vitest';
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
  it('cuts at CRLF and at a bare LF', () => {
    expect(linesOf('a\r\nb\n\r\n')).toEqual(['a', 'b', '']);
  });

  it('keeps a CR that ends no line', () => {
    expect(linesOf('a\rb\r\r\n')).toEqual(['a\rb\r']);
  });

  it('goes on over chunks, even between CR and LF', () => {
    expect(linesOf('a', 'b\r', '\nc', '\r\n', '\r', '\n')).toEqual(['ab', 'c', '']);
  });

  it('gives what has no end', () => {
    expect(linesOf('a\r\nb\r')).toEqual(['a', 'unfinished b\r']);
  });

  it('keeps 4 KiB of a line, and counts the rest', () => {
    const lines = new HeadLines();
    const taken = lines.take(bytes(`${'x'.repeat(5_000)}\r\n`), 0);
    expect(taken?.line.bytes.length).toBe(4_096);
    expect(taken?.line.length).toBe(5_000);
  });

  it('does not take a CR from the last line for one of this', () => {
    expect(linesOf('\r', '\n', '\n')).toEqual(['', '']);
  });

  it('counts 4,096 bytes and their CRLF right', () => {
    const taken = new HeadLines().take(bytes(`${'x'.repeat(4_096)}\r\n`), 0);
    expect([taken?.line.bytes.length, taken?.line.length]).toEqual([4_096, 4_096]);
  });
});
