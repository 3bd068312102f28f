import { describe, expect, test } from 'vitest';
import type { Role } from '../../src/protocol/index.js';
import { FRAMES } from '../helpers/frames.js';
import { ProtocolLog } from '../helpers/protocol-log.js';

const OTHER: Record<Role, Role> = { client: 'server', server: 'client' };

describe.each<Role>(['client', 'server'])("stopBefore('frame') of a %s", role => {
  const peer = FRAMES[OTHER[role]];
  const sequence = [
    peer.text('1'),
    peer.ping('2'),
    peer.text('3', false),
    peer.pong('4'),
    peer.continuation('5'),
    peer.binary(Buffer.from('6')),
    peer.close(1000),
  ];
  const all = ['text "1"', 'ping "2"', 'pong "4"', 'text "35"', 'binary 36', 'close 1000 ""'];

  test('stop before the next frame at every event, and continue there', () => {
    const log = new ProtocolLog(role);
    log.react = () => log.protocol.stopBefore('frame');
    log.receive(...sequence);
    for (let seen = 1; seen < all.length; seen++) {
      expect(log.events).toEqual(all.slice(0, seen));
      expect(log.protocol.stopPoint).toBe('frame');
      expect(log.protocol.unreadBytes).toBeGreaterThan(0);
      log.protocol.stopBefore('nothing');
    }
    expect(log.events).toEqual(all);
    expect(log.protocol.unreadBytes).toBe(0);
  });

  test('keep later bytes in order, in any segmentation', () => {
    const bytes = Buffer.concat(sequence);
    for (let at = 0; at <= bytes.length; at++) {
      const log = new ProtocolLog(role);
      log.receive(bytes.subarray(0, at));
      log.protocol.stopBefore('frame');
      const before = log.events.length;
      log.receive(bytes.subarray(at, at + 3));
      log.receive(bytes.subarray(at + 3));
      expect(log.events).toHaveLength(before);
      expect(log.protocol.unreadBytes).toBe(log.protocol.reads ? bytes.length - at : 0);
      log.protocol.stopBefore('nothing');
      expect(log.events).toEqual(all);
    }
  });

  test('may both be called within one event', () => {
    const log = new ProtocolLog(role);
    log.react = () => {
      log.protocol.stopBefore('frame');
      log.protocol.stopBefore('nothing');
    };
    log.receive(...sequence);
    expect(log.events).toEqual(all);
  });

  test('count the bytes of a kept chunk as unread until it is read', () => {
    const log = new ProtocolLog(role);
    log.protocol.stopBefore('frame');
    log.receive(peer.text('1'), peer.text('2'));
    const unread: number[] = [];
    log.react = () => unread.push(log.protocol.unreadBytes);
    log.protocol.stopBefore('nothing');
    expect(unread).toEqual([expect.any(Number), expect.any(Number)]);
    expect(Math.min(...unread)).toBeGreaterThan(0);
    expect(log.protocol.unreadBytes).toBe(0);
  });

  test('count no bytes as unread if they are read on arrival', () => {
    const log = new ProtocolLog(role);
    const unread: number[] = [];
    log.react = () => unread.push(log.protocol.unreadBytes);
    log.receive(peer.text('1'), peer.text('2'));
    expect(unread).toEqual([0, 0]);
  });

  test('keep copies of chunks that the Protocol does not own', () => {
    const log = new ProtocolLog(role);
    log.react = () => log.protocol.stopBefore('frame');
    const first = Buffer.concat([peer.text('1'), peer.text('2')]);
    const second = Buffer.from(peer.text('3'));
    log.protocol.receive(first);
    log.protocol.receive(second);
    first.fill(0xff);
    second.fill(0xff);
    log.protocol.stopBefore('nothing');
    log.protocol.stopBefore('nothing');
    expect(log.events).toEqual(['text "1"', 'text "2"', 'text "3"']);
  });

  test('keep a chunk that the Protocol owns without a copy', () => {
    const log = new ProtocolLog(role, { ownsChunks: true });
    log.react = () => log.protocol.stopBefore('frame');
    const chunk = Buffer.concat([peer.text('1'), peer.text('2'), peer.binary(Buffer.alloc(100, 3))]);
    log.protocol.receive(chunk);
    log.protocol.stopBefore('nothing');
    log.protocol.stopBefore('nothing');
    expect(log.events).toEqual(['text "1"', 'text "2"', `binary ${'03'.repeat(100)}`]);
  });

  test('also defer Close frames and violations', () => {
    const log = new ProtocolLog(role);
    log.protocol.stopBefore('frame');
    log.receive(peer.text('1'), peer.illegal());
    expect(log.protocol.state).toBe('OPEN');
    log.protocol.stopBefore('nothing');
    expect(log.events).toEqual(['text "1"', 'failed 1002 RESERVED_BITS']);
    expect(log.protocol.unreadBytes).toBe(0);
  });

  test('drop kept bytes when the transport ends within an event', () => {
    const log = new ProtocolLog(role);
    log.protocol.stopBefore('frame');
    log.receive(peer.text('1'), peer.text('2'));
    log.receive(peer.text('3'));
    log.react = () => log.protocol.receiveEnd();
    log.protocol.stopBefore('nothing');
    expect(log.events).toEqual(['text "1"']);
    expect(log.protocol).toMatchObject({ unreadBytes: 0, state: 'CLOSED' });
  });
});

