/** The server, or the client of a capture, sends what is no frame, or a frame that breaks a rule. */
import { FrameDecoder } from '../../framing/frame-decoder.js';
import { type FrameHeader, RSV_BITS, RSV1 } from '../../framing/frame-header.js';
import { type Diagnosis, problem } from './diagnosis.js';
import { headersOf, opensWith } from './evidence.js';
import type { Facts, ViolationFacts } from './facts.js';
import { latin1 } from './other-protocols.js';

const TWO_101 =
  'the HTTP server has two upgrade handlers, and both answer: the second 101 arrives where the first frame belongs';

export function violation(facts: Facts): Diagnosis | undefined {
  const found = facts.session?.violation;
  if (found === undefined) return undefined;
  const start = latin1(found.start);
  const section = found.section.startsWith('§') ? `RFC 6455 ${found.section}` : found.section;
  if (found.from === 'client') {
    return problem(
      `violation-${found.code.toLowerCase().replaceAll('_', '-')}`,
      `the client breaks the protocol: ${found.message}`,
      'Correct the client: the server must fail such a connection.',
      { section },
    );
  }
  if (/^HTTP\/1\.\d 101/.test(start)) {
    return problem(
      'two-101s',
      TWO_101,
      'Leave each path to one handler. With `ws`, use noServer and one upgrade listener; do not attach two servers to one HTTP server.',
      { section: 'RFC 6455 §4.2.2' },
    );
  }
  if (/^HTTP\/1\.\d \d{3}/.test(start)) {
    return problem(
      'response-after-101',
      `after its 101, the server also sends an HTTP response ("${start.split('\r\n')[0]}")`,
      'Two handlers answer the same request: a second upgrade listener, or a framework that writes its own response. Leave it to one.',
      { section: 'RFC 6455 §4.2.2' },
    );
  }
  if (
    /^[0-9a-f]{1,8}(;[^\r]*)?\r\n/i.test(start) ||
    /chunked/i.test(headersOf(facts.response).get('Transfer-Encoding') ?? '')
  ) {
    return problem(
      'chunked-101',
      'the frames of the server arrive in the chunked coding of HTTP: the server, or a proxy, treats the 101 as a response with a body',
      'The handler must write to the socket of the upgrade, not to the HTTP response. Remove Transfer-Encoding from the 101.',
      { section: 'RFC 9112 §6.1' },
    );
  }
  if (/^[\r\n]/.test(start)) {
    return problem(
      'text-after-101',
      'after the empty line that ends its 101, the server sends another line end',
      'Remove it: the first frame follows the empty line at once.',
      { section: 'RFC 6455 §5.2' },
    );
  }
  if (/^\s*<|^[\x20-\x7e\r\n\t]{12}/.test(start)) {
    return problem(
      'text-after-101',
      `after its 101, the server sends text that is not in frames: "${start.slice(0, 40).replace(/[^\x20-\x7e]/g, '.')}"`,
      'The program writes to the socket directly, or an error page follows the 101: each message must be in a frame.',
      { section: 'RFC 6455 §5.2' },
    );
  }
  const [cause, advice] = impossibleLength(found) ??
    wrongFormat(found) ??
    withoutRsv1(facts) ??
    VIOLATIONS[found.code] ?? [found.message, 'Correct the server.'];
  const opens = opensWith(facts, 'no-deflate') === undefined ? '' : ' Without compression, the connection works.';
  return problem(
    `violation-${found.code.toLowerCase().replaceAll('_', '-')}`,
    `the server breaks the protocol: ${cause}`,
    advice + opens,
    { section },
  );
}

type Row = readonly [cause: string, advice: string];

/** No program sends a frame of this size. */
const IMPOSSIBLE = 2 ** 32;

/** A length in which the bytes have the wrong order, or are no length. */
function impossibleLength({ code, start }: ViolationFacts): Row | undefined {
  if (code !== 'MESSAGE_TOO_BIG' && code !== 'LENGTH_SIGN_BIT') return undefined;
  const frame = framesIn(start).find(({ header }) => header.payloadLength >= IMPOSSIBLE);
  if (frame === undefined) return undefined;
  const view = new DataView(start.buffer, start.byteOffset);
  const at = frame.header.offset + 2;
  const reversed = view.getBigUint64(at, true);
  return [
    `a frame announces ${view.getBigUint64(at)} bytes`,
    reversed < IMPOSSIBLE
      ? `Write the 8 bytes of the length with the most significant first: in the reverse order they mean ${reversed}.`
      : 'This cannot be the length of its payload: correct the program that writes the header.',
  ];
}

