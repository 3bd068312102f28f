/** Kinds that send frames, illegal ones and rare ones (RFC 6455 §5, §8.1). */
import { Buffer } from 'node:buffer';
import { encodeFrame } from '../../framing/frame-encoder.js';
import { FIN_BIT, RSV1, RSV2, RSV3 } from '../../framing/frame-header.js';
import { OPCODE } from '../../framing/opcode.js';
import type { Side } from '../../wire/index.js';
import { frameOfLength, frameWith } from './frame-bytes.js';
import type { KindRow, KindRows } from './kind.js';
import type { Peer, ReceivedFrame } from './peer.js';

const { CONTINUATION, TEXT, BINARY, PING, PONG } = OPCODE;

const FAIL_1002 = 'fails the connection with 1002';
const FAIL_1007 = 'fails the connection with 1007';
const FAIL_1009 = 'fails the connection with 1009, before it has buffered more than its limit';

/** A lone byte that no UTF-8 text has. */
const NOT_UTF8 = Uint8Array.of(0x68, 0x69, 0xff);
/** The euro sign. */
const EURO = Buffer.from('€');

/** A row for either side: after the opening handshake, it sends these bytes and then behaves. A client then closes. */
function sends(section: string, does: string, expected: string, bytes: (side: Side) => Uint8Array[]): KindRow {
  return { by: 'both', section, does, expected, run: peer => send(peer, bytes(peer.side)) };
}

async function send(peer: Peer, bytes: Uint8Array[]): Promise<void> {
  await peer.handshake();
  await peer.write(Buffer.concat(bytes));
  await peer.conclude();
  await peer.converse();
}

/** Sends the same bytes again and again, and behaves meanwhile. */
async function flood(peer: Peer, start: Uint8Array, repeated: Uint8Array, count: number, end: Uint8Array) {
  await peer.handshake();
  // An echo would interrupt the message of which the flood is a part.
  const held: ReceivedFrame[] = [];
  let isFlooding = true;
  const data = (frame: ReceivedFrame) => void (isFlooding ? held.push(frame) : peer.echo(frame));
  const writing = async () => {
    await peer.write(start);
    // One write carries many frames, or the flood would be slow.
    const perWrite = Math.max(1, Math.floor(65_536 / repeated.length));
    const many = Buffer.concat(Array(perWrite).fill(repeated));
    for (let left = count; left > 0; left -= perWrite) {
      await peer.write(left >= perWrite ? many : many.subarray(0, left * repeated.length));
    }
    await peer.write(end);
    isFlooding = false;
    for (const frame of held) peer.echo(frame);
    await peer.conclude();
  };
  await Promise.all([peer.converse({ data }), writing()]);
}

const NOTHING = new Uint8Array(0);

