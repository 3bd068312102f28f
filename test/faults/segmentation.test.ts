/** However TCP segments the bytes, the same events happen in the same order, and the same bytes are sent back. */
import { describe, expect, test } from 'vitest';
import type { Role } from '../../src/protocol/options.js';
import { concat, hex, segmentations } from '../helpers/bytes.js';
import { connectionAndPeer } from '../helpers/connections.js';
import { FRAMES } from '../helpers/frames.js';

/** Returns what a connection emits and sends when these pieces arrive, each in its own turn of the event loop. */
async function trace(role: Role, pieces: readonly Uint8Array[]): Promise<string[]> {
  const { connection, peer } = connectionAndPeer(role, { maxMessageSize: 1_000 });
  const events: string[] = [];
  connection.on('message', data => events.push(`message ${typeof data} ${data.toString('latin1')}`));
  connection.on('ping', payload => events.push(`ping ${payload}`));
  connection.on('pong', payload => events.push(`pong ${payload}`));
  connection.on('close', ({ code, reason, wasClean, initiator, sent, cause }) => {
    events.push(`close ${code} ${reason} ${wasClean} ${initiator} ${sent?.code} ${cause?.message}`);
  });
  for (const piece of pieces) {
    peer.send(piece);
    await new Promise(setImmediate);
  }
  peer.socket.end();
  await connection.closed;
  return [...events, ...peer.seen];
}

describe.each(['client', 'server'] as const)('a %s', role => {
  const frames = FRAMES[role === 'client' ? 'server' : 'client'];
  const talk = concat(
    frames.text('grüezi €'),
    frames.binary(Buffer.alloc(130, 7)),
    frames.text('in ', false),
    frames.ping('between'),
    frames.continuation('', false),
    frames.continuation('pieces'),
    frames.pong('unsolicited'),
  );

  test.each<[what: string, end: Uint8Array]>([
    ['a closing handshake', frames.close(1000, 'done')],
    ['a FIN', new Uint8Array(0)],
    ['a reserved bit', frames.illegal()],
    ['a message above the limit', frames.binary(Buffer.alloc(1_001))],
    ['text that is not UTF-8', role === 'client' ? hex('81 02 c3 28') : hex('81 82 00000000 c3 28')],
    ['half a frame', frames.text('not all of this').subarray(0, 9)],
  ])('behaves the same in every segmentation of some messages and %s', async (_, end) => {
    const bytes = concat(talk, end);
    const expected = await trace(role, [bytes]);
    expect(expected.filter(event => event.startsWith('message'))).toHaveLength(3);
    for (const pieces of segmentations(bytes)) expect(await trace(role, pieces)).toEqual(expected);
  });
});
