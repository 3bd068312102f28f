/** Short notes on the lines of an opening handshake (RFC 6455 §4). */

import { GUID } from '../handshake/http1/key.js';

/** Returns the status code of a status line, or undefined if `line` is not one. */
export function statusOf(line: string): number | undefined {
  const digits = /^HTTP\/\d\.\d (\d{3})(?: |$)/.exec(line)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

/** Returns the name of a header line in lower case, and its value. */
export function headerOf(line: string): readonly [name: string, value: string] {
  const colon = line.indexOf(':');
  return colon === -1 ? ['', ''] : [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
}

const REQUEST_NOTES: ReadonlyMap<string, string> = new Map([
  ['host', 'the server this is meant for'],
  ['upgrade', 'asks to switch to WebSocket'],
  ['connection', 'Upgrade applies to this hop only'],
  ['sec-websocket-key', '16 random bytes, new every time'],
  ['sec-websocket-version', 'RFC 6455 is version 13'],
  ['sec-websocket-protocol', 'the subprotocols offered'],
  ['sec-websocket-extensions', 'the extensions offered'],
  ['origin', 'the web page that asks'],
]);

const AGREEMENT_NOTES: ReadonlyMap<string, string> = new Map([
  ['upgrade', 'agrees to switch to WebSocket'],
  ['connection', 'Upgrade applies to this hop only'],
  ['sec-websocket-accept', 'computed from Key: see below'],
  ['sec-websocket-protocol', 'the subprotocol chosen'],
  ['sec-websocket-extensions', 'the extensions agreed on'],
]);

const REFUSAL_NOTES: ReadonlyMap<string, string> = new Map([
  ['sec-websocket-version', 'the versions the server speaks'],
  ['upgrade', 'the protocols the server speaks'],
  ['location', 'where to go instead'],
  ['www-authenticate', 'how to authenticate'],
]);

export function requestLineNote(line: string): string {
  return line.startsWith('GET ') ? 'a WebSocket starts as an HTTP GET' : '';
}

export function statusLineNote(status: number | undefined): string {
  if (status === undefined) return 'not HTTP: not a WebSocket server';
  if (status === 101) return 'accepted: frames follow this head';
  if (status < 200) return 'interim: another response follows';
  if (status < 300) return 'plain HTTP, not a WebSocket';
  if (status < 400) return 'redirected: see Location';
  return status < 500 ? 'refused by the server' : 'the server or a proxy failed';
}

export function requestHeaderNote(name: string): string {
  return REQUEST_NOTES.get(name) ?? '';
}

/** Returns the note on a header of a 101. */
export function agreementNote(name: string): string {
  return AGREEMENT_NOTES.get(name) ?? '';
}

/** Returns the note on a header of a response other than 101. */
export function refusalNote(name: string): string {
  return REFUSAL_NOTES.get(name) ?? '';
}

export function responseHeaderNote(name: string, value: string, status: number | undefined): string {
  if (status !== 101) return refusalNote(name);
  // "If … the |Upgrade| header field contains a value that is not an ASCII case-insensitive match for the value
  // "websocket", the client MUST _Fail the WebSocket Connection_", and likewise a |Connection| without the token
  // "Upgrade" (§4.1).
  if (name === 'upgrade' && value.toLowerCase() !== 'websocket') return 'wrong: must be websocket';
  if (name === 'connection' && !/\bupgrade\b/i.test(value)) return 'wrong: must contain Upgrade';
  return agreementNote(name);
}

export interface AcceptProof {
  readonly lines: readonly string[];
  readonly verdict: string;
  readonly isRight: boolean;
}

/**
 * Shows how Sec-WebSocket-Accept is computed from Sec-WebSocket-Key (RFC 6455 §4.2.2), with the values of this
 * handshake.
 *
 * @param accept the value that the server sent, if any
 * @param expected the correct value
 */
export function proveAccept(key: string, accept: string | undefined, expected: string): AcceptProof {
  const isRight = accept === expected;
  const said = accept === undefined ? 'the server sent none' : `the server sent ${accept}`;
  return {
    lines: ['Accept is computed from Key and a fixed GUID (§1.3, §4.2.2):', `base64(SHA-1("${key}" + "${GUID}"))`],
    verdict: isRight ? `= ${expected}: correct` : `= ${expected}, but ${said}: wrong`,
    isRight,
  };
}
