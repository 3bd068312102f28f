/** The Location of a redirect (RFC 9110 §10.2.2). */
import { Buffer, isUtf8 } from 'node:buffer';

/**
 * Returns the text of a Location. A URI is ASCII (RFC 3986 §2), but some servers send raw UTF-8, and browsers accept
 * it.
 *
 * @param value the header, with one character for each byte
 * @returns undefined if the bytes are not UTF-8
 */
export function decodeLocation(value: string): string | undefined {
  const bytes = Buffer.from(value, 'latin1');
  return isUtf8(bytes) ? bytes.toString('utf8') : undefined;
}
