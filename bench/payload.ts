/** Creates the compressed payload. The load generator has no zlib. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { constants, deflateRawSync } from 'node:zlib';

const folder = join(import.meta.dirname, '.cache');

/** Returns `size` bytes of JSON as servers send it. */
function json(size: number): string {
  const places = ['Paris', 'Tokyo', 'London', 'Lima', 'Cairo'];
  let text = '[';
  for (let i = 1; text.length < size; i++) {
    // Multiplied by a large number, because values that count up compress better than real ones.
    const value = (i * 2_654_435_761) % 1_000_000;
    text += JSON.stringify({ id: value, place: places[value % 5], price: value / 100, filled: value % 3 === 0 });
    text += ',';
  }
  return `${text.slice(0, size - 1)}]`;
}

/**
 * Writes a message of `size` bytes, compressed as permessage-deflate requires (RFC 7692 §7.2.1), and returns the file's
 * path.
 */
export function deflatedPayload(size: number): string {
  const deflated = deflateRawSync(json(size), { finishFlush: constants.Z_SYNC_FLUSH });
  const file = join(folder, `deflated-${size}`);
  mkdirSync(folder, { recursive: true });
  // "Remove 4 octets (that are 0x00 0x00 0xff 0xff) from the tail end."
  writeFileSync(file, deflated.subarray(0, -4));
  return file;
}
