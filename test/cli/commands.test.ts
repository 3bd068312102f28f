import { describe, expect, it } from 'vitest';
import { parseLine } from '../../src/cli/commands.js';

describe('a line of input', () => {
  it.each(['hello', '', ' close', 'close ', 'Close', ' /ping', 'a // b'])('%j is sent as it is', line => {
    expect(parseLine(line)).toEqual({ kind: 'send', data: line });
  });

  it.each([
    ['//close', '/close'],
    ['//', '/'],
    ['///x', '//x'],
  ])('%j sends %j, which reads like a command', (line, data) => {
    expect(parseLine(line)).toEqual({ kind: 'send', data });
  });

  it.each([
    ['close', 1000, ''],
    ['/close', 1000, ''],
    ['/close 4000', 4000, ''],
    ['/close 4000 some reason', 4000, 'some reason'],
  ])('%j does the closing handshake', (line, code, reason) => {
    expect(parseLine(line)).toEqual({ kind: 'close', code, reason });
  });

  it.each([
    ['/binary 00ff', [0, 255]],
    ['/binary 00 FF\t10', [0, 255, 16]],
    ['/binary', []],
  ])('%j sends bytes', (line, bytes) => {
    expect(parseLine(line)).toEqual({ kind: 'send', data: Buffer.from(bytes) });
  });

  it('/ping and /help stand alone', () => {
    expect(parseLine('/ping')).toEqual({ kind: 'ping' });
    expect(parseLine('/help ')).toEqual({ kind: 'help' });
  });

  it.each([
    ['/foo bar', 'there is no command /foo: see /help; to send the line, type //foo bar'],
    ['/', 'there is no command /: see /help; to send the line, type //'],
    ['/constructor', 'there is no command /constructor'],
    ['/ping now', '/ping takes nothing behind it, got "now"'],
    ['/binary 0', '/binary takes pairs of hex digits, such as /binary 00ff10; got "0"'],
    ['/binary xy', '/binary takes pairs of hex digits'],
    ['/close bye', '/close takes a code and a reason, such as /close 4000 bye; got "bye"'],
    ['/close 1005', '/close: code must be'],
    ['/close 99999', '/close: code must be'],
    [`/close 4000 ${'x'.repeat(124)}`, '/close: reason must be at most 123 bytes'],
  ])('%j is wrong, and nothing is sent', (line, message) => {
    const command = parseLine(line);
    expect(command.kind).toBe('wrong');
    expect(command).toHaveProperty('message', expect.stringContaining(message));
  });
});
