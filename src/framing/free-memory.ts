/** Freeing less is not worth the call (bench/freeing.ts). */
const WORTH_FREEING = 512;

/** TypeScript declares transfer() from ES2024 on. Node has it from version 21 on. */
type TransferableMemory = ArrayBufferLike & { readonly transfer?: (newLength: number) => unknown };

/**
 * Frees the memory of `bytes` at once, instead of leaving it to the garbage collector. Nothing may use it any more: all
 * views of it have the length 0 afterwards. Does nothing if `bytes` is only a part of its memory.
 *
 * Node allocates 64 KiB for each read from a socket. Reading into memory that was in use a moment ago is faster,
 * because it is still in the processor's cache.
 */
export function freeMemory(bytes: Uint8Array): void {
  if (bytes.length < WORTH_FREEING) return;
  const memory = bytes.buffer as TransferableMemory;
  if (memory.byteLength === bytes.length) memory.transfer?.(0);
}
