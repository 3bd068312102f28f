import type { Message } from '../../../src/index.js';

/** Makes the checks of a test file, for its side. */
interface Checks<Check> {
  /** It fails the connection. */
  readonly fails: (code: number, violation: string) => Check;
  /** It receives these messages, and everything works. */
  readonly receives: (...messages: Message[]) => Check;
  /** The connection ends like this by itself. */
  readonly ends: (expected: object) => Check;
}

/** What our client and our server do alike about frames. */
export function frameOutcomes<Check>({ fails, receives }: Pick<Checks<Check>, 'fails' | 'receives'>) {
  const works = receives();
  return {
    rsv1: fails(1002, 'RESERVED_BITS'),
    rsv2: fails(1002, 'RESERVED_BITS'),
    rsv3: fails(1002, 'RESERVED_BITS'),
    'reserved-opcode': fails(1002, 'RESERVED_OPCODE'),
    'reserved-control-opcode': fails(1002, 'RESERVED_OPCODE'),
    'non-minimal-length': fails(1002, 'LENGTH_NOT_MINIMAL'),
    'non-minimal-length-64': fails(1002, 'LENGTH_NOT_MINIMAL'),
    'length-sign-bit': fails(1002, 'LENGTH_SIGN_BIT'),
    'huge-length': fails(1009, 'MESSAGE_TOO_BIG'),
    'oversized-control': fails(1002, 'CONTROL_FRAME_TOO_LONG'),
    'fragmented-control': fails(1002, 'FRAGMENTED_CONTROL_FRAME'),
    'orphan-continuation': fails(1002, 'CONTINUATION_OF_NOTHING'),
    'interleaved-message': fails(1002, 'MESSAGE_INTERRUPTED'),
    'bad-utf8': fails(1007, 'INVALID_UTF8'),
    'surrogate-utf8': fails(1007, 'INVALID_UTF8'),
    'overlong-utf8': fails(1007, 'INVALID_UTF8'),
    'truncated-utf8': fails(1007, 'INVALID_UTF8'),
    'rsv1-on-control': fails(1002, 'RESERVED_BITS'),
    'http-after-101': fails(1002, 'RESERVED_BITS'),
    'split-character': receives('€'),
    'control-between-fragments': receives('together'),
    'byte-order-mark': receives('\ufeffmarked'),
    'empty-fragments': receives('whole'),
    'empty-messages': receives('', Buffer.alloc(0)),
    'largest-control': works,
    'unsolicited-pong': works,
    'fragment-flood': fails(1008, 'TOO_MANY_FRAGMENTS'),
    'endless-message': fails(1009, 'MESSAGE_TOO_BIG'),
    'ping-flood': works,
  };
}

/**
 * What our client and our server do alike about compressed messages.
 *
 * @param agreed makes our endpoint agree to permessage-deflate
 */
export function compressionOutcomes<Check, Case>(
  { fails, receives }: Pick<Checks<Check>, 'fails' | 'receives'>,
  agreed: (check: Check) => Case,
) {
  return {
    'corrupt-deflate': agreed(fails(1007, 'INVALID_COMPRESSED_DATA')),
    'deflate-bomb': agreed(fails(1009, 'MESSAGE_TOO_BIG')),
    'deflate-bad-utf8': agreed(fails(1007, 'INVALID_UTF8')),
    'deflate-distance': agreed(fails(1007, 'INVALID_COMPRESSED_DATA')),
    'rsv1-on-continuation': agreed(fails(1002, 'MISPLACED_COMPRESSED_BIT')),
    'deflate-final-block': agreed(receives('final')),
    'deflate-empty': agreed(receives('')),
    'deflate-mixed': agreed(receives('plain')),
    'deflate-fragments': agreed(receives('fragments')),
    'compressed-control': agreed(fails(1002, 'MISPLACED_COMPRESSED_BIT')),
  };
}

/** What our client and our server do alike about unusual Close frames. */
export function closeFrameOutcomes<Check>({ fails, ends }: Pick<Checks<Check>, 'fails' | 'ends'>) {
  return {
    'close-inside-message': ends({ code: 1000, wasClean: true, initiator: 'remote' }),
    'close-code-reserved': fails(1002, 'INVALID_CLOSE_CODE'),
    'close-one-byte': fails(1002, 'CLOSE_PAYLOAD_TOO_SHORT'),
    'bad-utf8-close': fails(1007, 'INVALID_CLOSE_REASON'),
    'data-after-close': ends({ code: 1000, wasClean: true, initiator: 'remote', dropped: 0 }),
    'close-twice': ends({ code: 1000, wasClean: true, initiator: 'remote' }),
  };
}
