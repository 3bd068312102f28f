import { toBase64 } from '#platform';

/** A multiple of 3, so that only the end is padded. A browser encodes no more at a time. */
const BLOCK = 24_576;

/** Returns the base64 of any number of bytes. */
export function base64(bytes: Uint8Array): string {
  let text = '';
  for (let at = 0; at < bytes.length; at += BLOCK) text += toBase64(bytes.subarray(at, at + BLOCK));
  return text;
}

/** Returns the bytes, or undefined if `text` is not base64. */
export function fromBase64(text: string): Uint8Array | undefined {
  let binary: string;
  try {
    binary = atob(text);
  } catch {
    return undefined;
  }
  return latin1(binary);
}

/** Returns one byte per character, its low 8 bits. */
export function latin1(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
}
