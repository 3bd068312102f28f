import { expect, test } from 'vitest';
import { connectionAndPeer } from '../helpers/connections.js';

/** The calls of ws101 on the stack, from the socket's `data` event to the listener. */
function ownCalls(): string[] {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 100;
  const { stack = '' } = new Error('here');
  Error.stackTraceLimit = stackTraceLimit;
  return stack.split('\n').filter(line => /\/src\/\w/.test(line));
}

test('a message of 16 bytes passes at most 14 functions from the socket to the listener', async () => {
  const { connection, peer } = connectionAndPeer();
  const calls = new Promise<string[]>(resolve => {
    connection.on('message', () => resolve(ownCalls()));
  });
  peer.send(peer.frames.text('0123456789abcdef'));
  const names = await calls;
  expect(names[0]).toContain('emitTo');
  expect(names.at(-1)).toContain('onData');
  expect(names.length, names.join('\n')).toBeLessThanOrEqual(14);
  connection.terminate();
  await connection.closed;
});
