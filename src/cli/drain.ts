import type { Writable } from 'node:stream';

/**
 * Returns a function that returns a promise while `stream` is full: it resolves when the stream can take more, or has
 * closed. All who wait share one promise.
 */
export function drainOf(stream: Writable): () => Promise<void> | undefined {
  let draining: Promise<void> | undefined;
  return () => {
    if (!stream.writableNeedDrain || stream.destroyed) return undefined;
    draining ??= new Promise(resolve => {
      const done = () => {
        stream.off('drain', done).off('close', done);
        draining = undefined;
        resolve();
      };
      stream.on('drain', done).on('close', done);
    });
    return draining;
  };
}
