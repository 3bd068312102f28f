/** How long to minimise an input. */
const MAX_SECONDS = 20;

/** Bytes that replace others if the input still fails. */
const PLAIN = [0x00, 0x61] as const;

/** Returns a shorter and plainer input that still `fails`. Removes ever smaller ranges, then replaces bytes. */
export async function minimised(
  input: Uint8Array,
  fails: (candidate: Uint8Array) => Promise<boolean>,
): Promise<Uint8Array> {
  let best = input;
  const end = performance.now() + MAX_SECONDS * 1000;
  const improve = async (candidate: Uint8Array): Promise<boolean> => {
    if (performance.now() > end || !(await fails(candidate))) return false;
    best = candidate;
    return true;
  };
  for (let size = best.length >> 1; size >= 1; size >>= 1) {
    for (let at = 0; at < best.length; ) {
      const isShorter = await improve(Uint8Array.from([...best.subarray(0, at), ...best.subarray(at + size)]));
      if (!isShorter) at += size;
    }
  }
  for (let at = 0; at < best.length; at++) {
    for (const plain of PLAIN) {
      if (best[at] !== plain && (await improve(best.with(at, plain)))) break;
    }
  }
  return best;
}
