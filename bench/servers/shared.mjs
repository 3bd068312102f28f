/**
 * What all servers have in common. Each is a process of its own: `server MODE`, with MODE echo, deflate (echo that agrees to
 * permessage-deflate, without context takeover) or broadcast (each message goes to all who are connected, its sender too). It says
 * its port in one line of JSON, and ends when its stdin does, so none is left behind. The line `gc` collects garbage, where that can be asked for, and
 * is answered with the bytes of heap in use.
 */
import process from 'node:process';

/** What this server is to do. */
export const mode = process.argv[2] ?? 'echo';

/** The server listens at `port`. */
export function ready(port) {
  console.log(JSON.stringify({ port }));
  process.stdin.on('data', () => {
    globalThis.gc?.();
    globalThis.Bun?.gc(true);
    console.log(JSON.stringify({ collected: true, heapUsed: process.memoryUsage().heapUsed }));
  });
  process.stdin.on('end', () => process.exit());
}
