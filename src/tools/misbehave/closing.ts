/** What peers do wrong in the closing handshake, or instead of it (RFC 6455 §5.5.1, §7). */
import { Buffer } from 'node:buffer';
import { encodeClosePayload } from '../../framing/close-payload.js';
import { encodeFrame } from '../../framing/frame-encoder.js';
import { OPCODE } from '../../framing/opcode.js';
import { closeFrame } from './frame-bytes.js';
import type { KindRows } from './kind.js';
import type { Peer } from './peer.js';

const { TEXT, CLOSE } = OPCODE;
const FAIL_1002 = 'fails the connection with 1002';
const REPORT_1006 = 'reports 1006: no Close frame came';
const TIME_OUT = 'ends TCP itself after a timeout';

/** Sends these frames, one of which closes. A server ends TCP after the answer. */
async function closeWith(peer: Peer, ...frames: Uint8Array[]): Promise<void> {
  await peer.handshake();
  await peer.write(Buffer.concat(frames));
  await peer.converse({ close: () => peer.side === 'server' && peer.end() });
}

export const CLOSING_KINDS: KindRows = {
  'close-at-once': {
    by: 'both',
    section: '§7.1.2',
    does: 'closes at once, without a code unless `code` (and `reason`) say one',
    expected: 'answers the Close frame and reports its code, or 1005',
    check: ({ code, reason }) => void encodeClosePayload(code, reason),
    run: peer => {
      const { code, reason } = peer.options;
      return closeWith(peer, encodeFrame(peer.side, CLOSE, encodeClosePayload(code, reason)));
    },
  },
  'no-close-frame': {
    by: 'both',
    section: '§7.1.1',
    does: 'ends TCP at once, without a Close frame',
    expected: `ends TCP too, and ${REPORT_1006}`,
    run: async peer => {
      await peer.handshake();
      peer.end();
      await peer.converse();
    },
  },
  reset: {
    by: 'both',
    section: '§7.1.1',
    does: 'resets TCP at once',
    expected: REPORT_1006,
    run: async peer => {
      await peer.handshake();
      peer.reset();
    },
  },
  'no-close': {
    by: 'both',
    section: '§5.5.1',
    does: 'ignores the Close frame and stays connected',
    expected: `${TIME_OUT}, and reports 1006`,
    run: peer => peer.behave({ close: () => {} }),
  },
  'no-fin': {
    by: 'both',
    section: '§7.1.1',
    does: 'answers the Close frame and then never ends TCP',
    expected: `reports the clean close, and ${TIME_OUT}`,
    run: peer => peer.behave({ close: ({ payload }) => peer.post(encodeFrame(peer.side, CLOSE, payload)) }),
  },
  'other-code': {
    by: 'both',
    section: '§5.5.1',
    does: 'answers the Close frame with the code 4999, which is legal',
    expected: 'ends cleanly',
    run: peer =>
      peer.behave({
        close: () => {
          peer.post(closeFrame(peer.side, 4999));
          if (peer.side === 'server') peer.end();
        },
      }),
  },
  'data-instead-of-close': {
    by: 'both',
    section: '§5.5.1',
    does: 'answers the Close frame with a message, and then with a Close frame, which is legal',
    expected: 'ignores or delivers the message, and ends cleanly',
    run: peer =>
      peer.behave({
        close: ({ payload }) => {
          peer.post(Buffer.concat([encodeFrame(peer.side, TEXT, 'late'), encodeFrame(peer.side, CLOSE, payload)]));
          if (peer.side === 'server') peer.end();
        },
      }),
  },
  'close-late': {
    by: 'both',
    section: '§7.1.2',
    does: 'answers the Close frame after 5 seconds (`delay`)',
    expected: 'ends cleanly, or ends TCP itself after its own timeout',
    run: peer =>
      peer.behave({
        close: ({ payload }) => {
          const answer = async () => {
            await peer.wait(peer.options.delay ?? 5_000);
            peer.post(encodeFrame(peer.side, CLOSE, payload));
            if (peer.side === 'server') peer.end();
          };
          answer().catch(() => {});
        },
      }),
  },
  'close-inside-message': {
    by: 'both',
    section: '§5.4',
    does: 'closes after the first fragment of a message, which is legal',
    expected: 'delivers nothing, and ends cleanly',
    run: peer => closeWith(peer, encodeFrame(peer.side, TEXT, 'begun', false), closeFrame(peer.side, 1000)),
  },
  'close-code-reserved': {
    by: 'both',
    section: '§7.4.1',
    does: 'closes with 1005, which must not be sent, or with another `code`',
    expected: FAIL_1002,
    run: peer => closeWith(peer, closeFrame(peer.side, peer.options.code ?? 1005)),
  },
  'close-one-byte': {
    by: 'both',
    section: '§5.5.1',
    does: 'closes with one byte, which is half a code',
    expected: FAIL_1002,
    run: peer => closeWith(peer, encodeFrame(peer.side, CLOSE, Uint8Array.of(0x03))),
  },
  'bad-utf8-close': {
    by: 'both',
    section: '§5.5.1',
    does: 'closes with a reason that is not UTF-8',
    expected: 'fails the connection with 1007',
    run: peer => closeWith(peer, closeFrame(peer.side, 1000, Uint8Array.of(0x62, 0x79, 0x65, 0xff))),
  },
  'data-after-close': {
    by: 'both',
    section: '§5.5.1',
    does: 'sends a message after its Close frame',
    expected: 'ignores the message, and ends cleanly',
    run: peer => closeWith(peer, closeFrame(peer.side, 1000), encodeFrame(peer.side, TEXT, 'too late')),
  },
  'close-twice': {
    by: 'both',
    section: '§5.5.1',
    does: 'sends two Close frames, with 1000 and 4999',
    expected: 'reports 1000, and ends cleanly',
    run: peer => closeWith(peer, closeFrame(peer.side, 1000), closeFrame(peer.side, 4999)),
  },
};
