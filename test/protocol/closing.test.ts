import { describe, expect, test } from 'vitest';
import type { Role } from '../../src/protocol/index.js';
import { FRAMES } from '../helpers/frames.js';
import { ProtocolLog } from '../helpers/protocol-log.js';

const OTHER: Record<Role, Role> = { client: 'server', server: 'client' };

describe.each<Role>(['client', 'server'])('the closing handshake of a %s (§5.5.1, §7.1)', role => {
  const peer = FRAMES[OTHER[role]];

  test("started by us still delivers messages until the peer's Close frame [7.1.2-1] [7.4-1] [5.5.1-1]", () => {
    const log = new ProtocolLog(role);
    expect(log.protocol.close(4000, 'enough')).toBe(true);
    expect(log.takeFrames()).toEqual(['close 4000 "enough"']);
    expect(log.protocol.state).toBe('CLOSE_SENT');
    log.receive(peer.text('on its way'));
    expect(log.takeEvents()).toEqual(['text "on its way"']);
    log.receive(peer.close(4000));
    expect(log.protocol.state).toBe('CLOSED');
    expect(log.takeFrames()).toEqual([]);
    expect(log.protocol.sentClose).toEqual({ code: 4000, reason: 'enough' });
    expect(log.protocol.receivedClose).toEqual({ code: 4000, reason: '' });
  });

  test('started by the peer is answered with its code, without its reason [5.5.1-6] [5.5.1-7]', () => {
    const log = new ProtocolLog(role).receive(peer.close(4001, 'bye'), peer.text('discarded'));
    expect(log.events).toEqual(['close 4001 "bye"']);
    expect(log.takeFrames()).toEqual(['close 4001']);
    expect(log.protocol.state).toBe('CLOSED');
    expect(log.protocol.sentClose).toEqual({ code: 4001, reason: '' });
    expect(log.protocol.receivedClose).toEqual({ code: 4001, reason: 'bye' });
  });

  test('without a code answers an empty Close frame with an empty one, and reports 1005 (§7.1.5)', () => {
    const log = new ProtocolLog(role).receive(peer.close());
    expect(log.events).toEqual(['close 1005 ""']);
    expect(log.takeFrames()).toEqual(['close']);
    expect(log.protocol.sentClose).toEqual({ code: 1005, reason: '' });
  });

  test('started by both at once answers no Close frame', () => {
    const log = new ProtocolLog(role);
    log.protocol.close(1000);
    log.receive(peer.close(1001));
    expect(log.takeFrames()).toEqual(['close 1000']);
    expect(log.protocol.state).toBe('CLOSED');
    expect(log.protocol.sentClose?.code).toBe(1000);
    expect(log.protocol.receivedClose?.code).toBe(1001);
  });

  test('lets the owner send last messages and its own code when the Close frame arrives [5.5.1-8]', () => {
    const log = new ProtocolLog(role);
    log.react = () => {
      expect(log.protocol).toMatchObject({ state: 'CLOSE_RECEIVED', canSend: true, reads: false });
      expect(log.protocol.send('last')).toBe(true);
      expect(log.protocol.ping(Buffer.alloc(0))).toBe(false);
      expect(log.protocol.pong(Buffer.alloc(0))).toBe(false);
      expect(log.protocol.close(4002, 'too')).toBe(true);
    };
    log.receive(peer.close(1000));
    expect(log.takeFrames()).toEqual(['text "last"', 'close 4002 "too"']);
  });

  test('leaves the answer to an owner that defers it, until the owner calls close() [5.5.1-8]', () => {
    const log = new ProtocolLog(role);
    log.react = () => log.protocol.deferClose();
    log.receive(peer.close(1000));
    expect(log.protocol).toMatchObject({ state: 'CLOSE_RECEIVED', hasOutput: false, sentClose: undefined });
    log.protocol.send('last');
    expect(log.protocol.close(1000)).toBe(true);
    expect(log.takeFrames()).toEqual(['text "last"', 'close 1000']);
    expect(log.protocol.state).toBe('CLOSED');
  });

  test('sends only Pongs after its own Close frame [5.5.1-5] [6.1-2]', () => {
    const log = new ProtocolLog(role);
    log.protocol.close(1000);
    expect(log.protocol.send('x')).toBe(false);
    expect(log.protocol.sendFragment('x', true)).toBe(false);
    expect(log.protocol.ping(Buffer.alloc(0))).toBe(false);
    expect(log.protocol.pong(Buffer.alloc(0))).toBe(false);
    expect(log.protocol.close(1001)).toBe(false);
    log.receive(peer.ping('still there?'));
    expect(log.takeFrames()).toEqual(['close 1000', 'pong "still there?"']);
    expect(log.protocol.sentClose?.code).toBe(1000);
  });

  test('may start in the middle of a fragmented message', () => {
    const log = new ProtocolLog(role);
    log.protocol.sendFragment('a', false);
    log.protocol.close(1001);
    expect(log.protocol.sendFragment('b', true)).toBe(false);
    log.receive(peer.text('c', false), peer.close(1001));
    expect(log.takeFrames()).toEqual(['text- "a"', 'close 1001']);
    expect(log.events).toEqual(['close 1001 ""']);
  });

  test.each([
    [999, ''],
    [1004, ''],
    [1005, ''],
    [1006, ''],
    [1015, ''],
    [5000, ''],
    [1000.5, ''],
    [1000, 'x'.repeat(124)],
  ])('close(%s, %j) throws and changes nothing (ws 8.22.0) [7.4.1-3] [7.4.1-4] [7.4.1-6]', (code, reason) => {
    const { protocol } = new ProtocolLog(role);
    expect(() => protocol.close(code, reason)).toThrow(RangeError);
    expect(protocol).toMatchObject({ state: 'OPEN', hasOutput: false, sentClose: undefined });
  });

  test('close() throws for a reason that is bytes (CVE-2026-45736), and for a reason without a code', () => {
    const { protocol } = new ProtocolLog(role);
    expect(() => protocol.close(1000, new Float32Array(20) as never)).toThrow(TypeError);
    expect(() => protocol.close(undefined, 'why')).toThrow(TypeError);
    expect(() => protocol.close('1000' as never)).toThrow(TypeError);
    expect(protocol).toMatchObject({ state: 'OPEN', hasOutput: false });
  });
});

