const LONGEST = 60;

/**
 * Returns text of the peer for use in a message: in quotes, shortened, and without control characters, which could act
 * on a terminal.
 */
export function quoted(text: string): string {
  const short = text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
  return JSON.stringify(short).replace(/[\x7f-\x9f]/g, code => `\\u00${code.charCodeAt(0).toString(16)}`);
}

/** Returns the same without quotes. */
export function printable(text: string): string {
  return quoted(text).slice(1, -1);
}

/**
 * Returns a sentence that says which part of a head is wrong, what was expected, and what was received. `got` is empty
 * if the header is missing.
 */
export function mismatch(part: string, expected: string, got: readonly string[]): string {
  return `${part}: expected ${expected}, got ${got.length === 0 ? 'nothing' : got.slice(0, 3).map(quoted).join(' and ')}`;
}
