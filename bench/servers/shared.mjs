/**
 * Shared code of the servers. Each is a process: `server MODE`. MODE is echo, deflate (echo with permessage-deflate,
 * without context takeover) or broadcast (each message goes to every connection, including its sender). It prints its
 * port in a line of JSON. It ends when its stdin ends, so that none is left behind. On the line `gc` it collects
 * garbage, if possible, and prints the heap in use.
 */
import process from 'node:process';

/** The mode of this server. */
export const mode = process.argv[2] ?? 'echo';

/** Reports that the server listens on `port`. */
export function ready(port) {
  console.log(JSON.stringify({ port }));
  process.stdin.on('data', () => {
    globalThis.gc?.();
    globalThis.Bun?.gc(true);
    console.log(JSON.stringify({ collected: true, heapUsed: process.memoryUsage().heapUsed }));
  });
  process.stdin.on('end', () => process.exit());
}
