import { setImmediate } from 'node:timers/promises';

/**
 * Waits for a few turns of the event loop. After that, everything that needs no timer has happened, including work that
 * a connection deferred to the next turn.
 */
export async function turns(count = 20): Promise<void> {
  for (let turn = 0; turn < count; turn++) await setImmediate();
}
