/** After so long the input stays as it is. */
const MOST_SECONDS = 20;

/** What a byte becomes where nothing else keeps it as it is. */
const DULL = [0x00, 0x61] as const;

/** A shorter and plainer input that still `fails`: ranges are taken out, ever smaller ones, then bytes made dull. */
export async function minimised(
  input: Uint8Array,
  fails: (candidate: Uint8Array) => Promise<boolean>,
): Promise<Uint8Array> {
  let best = input;
  const end = performance.now() + MOST_SECONDS * 1000;
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
    for (const dull of DULL) {
      if (best[at] !== dull && (await improve(best.with(at, dull)))) break;
    }
  }
  return best;
}
