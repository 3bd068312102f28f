import { hexPair } from '../text.js';

/** What was typed as hex: its bytes, or what is wrong with it. */
export type Typed = { readonly bytes: Uint8Array } | { readonly error: string };

/** Reads pairs of hex digits, with or without spaces between the bytes. */
export function readHex(text: string): Typed {
  const digits = text.replaceAll(/\s+/g, '');
  const wrong = /[^0-9a-f]/i.exec(digits);
  if (wrong !== null) return { error: `Expected hex digits, got ${JSON.stringify(wrong[0])}.` };
  if (digits.length % 2 === 1) return { error: 'The last byte has only one digit.' };
  return { bytes: Uint8Array.from(digits.match(/../g) ?? [], pair => Number.parseInt(pair, 16)) };
}

/** Writes bytes as hex in groups of four. */
export function hexText(bytes: Uint8Array): string {
  return Array.from(bytes, hexPair)
    .join('')
    .replaceAll(/(.{8})(?=.)/g, '$1 ');
}
