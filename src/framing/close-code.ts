/** Close codes: why a connection ended (RFC 6455 §7.4.1). IANA registered the last three later (§11.7). */
export const CLOSE_CODE = {
  NORMAL_CLOSURE: 1000,
  GOING_AWAY: 1001,
  PROTOCOL_ERROR: 1002,
  UNSUPPORTED_DATA: 1003,
  /** Never on the wire: the Close frame received had no code. */
  NO_STATUS_RECEIVED: 1005,
  /** Never on the wire: no Close frame was received. */
  ABNORMAL_CLOSURE: 1006,
  INVALID_FRAME_PAYLOAD_DATA: 1007,
  POLICY_VIOLATION: 1008,
  MESSAGE_TOO_BIG: 1009,
  MANDATORY_EXTENSION: 1010,
  INTERNAL_ERROR: 1011,
  /** Never on the wire: the TLS handshake failed. */
  TLS_HANDSHAKE: 1015,
  SERVICE_RESTART: 1012,
  TRY_AGAIN_LATER: 1013,
  BAD_GATEWAY: 1014,
} as const;

const NAMES: ReadonlyMap<number, string> = new Map(
  Object.entries(CLOSE_CODE).map(([name, code]) => [code, name.toLowerCase().replaceAll('_', ' ')]),
);

/** Returns the RFC's name of a close code, or the use of its range (§7.4.2). */
export function closeCodeName(code: number): string {
  const name = NAMES.get(code);
  if (name !== undefined) return name;
  if (code >= 3000 && code <= 3999) return 'registered by a library or framework';
  if (code >= 4000 && code <= 4999) return 'private use';
  return 'unassigned';
}

/**
 * Returns whether a Close frame may contain this code.
 *
 * - "Status codes in the range 0-999 are not used." 1000-2999 belong to the protocol, so only assigned codes pass.
 *   3000-3999 are registered with IANA. 4000-4999 are for private use (§7.4.2).
 * - 1005, 1006 and 1015 "MUST NOT be set as a status code in a Close control frame by an endpoint" (§7.4.1). 1004 is
 *   reserved.
 */
export function isCloseCodeOnWire(code: number): boolean {
  if (code >= 3000) return code <= 4999 && Number.isInteger(code);
  return NAMES.has(code) && code !== 1005 && code !== 1006 && code !== 1015;
}
