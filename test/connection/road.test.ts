import { expect, test } from 'vitest';
import { connectionAndPeer } from '../helpers/connections.js';

/**
 * Returns the functions of ws101 that are on the call stack of the caller. Functions that have returned are not
 * counted, and neither are those of Node.
 */
function ownCalls(): string[] {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 100;
  const { stack = '' } = new Error('here');
  Error.stackTraceLimit = stackTraceLimit;
  return stack.split('\n').filter(line => /\/src\/\w/.test(line));
}

test('a message of 16 bytes is delivered by at most 12 nested calls', async () => {
  const { connection, peer } = connectionAndPeer();
  const calls = new Promise<string[]>(resolve => {
    connection.on('message', () => resolve(ownCalls()));
  });
  peer.send(peer.frames.text('0123456789abcdef'));
  const names = await calls;
  expect(names[0]).toContain('emitTo');
  expect(names.at(-1)).toContain('onData');
  expect(names.length, names.join('\n')).toBeLessThanOrEqual(12);
  connection.terminate();
  await connection.closed;
});
