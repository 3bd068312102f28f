import { describe, expect, it } from 'vitest';
import type { Role } from '../../src/protocol/index.js';
import { FRAMES } from '../helpers/frames.js';
import { ProtocolLog } from '../helpers/protocol-log.js';

const OTHER: Record<Role, Role> = { client: 'server', server: 'client' };

describe.each<Role>(['client', 'server'])('the closing handshake of a %s (§5.5.1, §7.1)', role => {
  const peer = FRAMES[OTHER[role]];

  it('started by us: Close out, messages still in, Close in [7.1.2-1] [7.4-1] [5.5.1-1]', () => {
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

  it('started by the peer: the code is echoed, the reason is not [5.5.1-6] [5.5.1-7]', () => {
    const log = new ProtocolLog(role).receive(peer.close(4001, 'bye'), peer.text('discarded'));
    expect(log.events).toEqual(['close 4001 "bye"']);
    expect(log.takeFrames()).toEqual(['close 4001']);
    expect(log.protocol.state).toBe('CLOSED');
    expect(log.protocol.sentClose).toEqual({ code: 4001, reason: '' });
    expect(log.protocol.receivedClose).toEqual({ code: 4001, reason: 'bye' });
  });

  it('without a code: an empty Close frame is answered by an empty one, and reported as 1005 (§7.1.5)', () => {
    const log = new ProtocolLog(role).receive(peer.close());
    expect(log.events).toEqual(['close 1005 ""']);
    expect(log.takeFrames()).toEqual(['close']);
    expect(log.protocol.sentClose).toEqual({ code: 1005, reason: '' });
  });

  it('by both at once: no Close frame is answered', () => {
    const log = new ProtocolLog(role);
    log.protocol.close(1000);
    log.receive(peer.close(1001));
    expect(log.takeFrames()).toEqual(['close 1000']);
    expect(log.protocol.state).toBe('CLOSED');
    expect(log.protocol.sentClose?.code).toBe(1000);
    expect(log.protocol.receivedClose?.code).toBe(1001);
  });

  it('lets the owner send last messages, and a code of its own, when the Close frame comes [5.5.1-8]', () => {
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

  it('leaves the answer to an owner that defers it, until it calls close() [5.5.1-8]', () => {
    const log = new ProtocolLog(role);
    log.react = () => log.protocol.deferClose();
    log.receive(peer.close(1000));
    expect(log.protocol).toMatchObject({ state: 'CLOSE_RECEIVED', hasOutput: false, sentClose: undefined });
    log.protocol.send('last');
    expect(log.protocol.close(1000)).toBe(true);
    expect(log.takeFrames()).toEqual(['text "last"', 'close 1000']);
    expect(log.protocol.state).toBe('CLOSED');
  });

  it('sends nothing behind its own Close frame but pongs [5.5.1-5] [6.1-2]', () => {
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

  it('may come in the middle of a fragmented message', () => {
    const log = new ProtocolLog(role);
    log.protocol.sendFragment('a', false);
    log.protocol.close(1001);
    expect(log.protocol.sendFragment('b', true)).toBe(false);
    log.receive(peer.text('c', false), peer.close(1001));
    expect(log.takeFrames()).toEqual(['text- "a"', 'close 1001']);
    expect(log.events).toEqual(['close 1001 ""']);
  });

  it.each([
    [999, ''],
    [1004, ''],
    [1005, ''],
    [1006, ''],
    [1015, ''],
    [5000, ''],
    [1000.5, ''],
    [1000, 'x'.repeat(124)],
  ])('refuses close(%s, %j), and nothing has happened (ws 8.22.0) [7.4.1-3] [7.4.1-4] [7.4.1-6]', (code, reason) => {
    const { protocol } = new ProtocolLog(role);
    expect(() => protocol.close(code, reason)).toThrow(RangeError);
    expect(protocol).toMatchObject({ state: 'OPEN', hasOutput: false, sentClose: undefined });
  });

  it('refuses a reason that is bytes (CVE-2026-45736), and a reason without a code', () => {
    const { protocol } = new ProtocolLog(role);
    expect(() => protocol.close(1000, new Float32Array(20) as never)).toThrow(TypeError);
    expect(() => protocol.close(undefined, 'why')).toThrow(TypeError);
    expect(() => protocol.close('1000' as never)).toThrow(TypeError);
    expect(protocol).toMatchObject({ state: 'OPEN', hasOutput: false });
  });
});

describe.each<Role>(['client', 'server'])('the end of the transport of a %s', role => {
  const peer = FRAMES[OTHER[role]];

  it('leads to CLOSED from every state', () => {
    const ways: Array<(log: ProtocolLog) => void> = [
      () => {},
      log => log.protocol.close(),
      log => log.receive(peer.close()),
      log => log.receive(peer.illegal()),
      log => log.receive(peer.binary(new Uint8Array(50)).subarray(0, 20)),
      log => {
        log.protocol.suspend();
        log.receive(peer.text('kept'));
      },
    ];
    for (const way of ways) {
      const log = new ProtocolLog(role);
      way(log);
      log.takeEvents();
      log.protocol.receiveEnd();
      log.receive(peer.text('too late'));
      log.protocol.resume();
      expect(log.protocol).toMatchObject({ state: 'CLOSED', unreadBytes: 0, canSend: false });
      expect(log.protocol.close(1000)).toBe(false);
      expect(log.events).toEqual([]);
    }
  });

  it('stops reading in the middle of a chunk', () => {
    const log = new ProtocolLog(role);
    log.react = () => log.protocol.receiveEnd();
    log.receive(peer.text('1'), peer.text('2'), peer.close(1000));
    expect(log.events).toEqual(['text "1"']);
    expect(log.protocol).toMatchObject({ receivedClose: undefined, hasOutput: false });
  });
});
