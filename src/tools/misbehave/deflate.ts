/** What peers do wrong with permessage-deflate (RFC 7692). A server agrees to it if the client offered it. */
import { Buffer } from 'node:buffer';
import zlib from 'node:zlib';
import { encodeFrame } from '../../framing/frame-encoder.js';
import { RSV1 } from '../../framing/frame-header.js';
import { OPCODE } from '../../framing/opcode.js';
import type { KindRow, KindRows } from './kind.js';
import type { Peer } from './peer.js';

const { CONTINUATION, TEXT, BINARY, PING } = OPCODE;

const FAIL_1002 = 'fails the connection with 1002';
/** If deflate was not agreed on, RSV1 has no meaning. */
const WITHOUT = '; without an agreement, RSV1 is an error: 1002';
const MIB = 1_048_576;

/** Agrees to permessage-deflate, or offers it, and then sends the frames. */
function compresses(
  section: string,
  does: string,
  expected: string,
  frames: (peer: Peer) => Uint8Array[],
  { by = 'both', parameters = '' }: { readonly by?: KindRow['by']; readonly parameters?: string } = {},
): KindRow {
  return {
    by,
    section: `RFC 7692 ${section}`,
    does,
    expected: `${expected}${WITHOUT}`,
    run: async peer => {
      await peer.handshake(head => {
        const isOffered = peer.side === 'client' || peer.offered('Sec-WebSocket-Extensions').length > 0;
        if (isOffered) head.lines.push(`Sec-WebSocket-Extensions: permessage-deflate${parameters}`);
      });
      const send = async () => {
        await peer.write(Buffer.concat(frames(peer)));
        await peer.conclude();
      };
      await Promise.all([peer.converse(), send()]);
    },
  };
}

/** Compresses a message (§7.2.1): the last 4 bytes, 00 00 FF FF, are left out. */
function deflated(data: Uint8Array, options: zlib.ZlibOptions = {}): Buffer {
  return zlib.deflateRawSync(data, { ...options, finishFlush: zlib.constants.Z_SYNC_FLUSH }).subarray(0, -4);
}

/** Returns DEFLATE data that becomes `mebibytes` MiB of zeros. */
function bomb(mebibytes: number): Buffer {
  const block = zlib.deflateRawSync(Buffer.alloc(MIB), { finishFlush: zlib.constants.Z_SYNC_FLUSH });
  return Buffer.concat([...Array(mebibytes).fill(block), Buffer.of(0)]);
}

export const DEFLATE_KINDS: KindRows = {
  'corrupt-deflate': compresses(
    '§7.2.2',
    'sends a compressed message that is not DEFLATE data',
    'fails the connection with 1007 or 1002',
    ({ side }) => [encodeFrame(side, TEXT, Uint8Array.of(0xff, 0xff, 0xff, 0xff), true, RSV1)],
  ),
  'deflate-bomb': compresses(
    '§8',
    'sends a compressed message of 256 KiB that inflates to 256 MiB',
    'fails the connection with 1009, before it has inflated more than its limit',
    ({ side }) => [encodeFrame(side, BINARY, bomb(256), true, RSV1)],
  ),
  'deflate-bad-utf8': compresses(
    '§7.2.2',
    'sends a compressed text message that is not UTF-8',
    'fails the connection with 1007',
    ({ side }) => [encodeFrame(side, TEXT, deflated(Uint8Array.of(0x68, 0xff)), true, RSV1)],
  ),
  'deflate-distance': compresses(
    '§7.2.2',
    'sends a compressed message that refers to bytes before its beginning',
    'fails the connection with 1007 or 1002',
    // A fixed-Huffman block: the length 3 at the distance 1, and nothing before it.
    ({ side }) => [encodeFrame(side, TEXT, Uint8Array.of(0x02, 0x02, 0x00), true, RSV1)],
  ),
  'rsv1-on-continuation': compresses(
    '§6.1',
    'sets RSV1 on the second fragment of a compressed message',
    FAIL_1002,
    ({ side }) => {
      const data = deflated(Buffer.from('compressed'));
      return [
        encodeFrame(side, TEXT, data.subarray(0, 4), false, RSV1),
        encodeFrame(side, CONTINUATION, data.subarray(4), true, RSV1),
      ];
    },
  ),
  'deflate-context': compresses(
    '§7.1.1.1',
    'agrees to server_no_context_takeover, and then refers to an earlier message',
    'fails the connection with 1007 or 1002, or keeps the context and receives "context" twice',
    ({ side }) => {
      const data = Buffer.from('context');
      return [
        encodeFrame(side, TEXT, deflated(data), true, RSV1),
        encodeFrame(side, TEXT, deflated(data, { dictionary: data }), true, RSV1),
      ];
    },
    { by: 'server', parameters: '; server_no_context_takeover' },
  ),

  // Legal messages that some implementations reject
  'deflate-final-block': compresses(
    '§7.2.3.4',
    'sends a compressed message whose block has BFINAL set, which is legal',
    'receives "final"',
    ({ side }) => [encodeFrame(side, TEXT, Buffer.concat([zlib.deflateRawSync('final'), Buffer.of(0)]), true, RSV1)],
  ),
  'deflate-empty': compresses(
    '§7.2.3.6',
    'sends an empty message, compressed, which is legal',
    'receives ""',
    ({ side }) => [encodeFrame(side, TEXT, Buffer.of(0), true, RSV1)],
  ),
  'deflate-mixed': compresses(
    '§6',
    'sends a message that is not compressed among those that may be, which is legal',
    'receives "plain"',
    ({ side }) => [encodeFrame(side, TEXT, 'plain')],
  ),
  'deflate-fragments': compresses(
    '§6.1',
    'sends a compressed message in fragments of one byte, which is legal',
    'receives "fragments"',
    ({ side }) => {
      const data = [...deflated(Buffer.from('fragments'))].map(byte => Uint8Array.of(byte));
      const isLast = (i: number) => i === data.length - 1;
      return data.map((byte, i) =>
        encodeFrame(side, i === 0 ? TEXT : CONTINUATION, byte, isLast(i), i === 0 ? RSV1 : 0),
      );
    },
  ),
  'compressed-control': compresses('§6.1', 'sends a compressed Ping', FAIL_1002, ({ side }) => [
    encodeFrame(side, PING, deflated(Buffer.from('ping')), true, RSV1),
  ]),
};
