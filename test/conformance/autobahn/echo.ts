import type { WebSocketConnection } from '../../../src/index.js';

/** Sends every message back, no faster than the peer reads. */
export function echo(connection: WebSocketConnection): void {
  connection.on('message', message => {
    if (!connection.send(message)) void pauseUntilDrained(connection);
  });
}

async function pauseUntilDrained(connection: WebSocketConnection): Promise<void> {
  connection.pause();
  await connection.drained();
  connection.resume();
}
