/** What the first bytes of one side are. */
import type { Side } from './conversation.js';

export type Opening = 'head' | 'frames' | 'tls' | 'foreign';

const STATUS_LINE = 'HTTP/';
const [CR, LF, TLS_ALERT, TLS_HANDSHAKE, TLS_MAJOR] = [0x0d, 0x0a, 0x15, 0x16, 0x03];

/** Returns what the bytes are, or undefined while more are needed. At most 5 are. */
export function openingOf(bytes: Uint8Array, from: Side): Opening | undefined {
  const [first, second] = bytes;
  if (first === undefined) return undefined;
  // RFC 9112 §2.2: a server SHOULD ignore an empty line before the request line. A chunked body ends in one too.
  if (first === CR) return second === undefined ? undefined : second === LF ? 'head' : 'frames';
  if (first === TLS_HANDSHAKE || first === TLS_ALERT) {
    return second === undefined ? undefined : second === TLS_MAJOR ? 'tls' : 'frames';
  }
  const text = String.fromCharCode(...bytes.subarray(0, STATUS_LINE.length));
  if (from === 'server' && STATUS_LINE.startsWith(text)) return text === STATUS_LINE ? 'head' : undefined;
  // The frames of a client are masked, so their second byte is no letter.
  if (from === 'client' && /^[A-Z]/.test(text)) {
    if (second === undefined) return undefined;
    if (/^[A-Z]{2}/.test(text)) return 'head';
  }
  // Compressed fragments begin with @, A or B.
  if (!/^[ -~]/.test(text) || /^[@AB]/.test(text)) return 'frames';
  if (text.length < 4) return /^[ -~]+$/.test(text) ? undefined : 'frames';
  return /^[ -~]{4}/.test(text) ? 'foreign' : 'frames';
}

/**
 * Returns the side that sent these bytes, by what they begin with: a request, a status line, or the MASK bit of a frame.
 */
export function sideOf(bytes: Uint8Array): Side {
  const opening = openingOf(bytes, 'server');
  if (opening === 'head') return 'server';
  if (openingOf(bytes, 'client') === 'head') return 'client';
  return ((bytes[1] ?? 0) & 0x80) === 0 ? 'server' : 'client';
}
