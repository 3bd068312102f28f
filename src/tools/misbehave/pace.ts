/** Peers that answer no Pings, stop, or are slow (RFC 6455 §5.5.2, §7.1.1, §10.4). */
import { encodeFrame } from '../../framing/frame-encoder.js';
import { OPCODE } from '../../framing/opcode.js';
import type { KindRows } from './kind.js';
import type { Peer } from './peer.js';

const LOST = 'notices it by a Ping without an answer, and reports 1006';

/** Opens, and sends the beginning of a text frame. */
async function sendPart(peer: Peer): Promise<void> {
  await peer.handshake();
  await peer.write(encodeFrame(peer.side, OPCODE.TEXT, 'x'.repeat(100)).subarray(0, 50));
}

export const PACE_KINDS: KindRows = {
  'no-pong': {
    by: 'both',
    section: '§5.5.2',
    does: 'does not answer Pings',
    expected: LOST,
    run: peer => peer.behave({ ping: () => {} }),
  },
  'wrong-pong': {
    by: 'both',
    section: '§5.5.3',
    does: 'answers Pings with another payload',
    expected: 'does not take it for the answer to its Ping. As a sign of life, it may count',
    run: peer => peer.behave({ ping: () => peer.post(encodeFrame(peer.side, OPCODE.PONG, 'another')) }),
  },
  'cut-mid-frame': {
    by: 'both',
    section: '§7.1.1',
    does: 'ends TCP in the middle of a frame',
    expected: 'reports 1006, and delivers nothing',
    run: async peer => {
      await sendPart(peer);
      peer.end();
      await peer.converse();
    },
  },
  'stall-mid-frame': {
    by: 'both',
    section: '§7.1.1',
    does: 'stops in the middle of a frame, and stays connected',
    expected: LOST,
    run: async peer => {
      await sendPart(peer);
      await peer.drain();
    },
  },
  'half-open': {
    by: 'both',
    section: '§7.1.1',
    does: 'opens, and then answers nothing and sends nothing, as a host that has gone',
    expected: LOST,
    run: async peer => {
      await peer.handshake();
      await peer.drain();
    },
  },
  'never-read': {
    by: 'both',
    section: '§10.4',
    does: 'opens, and then reads nothing, so that TCP fills up',
    expected: 'buffers a limited amount, tells its application, and gives up',
    run: async peer => {
      await peer.handshake();
      await peer.idle();
    },
  },
  'slow-byte': {
    by: 'both',
    section: '§5.4',
    does: 'sends everything byte by byte, each 10 ms (`delay`) after the last one, which is legal',
    expected: 'opens, converses and closes as with any other peer',
    run: async peer => {
      peer.slowDown(peer.options.delay ?? 10);
      await peer.behave();
    },
  },
};
