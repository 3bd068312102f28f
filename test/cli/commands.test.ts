import { describe, expect, test } from 'vitest';
import { parseLine } from '../../src/cli/commands.js';

describe('a line of input', () => {
  test.each(['hello', '', 'close', ' close', 'close ', 'Close', ' /ping', 'a // b'])('%j is sent unchanged', line => {
    expect(parseLine(line)).toEqual({ kind: 'send', data: line });
  });

  test.each([
    ['//close', '/close'],
    ['//', '/'],
    ['///x', '//x'],
  ])('%j sends %j', (line, data) => {
    expect(parseLine(line)).toEqual({ kind: 'send', data });
  });

  test.each([
    ['/close', 1000, ''],
    ['/close 4000', 4000, ''],
    ['/close 4000 some reason', 4000, 'some reason'],
  ])('%j closes the connection', (line, code, reason) => {
    expect(parseLine(line)).toEqual({ kind: 'close', code, reason });
  });

  test.each([
    ['/binary 00ff', [0, 255]],
    ['/binary 00 FF\t10', [0, 255, 16]],
    ['/binary', []],
  ])('%j sends bytes', (line, bytes) => {
    expect(parseLine(line)).toEqual({ kind: 'send', data: Buffer.from(bytes) });
  });

  test('/ping can have a text', () => {
    expect(parseLine('/ping')).toEqual({ kind: 'ping', data: undefined });
    expect(parseLine('/ping are you there')).toEqual({ kind: 'ping', data: 'are you there' });
  });

  test('/help lists the commands', () => {
    expect(parseLine('/help ')).toEqual({ kind: 'help' });
  });

  test.each([
    ['/foo bar', 'unknown command /foo: see /help, or type //foo bar to send it as text'],
    ['/', 'unknown command /: see /help, or type // to send it as text'],
    ['/constructor', 'unknown command /constructor'],
    [`/ping ${'é'.repeat(63)}`, '/ping takes a text of at most 125 bytes; got 126 bytes'],
    ['/binary 0', '/binary takes pairs of hex digits, for example /binary 00ff10; got "0"'],
    ['/binary xy', '/binary takes pairs of hex digits'],
    ['/close bye', '/close takes a code and a reason, for example /close 4000 bye; got "bye"'],
    ['/close 1005', '/close: code must be'],
    ['/close 99999', '/close: code must be'],
    [`/close 4000 ${'x'.repeat(124)}`, '/close: reason must be at most 123 bytes'],
  ])('%j is invalid, and nothing is sent', (line, message) => {
    const command = parseLine(line);
    expect(command.kind).toBe('invalid');
    expect(command).toHaveProperty('message', expect.stringContaining(message));
  });
});