describe('receive() within an event', () => {
  test('keeps the order: the current chunk is read first', () => {
    const log = new ProtocolLog('client');
    log.react = event => {
      if (event === 'text "1"') log.receive(FRAMES.server.text('3'), FRAMES.server.text('4'));
      if (event === 'text "3"') log.receive(FRAMES.server.text('5'));
    };
    log.receive(FRAMES.server.text('1'), FRAMES.server.text('2'));
    expect(log.events).toEqual(['text "1"', 'text "2"', 'text "3"', 'text "4"', 'text "5"']);
  });

  test('keeps the order even when suspended in between', () => {
    const log = new ProtocolLog('client');
    log.react = event => {
      if (event !== 'text "1"') return;
      log.protocol.stopBefore('frame');
      log.receive(FRAMES.server.text('3'));
    };
    log.receive(FRAMES.server.text('1'), FRAMES.server.text('2'));
    expect(log.events).toEqual(['text "1"']);
    log.receive(FRAMES.server.text('4'));
    log.protocol.stopBefore('nothing');
    expect(log.events).toEqual(['text "1"', 'text "2"', 'text "3"', 'text "4"']);
  });
});

describe('the rest of a chunk that was read in part', () => {
  test.each([
    ['stays in place if it is at least half of the chunk and the chunk is ours', 'a', 'bb', true, 'XX'],
    ['is copied if it is less than half of the chunk', 'aaa', 'b', true, 'b'],
    ['is copied if the chunk is not ours', 'a', 'bb', false, 'bb'],
  ])('%s', (_, first, second, ownsChunks, expected) => {
    const log = new ProtocolLog('client', { ownsChunks });
    log.react = () => log.protocol.stopBefore('frame');
    const chunk = Buffer.concat([FRAMES.server.text(first), FRAMES.server.text(second)]);
    log.protocol.receive(chunk);
    chunk.fill('X', chunk.length - second.length);
    log.protocol.stopBefore('nothing');
    expect(log.events).toEqual([`text "${first}"`, `text "${expected}"`]);
  });
});

test('a stop that is lifted before the first byte changes nothing', () => {
  const log = new ProtocolLog('client');
  log.protocol.stopBefore('message');
  log.protocol.stopBefore('nothing');
  log.receive(FRAMES.server.text('1'));
  expect(log.events).toEqual(['text "1"']);
});
