/**
 * Shared code of the clients. Each is a process: `client MODE PORT CONNECTIONS IN_FLIGHT SIZE`. MODE is client-echo
 * (answers each message with one) or client-receive (only receives). When all connections are open, it prints a line of
 * JSON. It ends when its stdin ends. The peer counts the messages (../load/counterpart.c).
 */
import process from 'node:process';

const [mode, port, connections, inFlight, size] = process.argv.slice(2);

export const url = `ws://127.0.0.1:${port}/`;

/** The payload to send. */
export const payload = new Uint8Array(Number(size)).fill(0x61);

export const echoes = mode === 'client-echo';

/**
 * Opens the connections. `open(onMessage)` must open one, call `onMessage()` for each message, and return a promise of
 * a function that sends `payload`.
 */
export async function play(open) {
  process.stdin.on('end', () => process.exit());
  process.stdin.resume();
  const all = [];
  for (let i = 0; i < Number(connections); i++) {
    let send = () => {};
    const onMessage = echoes ? () => send() : () => {};
    send = await open(onMessage);
    all.push(send);
  }
  console.log(JSON.stringify({ open: all.length }));
  if (!echoes) return;
  for (const send of all) for (let i = 0; i < Number(inFlight); i++) send();
}
