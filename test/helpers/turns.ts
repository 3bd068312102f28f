import { setImmediate } from 'node:timers/promises';

/**
 * Lets the event loop turn a few times: time for all that can happen without a timer to have happened, also where a connection
 * leaves some of its work to the next turn.
 */
export async function turns(count = 20): Promise<void> {
  for (let turn = 0; turn < count; turn++) await setImmediate();
}