describe.each<Role>(['client', 'server'])('the end of the transport of a %s', role => {
  const peer = FRAMES[OTHER[role]];

  test('leads to CLOSED from every state', () => {
    const ways: Array<(log: ProtocolLog) => void> = [
      () => {},
      log => log.protocol.close(),
      log => log.receive(peer.close()),
      log => log.receive(peer.illegal()),
      log => log.receive(peer.binary(new Uint8Array(50)).subarray(0, 20)),
      log => {
        log.protocol.stopBefore('frame');
        log.receive(peer.text('kept'));
      },
    ];
    for (const way of ways) {
      const log = new ProtocolLog(role);
      way(log);
      log.takeEvents();
      log.protocol.receiveEnd();
      log.receive(peer.text('too late'));
      log.protocol.stopBefore('nothing');
      expect(log.protocol).toMatchObject({ state: 'CLOSED', unreadBytes: 0, canSend: false });
      expect(log.protocol.close(1000)).toBe(false);
      expect(log.events).toEqual([]);
    }
  });

  test('stops reading in the middle of a chunk', () => {
    const log = new ProtocolLog(role);
    log.react = () => log.protocol.receiveEnd();
    log.receive(peer.text('1'), peer.text('2'), peer.close(1000));
    expect(log.events).toEqual(['text "1"']);
    expect(log.protocol).toMatchObject({ receivedClose: undefined, hasOutput: false });
  });
});