export const FRAME_KINDS: KindRows = {
  masked: {
    by: 'server',
    section: '§5.1',
    does: 'masks a frame',
    expected: FAIL_1002,
    run: peer => send(peer, [encodeFrame('client', TEXT, 'masked')]),
  },
  unmasked: {
    by: 'client',
    section: '§5.1',
    does: 'does not mask a frame',
    expected: FAIL_1002,
    run: peer => send(peer, [encodeFrame('server', TEXT, 'unmasked')]),
  },
  'masked-control': {
    by: 'server',
    section: '§5.1',
    does: 'masks a Ping',
    expected: FAIL_1002,
    run: peer => send(peer, [encodeFrame('client', PING, 'masked')]),
  },
  'unmasked-control': {
    by: 'client',
    section: '§5.1',
    does: 'does not mask a Ping',
    expected: FAIL_1002,
    run: peer => send(peer, [encodeFrame('server', PING, 'unmasked')]),
  },
  rsv1: sends('§5.2', 'sets RSV1, which no extension has assigned', FAIL_1002, side => [
    encodeFrame(side, TEXT, 'rsv1', true, RSV1),
  ]),
  rsv2: sends('§5.2', 'sets RSV2, which no extension has assigned', FAIL_1002, side => [
    encodeFrame(side, TEXT, 'rsv2', true, RSV2),
  ]),
  rsv3: sends('§5.2', 'sets RSV3, which no extension has assigned', FAIL_1002, side => [
    encodeFrame(side, TEXT, 'rsv3', true, RSV3),
  ]),
  'reserved-opcode': sends('§5.2', 'sends a data frame with the reserved opcode 0x3', FAIL_1002, side => [
    frameWith(side, FIN_BIT | 0x3, 'reserved'),
  ]),
  'reserved-control-opcode': sends('§5.2', 'sends a control frame with the reserved opcode 0xB', FAIL_1002, side => [
    frameWith(side, FIN_BIT | 0xb, 'reserved'),
  ]),
  'non-minimal-length': sends('§5.2', 'encodes the length 5 in 16 bits', FAIL_1002, side => [
    frameOfLength(side, 16, 5n, 'hello'),
  ]),
  'non-minimal-length-64': sends('§5.2', 'encodes the length 5 in 64 bits', FAIL_1002, side => [
    frameOfLength(side, 64, 5n, 'hello'),
  ]),
  'length-sign-bit': sends('§5.2', 'sets the highest bit of a 64-bit length', FAIL_1002, side => [
    frameOfLength(side, 64, 2n ** 63n + 5n, 'hello'),
  ]),
  'huge-length': sends(
    '§10.4',
    'announces a frame of 2^62 bytes and sends 5',
    'fails the connection with 1009, and allocates nothing for the announcement',
    side => [frameOfLength(side, 64, 2n ** 62n, 'hello')],
  ),
  'oversized-control': sends('§5.5', 'sends a Ping of 126 bytes', FAIL_1002, side => [
    frameWith(side, FIN_BIT | PING, 'x'.repeat(126)),
  ]),
  'fragmented-control': sends('§5.5', 'sends a Ping in two fragments', FAIL_1002, side => [
    frameWith(side, PING, 'fragment'),
    encodeFrame(side, CONTINUATION, 'ed'),
  ]),
  'orphan-continuation': sends('§5.4', 'sends a continuation frame outside of a message', FAIL_1002, side => [
    encodeFrame(side, CONTINUATION, 'orphan'),
  ]),
  'interleaved-message': sends('§5.4', 'begins a second message inside a fragmented one', FAIL_1002, side => [
    encodeFrame(side, TEXT, 'first', false),
    encodeFrame(side, TEXT, 'second'),
  ]),
  'bad-utf8': sends('§8.1', 'sends a text message with a byte that no UTF-8 has', FAIL_1007, side => [
    encodeFrame(side, TEXT, NOT_UTF8),
  ]),
  'surrogate-utf8': sends('§8.1', 'sends a text message with an encoded surrogate (ED A0 80)', FAIL_1007, side => [
    encodeFrame(side, TEXT, Uint8Array.of(0xed, 0xa0, 0x80)),
  ]),
  'overlong-utf8': sends('§8.1', 'sends a text message with an overlong slash (C0 AF)', FAIL_1007, side => [
    encodeFrame(side, TEXT, Uint8Array.of(0xc0, 0xaf)),
  ]),
  'truncated-utf8': sends('§8.1', 'ends a text message inside a character, in its last fragment', FAIL_1007, side => [
    encodeFrame(side, TEXT, 'euro ', false),
    encodeFrame(side, CONTINUATION, EURO.subarray(0, 2)),
  ]),
  'rsv1-on-control': sends('§5.2', 'sets RSV1 on a Ping, which no extension does', FAIL_1002, side => [
    encodeFrame(side, PING, '', true, RSV1),
  ]),
  'http-after-101': sends(
    '§5.2',
    'sends an HTTP response instead of frames, as a failing proxy does',
    FAIL_1002,
    () => [Buffer.from(`HTTP/1.1 502 Bad Gateway\r\nContent-Length: 200\r\n\r\n${'x'.repeat(200)}`)],
  ),

  // Legal frames that some implementations reject or lose
  'split-character': sends('§5.4', 'sends a character in two fragments, which is legal', 'receives €', side => [
    encodeFrame(side, TEXT, EURO.subarray(0, 2), false),
    encodeFrame(side, CONTINUATION, EURO.subarray(2)),
  ]),
  'control-between-fragments': sends(
    '§5.4',
    'sends a Ping between two fragments, which is legal',
    'answers the Ping before the message is complete, and receives "together"',
    side => [
      encodeFrame(side, TEXT, 'to', false),
      encodeFrame(side, PING, 'between'),
      encodeFrame(side, CONTINUATION, 'gether'),
    ],
  ),
  'byte-order-mark': sends(
    '§8.1',
    'sends a text that begins with U+FEFF, which is legal',
    'receives it with the U+FEFF, which is part of the text',
    side => [encodeFrame(side, TEXT, '\ufeffmarked')],
  ),
  'empty-fragments': sends(
    '§5.4',
    'sends a message in fragments of which most are empty, which is legal',
    'receives "whole"',
    side => [
      encodeFrame(side, TEXT, '', false),
      encodeFrame(side, CONTINUATION, 'whole', false),
      encodeFrame(side, CONTINUATION, '', false),
      encodeFrame(side, CONTINUATION, ''),
    ],
  ),
  'empty-messages': sends(
    '§5.6',
    'sends an empty text and an empty binary message, which is legal',
    'receives both',
    side => [encodeFrame(side, TEXT, ''), encodeFrame(side, BINARY, '')],
  ),
  'largest-control': sends(
    '§5.5',
    'sends a Ping of 125 bytes, the most that is legal',
    'answers with the same 125 bytes',
    side => [encodeFrame(side, PING, 'x'.repeat(125))],
  ),
  'unsolicited-pong': sends('§5.5.3', 'sends a Pong without a Ping, which is legal', 'ignores it', side => [
    encodeFrame(side, PONG, 'unsolicited'),
  ]),

  // Floods
  'fragment-flood': {
    by: 'both',
    section: '§10.4',
    does: 'sends one message as 1,000,000 empty fragments (`count`)',
    expected: 'limits the number of fragments, or spends constant memory on them',
    run: peer => fragments(peer, NOTHING, 1_000_000),
  },
  'endless-message': {
    by: 'both',
    section: '§10.4',
    does: 'sends one message as 4,096 fragments of 64 KiB, 256 MiB in all (`count`)',
    expected: FAIL_1009,
    run: peer => fragments(peer, new Uint8Array(65_536), 4_096),
  },
  'message-flood': {
    by: 'both',
    section: '§10.4',
    does: 'sends 1,000,000 small messages without a pause (`count`)',
    expected: 'receives all of them, and stops reading while its application is slower',
    run: peer => flood(peer, NOTHING, encodeFrame(peer.side, TEXT, 'flood'), peer.options.count ?? 1_000_000, NOTHING),
  },
  'ping-flood': {
    by: 'both',
    section: '§5.5.2',
    does: 'sends 100,000 Pings without a pause (`count`)',
    expected: 'answers each, or the latest of those that wait (§5.5.3), in constant memory',
    run: peer => flood(peer, NOTHING, encodeFrame(peer.side, PING, 'flood'), peer.options.count ?? 100_000, NOTHING),
  },
};

/** Sends one message in many equal fragments. */
function fragments(peer: Peer, payload: Uint8Array, count: number): Promise<void> {
  const { side } = peer;
  const repeated = encodeFrame(side, CONTINUATION, payload, false);
  const end = encodeFrame(side, CONTINUATION, '');
  return flood(peer, encodeFrame(side, BINARY, '', false), repeated, peer.options.count ?? count, end);
}
