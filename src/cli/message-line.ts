import { printableText } from '../inspect/index.js';

/**
 * A received message as it is written to stdout, without the line end. A pipe gets a text unchanged. A terminal gets it on one line, with
 * everything escaped that could act on the terminal or stay invisible, except tabs.
 */
export function messageLine(data: string | Buffer, isTerminal: boolean): string {
  if (typeof data !== 'string') return `<binary ${data.length} bytes> ${data.toString('hex')}`;
  return isTerminal ? data.split('\t').map(printableText).join('\t') : data;
}
