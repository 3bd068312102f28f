import { allocateUnpooled, fillRandom } from '#platform';

/**
 * "The masking key needs to be unpredictable; thus, the masking key MUST be derived from a strong source of entropy" (RFC 6455
 * §5.3, §10.3), and every frame takes a fresh one.
 */

/** One call for random bytes costs about the same for 4 bytes as for thousands, so keys are drawn from a pool of 2,048. */
const POOL_SIZE = 8_192;

let pool: Uint8Array<ArrayBuffer> | undefined;
let used = POOL_SIZE;

/** A masking key that nobody can predict, as a signed 32-bit integer. */
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
