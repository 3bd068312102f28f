import { sha1Base64, toBase64 } from '#platform';
import { acceptOf, GUID } from '../handshake/http1/key.js';

/** Returns the mistake that a server probably made when it computed a wrong Sec-WebSocket-Accept, or undefined. */
export function mistakeInAccept(value: string, key: string): string | undefined {
  const right = acceptOf(key);
  const hash = atob(right);
  const hex = Array.from(hash, byte => byte.charCodeAt(0).toString(16).padStart(2, '0')).join('');
  const mistakes: ReadonlyArray<readonly [accept: string, mistake: string]> = [
    [key, 'it is the key, unchanged'],
    [hex, 'it is the hash in hex, not in base64'],
    [hex.toUpperCase(), 'it is the hash in hex, not in base64'],
    [base64(hex), 'it is the base64 of the hash in hex, not of its 20 bytes'],
    [base64(hex.toUpperCase()), 'it is the base64 of the hash in hex, not of its 20 bytes'],
    [sha1Base64(key), 'it was computed without the GUID'],
    [sha1Base64(GUID + key), 'it was computed with the GUID before the key'],
    [sha1Base64(key + GUID.toLowerCase()), 'it was computed with the GUID in lower case'],
    [sha1Base64(`${key}\r\n${GUID}`), 'it was computed with a line end in the key'],
    [sha1Base64(`${key}\r${GUID}`), 'it was computed with a line end in the key'],
    [sha1Base64(` ${key}${GUID}`), 'it was computed with the space before the key'],
    [sha1Base64(GUID), 'it was computed from an empty key: did the server find the header?'],
    [right.replaceAll('+', '-').replaceAll('/', '_'), 'it is in base64url, not in base64'],
    [right.slice(0, -1), 'the = at its end is missing'],
  ];
  const known = mistakes.find(([accept]) => accept === value);
  if (known !== undefined) return known[1];
  if (value.toLowerCase() === right.toLowerCase()) return 'its upper and lower case was changed';
  return /^[A-Za-z0-9+/]{27}=$/.test(value) ? 'it was computed from another key' : undefined;
}

function base64(text: string): string {
  return toBase64(Uint8Array.from(text, character => character.charCodeAt(0)));
}
