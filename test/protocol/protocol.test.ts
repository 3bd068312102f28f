import { describe, expect, test } from 'vitest';
import type { Role } from '../../src/protocol/index.js';
import { FRAMES, framesOf, show } from '../helpers/frames.js';
import { ProtocolLog } from '../helpers/protocol-log.js';

const OTHER: Record<Role, Role> = { client: 'server', server: 'client' };

describe.each<Role>(['client', 'server'])('a %s Protocol', role => {
  const peer = FRAMES[OTHER[role]];

  describe('receiving messages (§6.2)', () => {
    test('delivers text as a string and binary as bytes, in order [6.2-3]', () => {
      const log = new ProtocolLog(role);
      log.receive(peer.text('grüezi'), peer.binary(Buffer.from([0, 255])), peer.text(''));
      expect(log.events).toEqual(['text "grüezi"', 'binary 00ff', 'text ""']);
    });

    test('assembles fragments, and delivers control frames between them (§5.4) [5.4-5] [6.2-2]', () => {
      const log = new ProtocolLog(role);
      log.receive(peer.text('a', false), peer.ping('1'), peer.continuation('b', false), peer.pong('2'));
      expect(log.takeEvents()).toEqual(['ping "1"', 'pong "2"']);
      expect(log.takeFrames()).toEqual(['pong "1"']);
      log.receive(peer.continuation('c'));
      expect(log.events).toEqual(['text "abc"']);
    });

    test('delivers the same events in every segmentation [6.2-1]', () => {
      const bytes = Buffer.concat([
        peer.text('ab', false),
        peer.ping('p'),
        peer.continuation('c'),
        peer.binary(Buffer.alloc(200, 7)),
        peer.close(4000, 'bye'),
        peer.text('never'),
      ]);
      const whole = new ProtocolLog(role).receive(bytes);
      for (let at = 0; at <= bytes.length; at++) {
        const cut = new ProtocolLog(role);
        cut.receive(bytes.subarray(0, at));
        cut.receive(bytes.subarray(at));
        expect(cut.events).toEqual(whole.events);
      }
      const single = new ProtocolLog(role);
      for (const byte of bytes) single.receive(Buffer.from([byte]));
      expect(single.events).toEqual(whole.events);
      expect(whole.events.at(-1)).toBe('close 4000 "bye"');
    });

    test('does not change received bytes unless it owns them', () => {
      const bytes = Buffer.from(peer.binary(Buffer.alloc(300, 1)));
      const before = Buffer.from(bytes);
      new ProtocolLog(role).protocol.receive(bytes);
      expect(bytes.equals(before)).toBe(true);
      new ProtocolLog(role, { ownsChunks: true }).protocol.receive(bytes);
      // Only masked payloads have to be changed.
      expect(bytes.subarray(-300).equals(Buffer.alloc(300, 1))).toBe(true);
    });
  });

  describe('sending messages (§6.1)', () => {
    test('sends text and binary [5.2-1] [6.1-1] [6.1-4] [6.1-6] [6.1-7]', () => {
      const log = new ProtocolLog(role);
      expect(log.protocol.send('hi')).toBe(true);
      expect(log.protocol.send(new Uint8Array(3))).toBe(true);
      expect(log.takeFrames()).toEqual(['text "hi"', 'binary 3']);
      expect(log.takeFrames()).toEqual([]);
    });

    test('counts the pieces of output', () => {
      const { protocol } = new ProtocolLog(role);
      expect(protocol.outputPieces).toBe(0);
      protocol.send(new Uint8Array(100_000));
      // It fills the rest of a slab, and one or two more slabs.
      expect(protocol.outputPieces).toBeGreaterThanOrEqual(2);
      expect(protocol.outputPieces).toBeLessThanOrEqual(3);
      protocol.takeOutput();
      expect(protocol.outputPieces).toBe(0);
    });

    test('moves detached output out of shared memory', () => {
      const [slow, other] = [new ProtocolLog(role).protocol, new ProtocolLog(role).protocol];
      slow.send('waits');
      slow.moveOutputToOwnMemory();
      slow.send('waits too');
      other.send('leaves');
      const [shared] = other.takeOutput();
      const pieces = slow.takeOutput();
      expect(framesOf(role, ...pieces).map(show)).toEqual(['text "waits"', 'text "waits too"']);
      expect(pieces.map(piece => piece.buffer)).not.toContain(shared!.buffer);
    });

    test('sends fragments: the first has the opcode, the last has FIN (§5.4) [5.4-6] [5.4-12] [6.1-5] [6.1-6] [6.1-7]', () => {
      const log = new ProtocolLog(role);
      expect(log.protocol.sendFragment('a', false)).toBe(true);
      log.protocol.ping(Buffer.from('p'));
      log.protocol.sendFragment('b', false);
      log.protocol.sendFragment('', true);
      log.protocol.sendFragment(Buffer.from('x'), true);
      expect(log.takeFrames()).toEqual(['text- "a"', 'ping "p"', 'continuation- "b"', 'continuation ""', 'binary 1']);
    });

    test('throws for a message in the middle of a fragmented one [5.4-4]', () => {
      const log = new ProtocolLog(role);
      log.protocol.sendFragment('a', false);
      expect(() => log.protocol.send('b')).toThrow(TypeError);
      log.protocol.sendFragment('', true);
      log.protocol.send('b');
      expect(log.takeFrames()).toEqual(['text- "a"', 'continuation ""', 'text "b"']);
    });

    test('throws for values that are neither text nor bytes, before a byte is written', () => {
      const { protocol } = new ProtocolLog(role);
      expect(() => protocol.send(7 as never)).toThrow(TypeError);
      expect(() => protocol.sendFragment({} as never, false)).toThrow(TypeError);
      expect(() => protocol.ping(200 as never)).toThrow(TypeError);
      expect(() => protocol.ping(new Uint8Array(126))).toThrow(RangeError);
      expect(protocol.hasOutput).toBe(false);
      expect(protocol.outputLength).toBe(0);
      protocol.send('a whole message, since none was begun');
      expect(protocol.hasOutput).toBe(true);
    });

    test('sends unsolicited Pongs, and Pings (§5.5.2, §5.5.3) [5.5.2-1] [5.5.2-4] [5.5.3-2]', () => {
      const log = new ProtocolLog(role);
      expect(log.protocol.pong(Buffer.from('here'))).toBe(true);
      expect(log.protocol.ping(Buffer.from('there?'))).toBe(true);
      expect(log.takeFrames()).toEqual(['pong "here"', 'ping "there?"']);
    });

    test('does not change the bytes of the caller', () => {
      const { protocol } = new ProtocolLog(role);
      const data = Buffer.alloc(40_000, 9);
      protocol.send(data);
      protocol.sendFragment(data, true);
      protocol.ping(data.subarray(0, 50));
      protocol.takeOutput();
      expect(data.equals(Buffer.alloc(40_000, 9))).toBe(true);
    });
  });

  describe('a peer that breaks a rule (§7.1.7)', () => {
    test('receives a Close frame, and nothing after the violation is processed [7.1.7-5] [7.1.7-7] [10.7-3]', () => {
      const log = new ProtocolLog(role);
      log.receive(peer.text('before'), peer.illegal(), peer.text('behind'), peer.ping('behind'));
      expect(log.events).toEqual(['text "before"', 'failed 1002 RESERVED_BITS']);
      expect(log.takeFrames()).toEqual([expect.stringMatching(/^close 1002 "a reserved bit/)]);
      log.receive(peer.text('later'), peer.close(1000));
      expect(log.events).toHaveLength(2);
      expect(log.protocol).toMatchObject({ state: 'FAILED', reads: false, canSend: false, endsTransport: true });
      expect(log.protocol.error).toMatchObject({
        closeCode: 1002,
        section: '§5.2',
        offset: peer.text('before').length,
      });
      expect(log.protocol.sentClose?.code).toBe(1002);
      expect(log.protocol.receivedClose).toBeUndefined();
    });

    test('receives no second Close frame after ours', () => {
      const log = new ProtocolLog(role);
      log.protocol.close(1000);
      log.receive(peer.illegal());
      expect(log.takeFrames()).toEqual(['close 1000']);
      expect(log.protocol.state).toBe('FAILED');
      expect(log.protocol.sentClose?.code).toBe(1000);
      expect(log.protocol.endsTransport).toBe(true);
    });

    test('cannot break a rule after its own Close frame', () => {
      const log = new ProtocolLog(role);
      log.receive(peer.close(1000), peer.illegal());
      log.receive(peer.illegal());
      expect(log.events).toEqual(['close 1000 ""']);
      expect(log.protocol.error).toBeUndefined();
    });

    test('receives nothing more: nothing is sent in FAILED', () => {
      const log = new ProtocolLog(role);
      log.receive(peer.illegal());
      log.takeFrames();
      expect(log.protocol.send('x')).toBe(false);
      expect(log.protocol.sendFragment('x', true)).toBe(false);
      expect(log.protocol.ping(Buffer.alloc(0))).toBe(false);
      expect(log.protocol.pong(Buffer.alloc(0))).toBe(false);
      expect(log.protocol.close(1000)).toBe(false);
      expect(log.protocol.hasOutput).toBe(false);
    });

    test.each([
      ['the wrong mask (§5.1)', FRAMES[role].text('x'), 1002],
      ['text that is not UTF-8 (§8.1)', peer.binary(Buffer.from([0xff])).with(0, 0x81), 1007],
      ['a message above the limit (§10.4)', peer.binary(new Uint8Array(1001)), 1009],
      [
        'fragments of one above the limit',
        Buffer.concat([peer.binary(new Uint8Array(600), false), peer.continuation(new Uint8Array(401))]),
        1009,
      ],
      [
        'too many fragments',
        Buffer.concat([
          peer.text('', false),
          peer.continuation('', false),
          peer.continuation('', false),
          peer.continuation(''),
        ]),
        1008,
      ],
    ])('fails the connection with %s', (_, bytes, code) => {
      const log = new ProtocolLog(role, { maxMessageSize: 1000, maxFragments: 3 });
      log.receive(bytes);
      expect(log.events).toEqual([expect.stringContaining(`failed ${code} `)]);
      expect(log.takeFrames()).toEqual([expect.stringContaining(`close ${code} `)]);
    });

    test.each([
      ['a body of one byte (§5.5.1)', Buffer.from([3]), 1002],
      ['1005 on the wire (§7.4.1)', Buffer.from([3, 237]), 1002],
      ['a reason that is not UTF-8 (§5.5.1)', Buffer.from([3, 232, 0xc3]), 1007],
    ])('fails the connection with a Close frame with %s', (_, payload, code) => {
      const close = Buffer.from(peer.ping(payload));
      close[0] = 0x88;
      const log = new ProtocolLog(role).receive(close, peer.text('x'));
      expect(log.events).toEqual([expect.stringContaining(`failed ${code} `)]);
      expect(log.protocol.receivedClose).toBeUndefined();
      expect(log.protocol.state).toBe('FAILED');
    });
  });
});

describe('masking (§5.1, §5.3)', () => {
  test('a client masks each frame with the next key [5.1-1] [5.3-1] [5.3-2] [6.1-8]', () => {
    const keys = [0x01020304, 0x7fffffff, -1, 0x10];
    const { protocol } = new ProtocolLog('client', { makeKey: () => keys.shift()! });
    protocol.send('abcde');
    protocol.ping(Buffer.from([0]));
    protocol.send(new Uint8Array(2));
    protocol.close(1000);
    const bytes = Buffer.concat(protocol.takeOutput());
    expect(bytes.toString('hex')).toBe(
      [
        '818501020304' + '60606060' + '64',
        '89817fffffff' + '7f',
        '8282ffffffff' + 'ffff',
        '888200000010' + '03e8',
      ].join(''),
    );
  });

  test('a client takes a new key from a secure source for each frame by default [5.3-2]', () => {
    const log = new ProtocolLog('client');
    for (let i = 0; i < 100; i++) log.protocol.send('x');
    const keys = new Set(framesOf('client', ...log.protocol.takeOutput()).map(frame => frame.maskingKey));
    expect(keys.size).toBeGreaterThan(98);
  });

  test('a server does not mask [5.1-4]', () => {
    const { protocol } = new ProtocolLog('server');
    protocol.send('abc');
    expect(Buffer.concat(protocol.takeOutput()).toString('hex')).toBe('8103616263');
  });
});

describe('the end of the transport (§5.5.1, §7.1.1)', () => {
  test('the server ends it after both Close frames, and the client waits [5.5.1-11] [5.5.1-12] [7.1.1-5] [7.1.1-6]', () => {
    for (const role of ['client', 'server'] as const) {
      const log = new ProtocolLog(role);
      expect(log.protocol.endsTransport).toBe(false);
      log.protocol.close(1000);
      expect(log.protocol.endsTransport).toBe(false);
      log.receive(FRAMES[OTHER[role]].close(1000));
      expect(log.protocol.endsTransport).toBe(role === 'server');
    }
  });
});

test('show() describes frames', () => {
  expect(framesOf('server', FRAMES.server.close(), FRAMES.server.binary(new Uint8Array(2), false)).map(show)).toEqual([
    'close',
    'binary- 2',
  ]);
});