/** zlib has ready functions for the formats that RFC 7692 does not use. */
function wrongFormat({ code, start }: ViolationFacts): Row | undefined {
  if (code !== 'INVALID_COMPRESSED_DATA') return undefined;
  const frame = framesIn(start).find(({ header }) => (header.rsv & RSV1) !== 0);
  const [first, second] = frame?.payload ?? [];
  const isGzip = first === 0x1f && second === 0x8b;
  // RFC 1950 §2.2: method 8, and the two bytes are a multiple of 31.
  const isZlib = first === 0x78 && second !== undefined && (first * 256 + second) % 31 === 0;
  if (!isGzip && !isZlib) return undefined;
  return [
    `a compressed message is in the format ${isGzip ? 'gzip' : 'zlib'}, not raw DEFLATE`,
    'Compress with raw DEFLATE (in zlib: windowBits -15, or deflateRaw), and remove the last four bytes 00 00 ff ff.',
  ];
}

function withoutRsv1({ session, response }: Facts): Row | undefined {
  if (session?.violation?.code !== 'INVALID_UTF8' || !headersOf(response).has('Sec-WebSocket-Extensions'))
    return undefined;
  const [cause, advice] = VIOLATIONS.INVALID_UTF8!;
  return [cause, `${advice} If the server compresses this message, it must set RSV1 in its first frame.`];
}

interface StartOfFrame {
  readonly header: FrameHeader;
  /** What has arrived of it. */
  payload: Uint8Array;
}

/** Returns the frames in `bytes`. The last one may be cut off, or break a rule. */
function framesIn(bytes: Uint8Array): readonly StartOfFrame[] {
  const frames: StartOfFrame[] = [];
  const add = (header: Readonly<FrameHeader>) => {
    frames.push({ header: { ...header }, payload: bytes.subarray(0, 0) });
    return undefined;
  };
  const decoder = new FrameDecoder(
    {
      frameStart: add,
      framePayload: (chunk, start, end) => {
        frames.at(-1)!.payload = chunk.subarray(start, end);
        return undefined;
      },
      frameEnd: () => undefined,
    },
    { from: 'any', assignedRsv: RSV_BITS },
  );
  decoder.push(bytes);
  if (decoder.error !== undefined) add(decoder.header);
  return frames;
}

const VIOLATIONS: Readonly<Partial<Record<string, readonly [cause: string, advice: string]>>> = {
  MASKED_SERVER_FRAME: [
    'it masks its frames, which only a client may do',
    'Do not mask at the server. A library that was told to act as a client does this.',
  ],
  RESERVED_BITS: [
    'it sets a reserved bit (RSV1 means a compressed message), but no extension was agreed on',
    'The server must compress only if its 101 says so in Sec-WebSocket-Extensions. A proxy that removes this header from the 101 also causes this.',
  ],
  INVALID_UTF8: [
    'a text message is not UTF-8',
    'Send such data as a binary message, or encode it as UTF-8. Text must not be cut inside a character: a length that counts characters instead of bytes does that.',
  ],
  MESSAGE_TOO_BIG: [
    'a message is larger than this client accepts (16 MiB)',
    'Send smaller messages, or raise maxMessageSize at the client.',
  ],
  INVALID_COMPRESSED_DATA: [
    'a compressed message cannot be inflated',
    'The server and the negotiated window or context takeover do not agree: turn compression off to confirm.',
  ],
  RESERVED_OPCODE: [
    'a frame has an opcode that does not exist',
    'The bytes are not frames, or their lengths are wrong: something else writes to the socket.',
  ],
  INVALID_CLOSE_CODE: [
    'its Close frame has a code that must not be sent',
    'Use 1000 to 1003, 1007 to 1014, or 3000 to 4999. 1005, 1006 and 1015 exist only inside programs.',
  ],
  CONTROL_FRAME_TOO_LONG: [
    'a control frame has more than 125 bytes of payload',
    'Shorten the close reason or the ping payload: at most 123 bytes of reason.',
  ],
};
