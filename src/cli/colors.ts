import type { Paint } from '../wire/index.js';

/** SGR codes (ECMA-48 §8.3.117): on and off. */
const bold = sgr(1, 22);
const dim = sgr(2, 22);
const red = sgr(31, 39);
const green = sgr(32, 39);
const cyan = sgr(36, 39);
const magenta = sgr(35, 39);
export const yellow: (text: string) => string = sgr(33, 39);

export const COLORS: Paint = { heading: bold, note: dim, client: cyan, server: magenta, good: green, bad: red };

/**
 * Returns whether output to `stream` may be colored: it is a terminal, and NO_COLOR is unset or empty (no-color.org).
 */
export function usesColor(
  stream: { readonly isTTY?: boolean },
  env: Readonly<Record<string, string | undefined>>,
): boolean {
  return stream.isTTY === true && (env.NO_COLOR ?? '') === '' && env.TERM !== 'dumb';
}

function sgr(on: number, off: number): (text: string) => string {
  return text => `\x1b[${on}m${text}\x1b[${off}m`;
}
