import { describe, expect, test } from 'vitest';
import { Protocol, type Role } from '../../src/protocol/index.js';
import { FRAMES, framesOf } from '../helpers/frames.js';
import { IS_MUTATION_RUN } from '../helpers/mutation-run.js';
import { ProtocolLog } from '../helpers/protocol-log.js';

const OTHER: Record<Role, Role> = { client: 'server', server: 'client' };

describe.each<Role>(['client', 'server'])('Pings to a %s (§5.5.2, §5.5.3)', role => {
  const peer = FRAMES[OTHER[role]];

  test('are each answered by a Pong with the same payload, while the output is taken [5.5.2-2] [5.5.2-3]', () => {
    const log = new ProtocolLog(role);
    log.receive(peer.ping(), peer.ping('a'), peer.ping('b'.repeat(125)));
    expect(log.takeFrames()).toEqual(['pong ""', 'pong "a"', `pong "${'b'.repeat(125)}"`]);
  });

  test('are answered before the owner is notified, so that its messages follow the Pong', () => {
    const log = new ProtocolLog(role);
    log.react = event => log.protocol.send(`heard ${event.slice(0, 4)}`);
    log.receive(peer.ping('x'));
    expect(log.takeFrames()).toEqual(['pong "x"', 'text "heard ping"']);
  });

  test('are not answered after the peer’s Close frame [5.5.2-2]', () => {
    const log = new ProtocolLog(role).receive(peer.close(1000), peer.ping('late'));
    log.receive(peer.ping('later'));
    expect(log.takeFrames()).toEqual(['close 1000']);
  });

  test('get only one Pong, for the latest Ping, if the output is not taken [5.5.3-1]', () => {
    const log = new ProtocolLog(role);
    log.protocol.send('x'.repeat(20_000));
    log.receive(peer.ping('1'), peer.ping('2'), peer.ping('3'));
    expect(log.events).toHaveLength(3);
    expect(log.protocol.hasOutput).toBe(true);
    expect(log.takeFrames().slice(1)).toEqual(['pong "3"']);
    log.receive(peer.ping('4'));
    expect(log.takeFrames()).toEqual(['pong "4"']);
    expect(log.protocol.hasOutput).toBe(false);
  });

  test('get a Pong for the latest Ping, whatever control frame follows it', () => {
    const log = new ProtocolLog(role);
    log.protocol.send('x'.repeat(20_000));
    log.receive(peer.ping('latest'), peer.pong('!!!!!!!!!'));
    expect(log.takeFrames().slice(1)).toEqual(['pong "latest"']);
  });

  test('are answered with their payload, even if their chunk is overwritten before the Pong is taken', () => {
    const log = new ProtocolLog(role);
    log.protocol.send('x'.repeat(20_000));
    const chunk = Buffer.from(peer.ping('latest'));
    log.protocol.receive(chunk);
    chunk.fill(0xee);
    expect(log.takeFrames().slice(1)).toEqual(['pong "latest"']);
  });

  test('are each answered while at most 16 KiB wait', () => {
    const log = new ProtocolLog(role);
    const header = role === 'client' ? 8 : 4;
    log.protocol.send(new Uint8Array(16_384 - header));
    expect(log.protocol.outputLength).toBe(16_384);
    log.receive(peer.ping('1'), peer.ping('2'));
    expect(log.takeFrames().slice(1)).toEqual(['pong "1"', 'pong "2"']);
  });

  test('get no Pong if it still waits when the peer’s Close frame arrives', () => {
    const log = new ProtocolLog(role);
    log.protocol.send('x'.repeat(20_000));
    log.receive(peer.ping('1'), peer.close(1000));
    expect(log.takeFrames().slice(1)).toEqual(['close 1000']);
    expect(log.protocol.hasOutput).toBe(false);
  });

  test.skipIf(IS_MUTATION_RUN)('by the million hold less than 1 MiB if no one takes the output', () => {
    const nothing = () => {};
    const protocol = new Protocol(
      role,
      { message: nothing, ping: nothing, pong: nothing, closeReceived: nothing, failed: nothing },
      { ownsChunks: true },
    );
    const flood = Buffer.concat(Array.from({ length: 1_000 }, (_, i) => peer.ping(String(i).padStart(125, '0'))));
    // The chunk is unmasked in place, so each call needs a new one.
    for (let i = 0; i < 1_000; i++) protocol.receive(Buffer.from(flood));
    expect(protocol.outputLength).toBeLessThan(20_000);
    const frames = framesOf(role, ...protocol.takeOutput());
    expect(frames.length).toBeLessThan(200);
    expect(frames.at(-1)?.payload.toString()).toBe('999'.padStart(125, '0'));
  });
});
