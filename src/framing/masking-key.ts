import { allocateUnpooled, fillRandom } from '#platform';

/**
 * "The masking key needs to be unpredictable; thus, the masking key MUST be derived from a strong source of entropy"
 * (RFC 6455 §5.3, §10.3). Every frame has a new key.
 */

/** Random bytes for 2,048 keys. One call of the random source costs about the same for 4 bytes as for thousands. */
const POOL_SIZE = 8_192;

let pool: Uint8Array<ArrayBuffer> | undefined;
let used = POOL_SIZE;

/** Returns an unpredictable masking key, as a signed 32-bit integer. */
export function randomMaskingKey(): number {
  pool ??= allocateUnpooled(POOL_SIZE);
  if (used === POOL_SIZE) {
    fillRandom(pool);
    used = 0;
  }
  const key = (pool[used]! << 24) | (pool[used + 1]! << 16) | (pool[used + 2]! << 8) | pool[used + 3]!;
  used += 4;
  return key;
}
