import { printableText } from '../wire/index.js';

/**
 * Formats a received message for stdout, without a line end. In a pipe, a text is unchanged. On a terminal, it becomes
 * one line in which everything but tabs is escaped that could act on the terminal or stay invisible.
 */
export function messageLine(data: string | Buffer, isTerminal: boolean): string {
  if (typeof data !== 'string') return `<binary ${data.length} bytes> ${data.toString('hex')}`;
  return isTerminal ? data.split('\t').map(printableText).join('\t') : data;
}
