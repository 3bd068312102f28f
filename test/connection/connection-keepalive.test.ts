import { afterEach, describe, expect, test } from 'vitest';
import { ConnectionKeepalive } from '../../src/connection/connection-keepalive.js';
import type { Reading } from '../../src/connection/reading.js';
import { now } from '../../src/timers.js';

let keepalive: ConnectionKeepalive;

/** Makes the keepalive of a connection whose writer is in the returned state, which the test changes. */
function withWriter() {
  const writer = { taken: 0, isBlocked: false, busyUntil: 0 };
  const settings = { pingInterval: 20_000, pingTimeout: 20_000 };
  keepalive = new ConnectionKeepalive({ settings, backlog: { writer } } as unknown as Reading);
  return writer;
}

afterEach(() => keepalive.stop());

describe('output that the transport takes', () => {
  test('is a sign of life if it waited at the last tick', () => {
    const writer = withWriter();
    writer.isBlocked = true;
    expect(keepalive.tookOutput()).toBe(false);
    writer.taken = 10;
    expect(keepalive.tookOutput()).toBe(true);
    expect(keepalive.tookOutput()).toBe(false);
    writer.taken = 20;
    writer.isBlocked = false;
    expect(keepalive.tookOutput()).toBe(true);
  });

  test('is none if it did not wait, because then the kernel took it', () => {
    const writer = withWriter();
    for (let i = 0; i < 3; i++) {
      writer.taken += 10;
      expect(keepalive.tookOutput()).toBe(false);
    }
  });
});

test('a peer may be silent as long as it is busy reading what the kernel took', () => {
  const writer = withWriter();
  writer.busyUntil = now() + 60_000;
  expect(keepalive.tookOutput()).toBe(true);
  writer.busyUntil = now() - 1;
  expect(keepalive.tookOutput()).toBe(false);
});
