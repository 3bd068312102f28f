/**
 * Sec-WebSocket-Key and Sec-WebSocket-Accept. With them, a client verifies that the server speaks WebSocket (RFC 6455
 * §1.3).
 */
import { fillRandom, sha1Base64, toBase64 } from '#platform';

/** RFC 6455 §1.3: a GUID "unlikely to be used by network endpoints that do not understand the WebSocket Protocol". */
export const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

/** RFC 6455 §4.1: "a nonce consisting of a randomly selected 16-byte value that has been base64-encoded". */
export function createKey(): string {
  const nonce = new Uint8Array(16);
  fillRandom(nonce);
  return toBase64(nonce);
}

/**
 * Whether `text` is base64 that decodes to 16 bytes. The last four bits before `==` are unused and need not be zero.
 * They are not zero in the RFC's own sample, `AQIDBAUGBwgJCgsMDQ4PEC==`.
 */
export function isKey(text: string): boolean {
  return /^[A-Za-z0-9+/]{22}==$/.test(text);
}

/** RFC 6455 §4.2.2: the base64 of the SHA-1 of the key, "as a string, not base64-decoded", followed by the GUID. */
export function acceptOf(key: string): string {
  return sha1Base64(key + GUID);
}
