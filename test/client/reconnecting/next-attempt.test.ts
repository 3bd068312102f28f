import { describe, expect, test } from 'vitest';
import { settle } from '../../helpers/fake-clock.js';
import { ReconnectingPeer } from '../../helpers/reconnecting-peer.js';
import { SwitchedNetwork } from '../../helpers/switched-network.js';

describe('without a network', () => {
  test('no attempt is made, and a short random wait follows when the network returns', async () => {
    const peer = new ReconnectingPeer();
    peer.clock.random = () => 0.5;
    const network = new SwitchedNetwork();
    network.onLine = false;
    const client = await peer.client({ network, initialDelay: 1_000 });
    expect(client.state.name).toBe('offline');
    await peer.clock.advance(60_000);
    expect(peer.attempts).toEqual([]);
    network.set(true);
    expect(client.state).toMatchObject({ name: 'waiting', delay: 500 });
    await peer.clock.advance(500);
    expect(peer.attempts).toEqual([60_500]);
  });

  test('a long wait becomes short when the network returns', async () => {
    const peer = new ReconnectingPeer();
    peer.clock.random = () => 1;
    const network = new SwitchedNetwork();
    peer.answer = new Error('no route');
    const client = await peer.client({ network, initialDelay: 1_000, maxDelay: 60_000 });
    await peer.clock.advance(20_000);
    expect(client.state.delay).toBeGreaterThan(10_000);
    network.set(false);
    expect(client.state.name).toBe('offline');
    network.set(true);
    expect(client.state.delay).toBe(1_000);
  });

  test('retryNow() makes an attempt anyway', async () => {
    const peer = new ReconnectingPeer();
    const network = new SwitchedNetwork();
    network.onLine = false;
    const client = await peer.client({ network });
    client.retryNow();
    await settle();
    expect(client.state.name).toBe('open');
  });

  test.each(['close', 'retryNow'] as const)(
    '%s() in the listener that learns of the wait leaves no timer behind',
    async method => {
      const peer = new ReconnectingPeer();
      peer.answer = new Error('no route');
      const client = peer.created();
      client.once('failure', () => {
        client.once('state', () => void client[method]());
      });
      await settle();
      expect(peer.attempts).toHaveLength(method === 'close' ? 1 : 2);
      await client.close();
      expect(peer.clock.timers).toBe(0);
    },
  );

  test('a client that has ended no longer listens to the network', async () => {
    const peer = new ReconnectingPeer();
    const network = new SwitchedNetwork();
    const client = await peer.client({ network });
    await client.close();
    network.set(false);
    network.set(true);
    expect(client.state.name).toBe('closed');
  });
});

describe('the host', () => {
  test.each([
    ['in a browser: navigator and the events of the global object', { onLine: false }, 'offline'],
    ['in Node: navigator without onLine', {}, 'open'],
  ])('%s', async (_, navigator, state) => {
    const { hostNetwork } = await import('../../../src/client/reconnecting/network-status.js');
    const events = new EventTarget();
    const host = {
      navigator,
      addEventListener: events.addEventListener.bind(events),
      removeEventListener: events.removeEventListener.bind(events),
    };
    const network = hostNetwork(host);
    const peer = new ReconnectingPeer();
    const client = await peer.client(network === undefined ? {} : { network });
    expect(client.state.name).toBe(state);
    Object.assign(navigator, { onLine: true });
    events.dispatchEvent(new Event('online'));
    await peer.clock.advance(5_000);
    expect(client.state.name).toBe('open');
  });
});
