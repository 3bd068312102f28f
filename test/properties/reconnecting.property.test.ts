import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { ReconnectingState } from '../../src/index.js';
import { settle } from '../helpers/fake-clock.js';
import { ReconnectingPeer } from '../helpers/reconnecting-peer.js';
import { SwitchedNetwork } from '../helpers/switched-network.js';

/** What can happen to a reconnecting client. */
const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('send' as const), count: fc.integer({ min: 1, max: 5 }) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('advance' as const), duration: fc.nat(20_000) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('lose' as const) }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('close' as const), code: fc.constantFrom(1001, 1011, 1012, 4000) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('fail' as const), status: fc.constantFrom(429, 502, 503) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('recover' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('network' as const), isOnline: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('stall' as const) }) },
);

test('a reconnecting client has one connection at a time, waits as announced, and sends each message once, in order', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { maxLength: 30 }),
      fc.infiniteStream(fc.double({ min: 0, max: 0.999, noNaN: true })),
      async (steps, chances) => {
        const peer = new ReconnectingPeer();
        const network = new SwitchedNetwork();
        peer.clock.random = () => chances.next().value;
        let mayStartAt = 0;
        let openNow = 0;
        let isStalled = false;
        const open = async (_: unknown, { signal }: { readonly signal?: AbortSignal | undefined }) => {
          expect(++openNow).toBe(1);
          expect(peer.clock.now()).toBeGreaterThanOrEqual(mayStartAt);
          expect(network.onLine).toBe(true);
          try {
            if (isStalled)
              await new Promise((_, reject) => signal!.addEventListener('abort', () => reject(signal!.reason)));
            const connection = await peer.open();
            void connection.closed.then(() => openNow--);
            return connection;
          } catch (error) {
            openNow--;
            throw error;
          }
        };
        const client = peer.created({ open, network, attemptTimeout: 3_000, maxQueuedMessages: 1_000 });
        client.on('state', ({ name, delay }: ReconnectingState) => {
          if (name === 'waiting') mayStartAt = peer.clock.now() + delay!;
        });
        let sent = 0;
        for (const step of steps) {
          if (step.do === 'send') {
            for (let i = 0; i < step.count; i++) expect(client.send(`${sent++}`)).toBe(true);
          } else if (step.do === 'advance') await peer.clock.advance(step.duration);
          else if (step.do === 'lose') peer.servers.at(-1)?.terminate();
          else if (step.do === 'close') void peer.servers.at(-1)?.close(step.code);
          else if (step.do === 'fail') peer.answer = step.status;
          else if (step.do === 'network') network.set(step.isOnline);
          else if (step.do === 'stall') isStalled = true;
          else {
            peer.answer = 'open';
            isStalled = false;
          }
          if (step.do !== 'send') await settle();
        }
        const { failure, unsent } = await client.close();
        await settle();
        expect(failure).toBeUndefined();
        expect(openNow).toBe(0);
        expect(peer.clock.timers).toBe(0);
        const received = peer.received.map(([, data]) => Number(data));
        // In order, and none twice. What a lost connection took is missing.
        expect(received).toEqual([...new Set(received)].sort((a, b) => a - b));
        const left = unsent.map(({ data }) => Number(data));
        expect(left).toEqual(Array.from({ length: left.length }, (_, i) => sent - left.length + i));
        if (left.length > 0 && received.length > 0) expect(received.at(-1)!).toBeLessThan(left[0]!);
        // Nothing is lost if no connection was cut.
        if (!steps.some(({ do: what }) => what === 'lose' || what === 'close'))
          expect(received.length + left.length).toBe(sent);
      },
    ),
    { numRuns: 60 },
  );
}, 60_000);
