import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { mock } from 'node:test';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { connect, WebSocketServer } from '../../src/index.js';

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
  mock.timers.reset();
});

const FAKES: ReadonlyArray<[string, () => void, () => void]> = [
  ['vi.useFakeTimers()', () => void vi.useFakeTimers(), () => void vi.useRealTimers()],
  [
    'vi.useFakeTimers() of the clock and microtasks too',
    () =>
      void vi.useFakeTimers({
        toFake: ['setImmediate', 'setTimeout', 'setInterval', 'queueMicrotask', 'performance'],
      }),
    () => void vi.useRealTimers(),
  ],
  ['mock.timers of node:test', () => mock.timers.enable(), () => mock.timers.reset()],
  [
    'a stubbed setImmediate',
    () => void vi.spyOn(globalThis, 'setImmediate').mockReturnValue({} as NodeJS.Immediate),
    () => void vi.restoreAllMocks(),
  ],
];

/** An echo server, and a client whose Pings are frequent enough to be seen. */
async function openPair() {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1', pingInterval: 50, pingTimeout: 5_000 });
  server.on('connection', connection => connection.on('message', data => connection.send(data)));
  await once(server, 'listening');
  const client = await connect(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`);
  return { server, client };
}

describe.each(FAKES)('with %s', (_name, fake, restore) => {
  test('messages and Pings flow during and after it, in both roles', async () => {
    const { server, client } = await openPair();
    fake();
    client.send('during');
    const during = await once(client, 'message');
    const ping = await once(client, 'ping');
    restore();
    expect(during).toEqual(['during', false]);
    expect(ping).toHaveLength(1);
    client.send('after');
    expect(await once(client, 'message')).toEqual(['after', false]);
    expect((await client.close(1000)).wasClean).toBe(true);
    await server.close();
  });

  test('a connection opens and closes', async () => {
    const { server, client } = await openPair();
    fake();
    const second = await connect(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`);
    const ends = await Promise.all([second.close(1000), client.close(1000)]);
    await server.close();
    restore();
    expect(ends.map(({ wasClean }) => wasClean)).toEqual([true, true]);
  });
});
