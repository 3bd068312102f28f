const LONGEST = 60;

/**
 * A text of the peer's, fit to be shown to people in a message: quoted, short, and without control characters, which could
 * speak to the terminal that prints it.
 */
export function quoted(text: string): string {
  const short = text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
  return JSON.stringify(short).replace(/[\x7f-\x9f]/g, code => `\\u00${code.charCodeAt(0).toString(16)}`);
}

/** The same without the quotes around it. */
export function printable(text: string): string {
  return quoted(text).slice(1, -1);
}

/** Which part of a head is unfit, what was expected of it, and what came: the values of its lines, none where it is missing. */
export function mismatch(part: string, expected: string, got: readonly string[]): string {
  return `${part}: expected ${expected}, got ${got.length === 0 ? 'nothing' : got.slice(0, 3).map(quoted).join(' and ')}`;
}
