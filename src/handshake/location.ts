/** The Location of a redirect (RFC 9110 §10.2.2). */
import { Buffer, isUtf8 } from 'node:buffer';

/**
 * The text of a Location. A URI is ASCII (RFC 3986 §2), but servers send raw UTF-8, and browsers take it. `value` has one character for
 * each byte, as all headers here.
 *
 * @returns undefined if the bytes are not UTF-8
 */
export function decodeLocation(value: string): string | undefined {
  const bytes = Buffer.from(value, 'latin1');
  return isUtf8(bytes) ? bytes.toString('utf8') : undefined;
}
