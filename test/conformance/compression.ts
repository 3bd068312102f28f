import { constants, deflateRawSync, inflateRawSync } from 'node:zlib';

/** The tester's own permessage-deflate (RFC 7692 §7.2). A context is passed as the bytes of the earlier messages. */

/** "append 4 octets of 0x00 0x00 0xff 0xff to the tail end of the payload" (§7.2.2) */
const TAIL = Buffer.of(0x00, 0x00, 0xff, 0xff);

/**
 * Small output pieces, so that zlib detects references beyond the window. It would accept them within its output
 * buffer.
 */
const OUTPUT_PIECE = 1_024;

/** @param history the earlier messages, if the context is taken over */
export function deflate(message: Uint8Array, windowBits = 15, history: Uint8Array = new Uint8Array()): Buffer {
  const options = { windowBits, finishFlush: constants.Z_SYNC_FLUSH, ...remembered(windowBits, history) };
  const bytes = deflateRawSync(message, options);
  if (!bytes.subarray(-4).equals(TAIL)) throw new Error('zlib did not end with an empty block');
  return bytes.subarray(0, -4);
}

/** @throws {Error} if the payload is not valid DEFLATE, or refers beyond the window */
export function inflate(payload: Uint8Array, windowBits: number, history: Uint8Array): Buffer {
  const options = { windowBits, finishFlush: constants.Z_SYNC_FLUSH, ...remembered(windowBits, history) };
  return inflateRawSync(Buffer.concat([payload, TAIL]), { ...options, chunkSize: OUTPUT_PIECE });
}

function remembered(windowBits: number, history: Uint8Array): { dictionary?: Uint8Array } {
  return history.length === 0 ? {} : { dictionary: history.subarray(-(2 ** windowBits)) };
}
