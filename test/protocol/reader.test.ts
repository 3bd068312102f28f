import fc from 'fast-check';
import { afterAll, describe, expect, test, vi } from 'vitest';
import type { Role } from '../../src/protocol/index.js';
import { FRAMES } from '../helpers/frames.js';
import { ProtocolLog } from '../helpers/protocol-log.js';

const made = vi.hoisted(() => ({ decoders: 0 }));

vi.mock('../../src/framing/frame-decoder.js', async importOriginal => {
  const original = await importOriginal<typeof import('../../src/framing/frame-decoder.js')>();
  class Counted extends original.FrameDecoder {
    constructor(...args: ConstructorParameters<typeof original.FrameDecoder>) {
      super(...args);
      made.decoders++;
    }
  }
  return { ...original, FrameDecoder: Counted };
});

afterAll(() => vi.doUnmock('../../src/framing/frame-decoder.js'));

const OTHER: Record<Role, Role> = { client: 'server', server: 'client' };

/** Returns how many new decoders `run` creates. Idle ones do not count. */
function decodersMadeBy(run: () => void): number {
  const before = made.decoders;
  run();
  return made.decoders - before;
}

describe.each<Role>(['client', 'server'])('the decoder of a %s', role => {
  const peer = FRAMES[OTHER[role]];
  const logs = (count: number) => Array.from({ length: count }, () => new ProtocolLog(role));
  /** Uses all idle decoders, so that the next one is created. */
  const useUpIdle = () => {
    for (const log of logs(64)) log.receive(peer.text('x', false));
  };

  test('serves one connection after another, if each is between two messages', () => {
    useUpIdle();
    const many = logs(50);
    const count = decodersMadeBy(() => {
      for (const log of many)
        log.receive(peer.text('1'), peer.ping('2'), peer.text('3', false), peer.continuation('4'));
    });
    expect(count).toBe(1);
    for (const log of many) expect(log.events).toEqual(['text "1"', 'ping "2"', 'text "34"']);
  });

  test.each(['frame', 'message'] as const)(
    'is free while reading stops before a %s and nothing is left to read',
    point => {
      useUpIdle();
      const count = decodersMadeBy(() => {
        for (const log of logs(50)) {
          log.react = () => log.protocol.stopBefore(point);
          log.receive(peer.text('1'));
        }
      });
      expect(count).toBe(1);
    },
  );

  test('stays with a connection in the middle of a message, a frame or a header', () => {
    const [text, ping] = [peer.text('ab'), peer.ping('cd')];
    const cuts = [...text.keys()].slice(1).map(at => [text.subarray(0, at), text.subarray(at), 'text "ab"'] as const);
    cuts.push([Buffer.concat([peer.text('a', false), ping]), peer.continuation('b'), 'text "ab"']);
    useUpIdle();
    const count = decodersMadeBy(() => {
      const begun = cuts.map(([start]) => new ProtocolLog(role).receive(start));
      for (const [i, log] of begun.entries()) expect(log.receive(cuts[i]![1]).events.at(-1)).toBe(cuts[i]![2]);
    });
    expect(count).toBe(cuts.length);
  });

  test('is a different one for each connection that is read within an event of another', () => {
    const [outer, inner] = [new ProtocolLog(role), new ProtocolLog(role)];
    outer.react = event => {
      if (event === 'text "1"') inner.receive(peer.text('a'), peer.text('b'));
    };
    inner.react = event => {
      if (event === 'text "a"') outer.receive(peer.text('3'));
    };
    outer.receive(peer.text('1'), peer.text('2'));
    expect([outer.events, inner.events]).toEqual([
      ['text "1"', 'text "2"', 'text "3"'],
      ['text "a"', 'text "b"'],
    ]);
  });

  test('counts the bytes of its connection from the first one, even if others used it in between', () => {
    const sound = [peer.text('1'), peer.ping('22'), peer.text('333', false), peer.continuation('4444')];
    const wrong = peer.continuation('of nothing');
    fc.assert(
      fc.property(
        fc.array(fc.nat(3), { maxLength: 12 }),
        fc.infiniteStream(fc.integer({ min: 1, max: 9 })),
        (which, sizes) => {
          // Only between messages: the third piece starts one, and the fourth ends it.
          const pieces = which.flatMap(i => (i < 2 ? [sound[i]!] : [sound[2]!, sound[3]!]));
          const bytes = Buffer.concat([...pieces, wrong]);
          const log = new ProtocolLog(role);
          for (let at = 0; at < bytes.length; ) {
            const size = sizes.next().value;
            log.receive(bytes.subarray(at, at + size));
            at += size;
            new ProtocolLog(role).receive(peer.text('between'));
          }
          expect(log.protocol.error?.offset).toBe(bytes.length - wrong.length);
        },
      ),
      { numRuns: 50 },
    );
  });

  test('serves no other connection after a violation', () => {
    useUpIdle();
    new ProtocolLog(role).receive(peer.continuation('of nothing'));
    const log = new ProtocolLog(role);
    expect(decodersMadeBy(() => log.receive(peer.text('1')))).toBe(1);
    expect(log.events).toEqual(['text "1"']);
  });

  test('stops at the stop point that was set before it had a reader', () => {
    const log = new ProtocolLog(role);
    log.protocol.stopBefore('message');
    log.receive(peer.ping('1'), peer.text('2'));
    expect(log.takeEvents()).toEqual(['ping "1"']);
    log.protocol.stopBefore('frame');
    log.receive(peer.ping('3'));
    expect(log.takeEvents()).toEqual([]);
    log.protocol.stopBefore('nothing');
    expect(log.takeEvents()).toEqual(['text "2"', 'ping "3"']);
  });
});
