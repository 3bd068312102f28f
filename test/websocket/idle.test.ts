/** Idle connections, with fake time. The files of web-platform-tests are named below `websockets/`. */
import { afterEach, expect, test, vi } from 'vitest';
import { openEcho } from '../helpers/w3c-socket.js';

vi.mock('../../src/timers.js', () => import('../helpers/global-timers.js'));

afterEach(() => void vi.useRealTimers());

test('a message is answered after each of three idle times of 20 seconds: keeping-connection-open/001.html', async () => {
  // Before the connection is opened, so that all of its timers are fake.
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'performance'] });
  const { socket, events, next } = await openEcho();
  for (const text of ['one', 'two', 'three']) {
    vi.advanceTimersByTime(20_000);
    const message = next('message');
    socket.send(text);
    expect(((await message) as MessageEvent).data).toBe(text);
  }
  expect(events.map(({ type }) => type)).toEqual(['open', 'message', 'message', 'message']);
  expect(socket.readyState).toBe(1);
});
