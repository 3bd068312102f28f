import { describe, expect, test } from 'vitest';
import { encodeFrame, OPCODE, RSV1, RSV2, VIOLATION } from '../../src/framing/index.js';
import { Protocol } from '../../src/protocol/index.js';
import { FRAMES, framesOf } from '../helpers/frames.js';
import { ProtocolLog } from '../helpers/protocol-log.js';

const peer = FRAMES.client;
const compressed = (opcode: number, payload: string | Uint8Array, fin = true): Uint8Array =>
  encodeFrame('client', opcode, payload, fin, RSV1);
const deflating = () => new ProtocolLog('server', { assignedRsv: RSV1 });

describe('compressed messages in a Protocol (RFC 7692 §6)', () => {
  test('are delivered complete and still compressed, and control frames between their fragments are answered [7692/6.2-1]', () => {
    const log = deflating().receive(
      compressed(OPCODE.TEXT, Uint8Array.of(0xff, 0xfe), false),
      peer.ping('p'),
      peer.continuation(Uint8Array.of(0xfd)),
      compressed(OPCODE.BINARY, ''),
      peer.text('plain'),
    );
    expect(log.events).toEqual(['ping "p"', 'compressed text fffefd', 'compressed binary ', 'text "plain"']);
    expect(log.takeFrames()).toEqual(['pong "p"']);
  });

  test('fail the connection if no extension uses RSV1 (§5.2) [5.2-9]', () => {
    const log = new ProtocolLog('server').receive(compressed(OPCODE.TEXT, 'x'));
    expect(log.events).toEqual(['failed 1002 RESERVED_BITS']);
  });

  test('are dropped if the owner does not listen for them', () => {
    const nothing = () => {};
    const handler = { message: nothing, ping: nothing, pong: nothing, closeReceived: nothing, failed: nothing };
    const protocol = new Protocol('server', handler, { assignedRsv: RSV1 });
    protocol.receive(compressed(OPCODE.TEXT, 'x'));
    expect(protocol).toMatchObject({ state: 'OPEN', error: undefined });
  });

  test('still fail the connection for RSV2 (§5.2) [5.2-10]', () => {
    const log = deflating().receive(encodeFrame('client', OPCODE.TEXT, 'x', true, RSV1 | RSV2));
    expect(log.events).toEqual(['failed 1002 RESERVED_BITS']);
  });

  test.each([
    ['a Ping', [compressed(OPCODE.PING, '')]],
    ['a Close frame', [compressed(OPCODE.CLOSE, '')]],
    ['a later fragment', [peer.text('a', false), compressed(OPCODE.CONTINUATION, 'b')]],
  ])('fail the connection for RSV1 on %s (RFC 7692 §6.1) [7692/6.1-4]', (_, frames) => {
    expect(deflating().receive(...frames).events).toEqual(['failed 1002 MISPLACED_COMPRESSED_BIT']);
  });

  test('obey the limits while they are compressed (§10.4)', () => {
    const log = new ProtocolLog('server', { assignedRsv: RSV1, maxMessageSize: 3 });
    expect(log.receive(compressed(OPCODE.BINARY, 'four')).events).toEqual(['failed 1009 MESSAGE_TOO_BIG']);
  });

  test('are sent with RSV1, and masked like other messages [7692/6.1-1]', () => {
    const log = new ProtocolLog('client', { assignedRsv: RSV1, makeKey: () => 0x01020304 });
    expect(log.protocol.sendCompressed(Uint8Array.of(0xaa), true)).toBe(true);
    expect(log.protocol.sendCompressed(Uint8Array.of(0xaa), false)).toBe(true);
    expect(Buffer.concat(log.protocol.takeOutput()).toString('hex')).toBe('c18101020304abc28101020304ab');
    log.protocol.close(1000);
    expect(log.protocol.sendCompressed(Uint8Array.of(0), true)).toBe(false);
  });
});

describe("stopBefore('message'), while a message is being inflated", () => {
  function held(): ProtocolLog {
    const log = deflating();
    log.react = event => {
      if (event.startsWith('compressed')) log.protocol.stopBefore('message');
    };
    return log;
  }

  test('only Pings and Pongs overtake it', () => {
    expect(held().protocol.stopPoint).toBe('nothing');
    const log = held().receive(
      compressed(OPCODE.TEXT, 'x'),
      peer.ping('1'),
      peer.pong('2'),
      peer.text('3'),
      peer.ping('4'),
    );
    expect(log.takeEvents()).toEqual(['compressed text 78', 'ping "1"', 'pong "2"']);
    expect(log.takeFrames()).toEqual(['pong "1"']);
    expect(log.protocol.stopPoint).toBe('message');
    log.protocol.stopBefore('nothing');
    expect(log.takeEvents()).toEqual(['text "3"', 'ping "4"']);
    expect(log.protocol.unreadBytes).toBe(0);
  });

  test('a Close frame does not overtake it, and is answered after it', () => {
    const log = held().receive(compressed(OPCODE.TEXT, 'x'), peer.close(1000));
    expect(log.protocol.state).toBe('OPEN');
    log.protocol.stopBefore('nothing');
    expect(log.protocol.state).toBe('CLOSED');
    expect(log.takeFrames()).toEqual(['close 1000']);
  });

  test('later messages are kept in order, in any segmentation', () => {
    const bytes = Buffer.concat([
      compressed(OPCODE.TEXT, 'x'),
      peer.ping('1'),
      peer.text('2'),
      compressed(OPCODE.BINARY, 'y'),
      peer.text('3'),
    ]);
    for (let at = 0; at <= bytes.length; at++) {
      const log = held();
      for (const piece of [bytes.subarray(0, at), bytes.subarray(at)]) log.receive(piece);
      while (log.protocol.stopPoint === 'message') log.protocol.stopBefore('nothing');
      expect(log.events).toEqual(['compressed text 78', 'ping "1"', 'text "2"', 'compressed binary 79', 'text "3"']);
    }
  });

  test('the connection can be failed, with the offset of its last frame (§7.1.7)', () => {
    const log = held().receive(peer.ping(), compressed(OPCODE.TEXT, 'x'), peer.ping('1'), peer.text('2'));
    log.protocol.fail(VIOLATION.INVALID_COMPRESSED_DATA, 'distance too far back');
    log.protocol.stopBefore('nothing');
    expect(log.protocol.error).toMatchObject({ closeCode: 1007, section: 'RFC 7692 §7.2.2', offset: 6 });
    expect(log.protocol.error?.message).toBe(
      'a compressed message must be DEFLATE data: distance too far back (RFC 7692 §7.2.2, at byte 6)',
    );
    expect(log.takeEvents()).toEqual(
      ['compressed text 78', 'ping ""', 'ping "1"', 'failed 1007 INVALID_COMPRESSED_DATA'].sort((a, b) =>
        a === 'ping ""' ? -1 : b === 'ping ""' ? 1 : 0,
      ),
    );
    expect(
      framesOf('server', ...log.protocol.takeOutput())
        .at(-1)
        ?.payload.readUInt16BE(),
    ).toBe(1007);
    log.protocol.fail(VIOLATION.INVALID_UTF8);
    expect(log.takeEvents()).toEqual([]);
  });
});
