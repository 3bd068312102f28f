const LONGEST = 60;

/**
 * Returns a text of the peer for a message: in quotes, short, and without control characters, which could control a
 * terminal.
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
 * Returns a sentence that says which part of a head is wrong, what was expected, and what came: no values if the header
 * is missing.
 */
export function mismatch(part: string, expected: string, got: readonly string[]): string {
  return `${part}: expected ${expected}, got ${got.length === 0 ? 'nothing' : got.slice(0, 3).map(quoted).join(' and ')}`;
}
