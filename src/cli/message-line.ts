/** Control characters but the tab, and the two other characters that some programs take for a line end. */
const BREAKING = /[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029]/g;

/**
 * A received message as one line. A line break within it must not make two messages of one, and no other control character
 * reach the terminal; so these are escaped. A backslash is left as it is: most messages that have one are JSON.
 */
export function messageLine(data: string | Buffer): string {
  return typeof data === 'string'
    ? data.replaceAll(BREAKING, escaped)
    : `<binary ${data.length} bytes> ${data.toString('hex')}`;
}

function escaped(character: string): string {
  if (character === '\n') return '\\n';
  if (character === '\r') return '\\r';
  const code = character.charCodeAt(0).toString(16);
  return code.length > 2 ? `\\u${code}` : `\\x${code.padStart(2, '0')}`;
}
