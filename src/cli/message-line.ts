import { printableText } from '../wire/index.js';
import type { BinaryOutput } from './connect-arguments.js';

/**
 * Formats a received message for stdout, with its line end. In a pipe, a text is unchanged. On a terminal, it becomes
 * one line in which everything but tabs is escaped that could act on the terminal or stay invisible.
 *
 * @returns bytes, without a line end, for a binary message that is printed `raw`
 */
export function messageLine(
  data: string | Buffer,
  isTerminal: boolean,
  binaryOutput: BinaryOutput = 'described',
): string | Buffer {
  if (typeof data === 'string') return `${isTerminal ? data.split('\t').map(printableText).join('\t') : data}\n`;
  if (binaryOutput === 'raw') return data;
  if (binaryOutput === 'described') return `<binary ${data.length} bytes> ${data.toString('hex')}\n`;
  return `${data.toString(binaryOutput)}\n`;
}
