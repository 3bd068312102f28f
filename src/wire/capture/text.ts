/** How many bytes decide whether a capture is text. */
const SAMPLE = 65_536;

/** Returns the text of a capture, or undefined if it is binary. */
export function textOf(bytes: Uint8Array): string | undefined {
  // What the shell of Windows redirects into a file.
  const isUtf16 = (bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff);
  if (isUtf16) return decoded(bytes, bytes[0] === 0xff ? 'utf-16le' : 'utf-16be');
  const sample = bytes.subarray(0, SAMPLE);
  if (sample.some(byte => (byte < 0x20 && (byte < 0x09 || byte > 0x0d) && byte !== 0x1b) || byte === 0x7f)) {
    return undefined;
  }
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(sample, { stream: true });
  } catch {
    return undefined;
  }
  return decoded(bytes, 'utf-8');
}

/** Returns undefined if the text is longer than a string can be. */
function decoded(bytes: Uint8Array, encoding: string): string | undefined {
  try {
    return new TextDecoder(encoding).decode(bytes);
  } catch {
    return undefined;
  }
}
