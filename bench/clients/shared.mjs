/**
 * What all clients have in common. Each is a process of its own: `client MODE PORT CONNECTIONS IN_FLIGHT SIZE`, with MODE client-echo (a
 * message for each that comes back) or client-receive (only takes them). Once all connections are open it says so in one line of JSON; it
 * ends when its stdin does. Who counts is the other side (../load/counterpart.c).
 */
import process from 'node:process';

const [mode, port, connections, inFlight, size] = process.argv.slice(2);

export const url = `ws://127.0.0.1:${port}/`;

/** What is sent, as bytes. */
export const payload = new Uint8Array(Number(size)).fill(0x61);

export const echoes = mode === 'client-echo';

/**
 * Opens the connections: `open(onMessage)` opens one, calls `onMessage()` for each message that comes, and gives a promise of a
 * function that sends `payload`.
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
