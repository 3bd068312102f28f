/** close() and the event `close`. The files of web-platform-tests are named below `websockets/`. */
import { describe, expect, test } from 'vitest';
import { show } from '../helpers/frames.js';
import { rawServer } from '../helpers/raw-peer.js';
import { CloseEvent, echoServer, FRAMES, observe, openEcho, openRaw, WebSocket } from '../helpers/w3c-socket.js';

describe('the arguments of close()', () => {
  test.each([
    // close-invalid.any.js, Close-0.any.js, Close-null.any.js, Close-NaN.any.js, Close-string.any.js, Close-2999-reason
    0,
    500,
    999,
    1001,
    1005,
    1006,
    1015,
    2999,
    5000,
    65_536,
    NaN,
    null,
    'string',
    -1,
    Infinity,
    999.4,
    4999.6,
  ])('code %j throws an InvalidAccessError', async code => {
    const { socket } = await openEcho();
    const error = expect.objectContaining({ name: 'InvalidAccessError', code: 15 });
    expect(() => socket.close(code as number)).toThrow(error);
    expect(() => socket.close(code as number, 'x'.repeat(124))).toThrow(error);
    expect(socket.readyState).toBe(1);
  });

  test.each<[unknown[], string]>([
    // Close-1000.any.js, Close-1000-reason.any.js, Secure-Close-3000-reason.any.js, Secure-Close-4999-reason.any.js
    [[], 'close'],
    [[undefined], 'close'],
    [[1000], 'close 1000'],
    [[1000, 'bye'], 'close 1000 "bye"'],
    [[3000, ''], 'close 3000'],
    [['4999', 'é'], 'close 4999 "é"'],
    // Web IDL clamps, and rounds to the nearest integer, the even one of two.
    [[999.6], 'close 1000'],
    [[3000.5], 'close 3000'],
    [[3001.5], 'close 3002'],
    // Close-undefined.any.js: a reason needs a code
    [[undefined, 'only a reason'], 'close 1000 "only a reason"'],
    // Close-reason-unpaired-surrogates.any.js
    [[1000, '\ud807'], 'close 1000 "\ufffd"'],
    [[1000, null], 'close 1000 "null"'],
    [[1000, undefined], 'close 1000'],
    [[1000, 'x'.repeat(123)], `close 1000 "${'x'.repeat(123)}"`],
  ])('%j sends %s', async (args, frame) => {
    const { socket, peer } = await openRaw();
    expect(Reflect.apply(socket.close, socket, args)).toBeUndefined();
    expect((await peer.frames('client', 1)).map(show)).toEqual([frame]);
  });

  test.each(['x'.repeat(124), 'é'.repeat(62)])(
    'a reason of 124 bytes throws a SyntaxError: Close-Reason-124Bytes.any.js',
    async reason => {
      const { socket } = await openEcho();
      expect(() => socket.close(1000, reason)).toThrow(expect.objectContaining({ name: 'SyntaxError', code: 12 }));
      expect(socket.readyState).toBe(1);
    },
  );

  test('a reason as the only argument is converted to a code: Close-onlyReason.any.js', async () => {
    const { socket } = await openEcho();
    expect(() => socket.close('a reason' as unknown as number)).toThrow(
      expect.objectContaining({ name: 'InvalidAccessError' }),
    );
  });

  test('are checked in every state', async () => {
    const { socket, closed } = await openEcho();
    socket.close();
    expect(() => socket.close(1001)).toThrow(DOMException);
    await closed;
    expect(() => socket.close(1001)).toThrow(DOMException);
  });
});

describe('close() of an open connection', () => {
  test('starts the closing handshake: interfaces/WebSocket/close/close-basic.html, Close-readyState-*.any.js', async () => {
    const { socket, events, closed } = await openEcho();
    socket.close(3456, 'pizza');
    expect(socket.readyState).toBe(2);
    const event = await closed;
    expect(socket.readyState).toBe(3);
    expect(event).toBeInstanceOf(CloseEvent);
    // Our server answers with the code only.
    expect(event).toMatchObject({ code: 3456, reason: '', wasClean: true, bubbles: false, cancelable: false });
    expect(events.map(({ type }) => type)).toEqual(['open', 'close']);
  });

  test('without a code, the code is 1005: Secure-Close-1005-verify-code.any.js', async () => {
    const { socket, closed } = await openEcho();
    socket.close();
    expect(await closed).toMatchObject({ code: 1005, reason: '', wasClean: true });
  });

  test('does nothing the second time: interfaces/WebSocket/close/close-multiple.html, close-nested.html', async () => {
    const { socket, events, closed, server } = await openEcho();
    socket.onclose = () => socket.close(3000);
    socket.close(1000);
    socket.close(3001);
    expect(await closed).toMatchObject({ code: 1000 });
    socket.close();
    expect(socket.readyState).toBe(3);
    await server.close();
    expect(events.map(({ type }) => type)).toEqual(['open', 'close']);
  });

  test('messages that were sent before arrive first: closing-handshake/', async () => {
    const { socket, peer } = await openRaw();
    socket.send('a');
    socket.close(1000);
    expect((await peer.frames('client', 2)).map(show)).toEqual(['text "a"', 'close 1000']);
  });

  test('fails the connection after closeTimeout if the server never answers', async () => {
    const { socket, events, closed } = await openRaw({ closeTimeout: 20 });
    socket.close(1000);
    expect(await closed).toMatchObject({ code: 1006, wasClean: false });
    expect(events.map(({ type }) => type)).toEqual(['open', 'error', 'close']);
  });
});

describe('close() while connecting', () => {
  test('fails the connection: interfaces/WebSocket/close/close-connecting.html', async () => {
    const server = await rawServer();
    const accepted = server.next();
    const { socket, events, closed } = observe(new WebSocket(`ws://127.0.0.1:${server.port}/`));
    await accepted;
    socket.close();
    expect(socket.readyState).toBe(2);
    expect(events).toEqual([]);
    expect(await closed).toMatchObject({ code: 1006, reason: '', wasClean: false });
    expect(events.map(({ type }) => type)).toEqual(['error', 'close']);
    expect(events[0]).toMatchObject({ error: { name: 'AbortError' } });
    expect(socket.readyState).toBe(3);
  });

  test('fires its events in a later task, and never `open`', async () => {
    const { url } = await echoServer();
    const { socket, events, closed } = observe(new WebSocket(url));
    socket.close(1000, 'changed my mind');
    await Promise.resolve();
    expect(events).toEqual([]);
    await closed;
    expect(events.map(({ type }) => type)).toEqual(['error', 'close']);
  });

  test('prevents `open`, even if the connection is already established', async () => {
    const { url } = await echoServer();
    const ignore = () => {};
    // The response arrives here. The task for `open` is queued after this one.
    const received = () => void setImmediate(() => socket.close());
    const tap = { connected: ignore, sent: ignore, received, ended: ignore, closed: ignore };
    const { socket, events, closed } = observe(new WebSocket(url, { tap }));
    expect(await closed).toMatchObject({ code: 1006, wasClean: false });
    expect(events.map(({ type }) => type)).toEqual(['error', 'close']);
    expect([socket.readyState, socket.protocol, socket.extensions]).toEqual([3, '', '']);
  });
});

describe('the server', () => {
  test('closes: Secure-Close-server-initiated-close.any.js, closing-handshake/003.html', async () => {
    const { socket, connections, events, closed } = await openEcho();
    void connections[0]!.close(3001, 'over');
    expect(await closed).toMatchObject({ code: 3001, reason: 'over', wasClean: true });
    expect(socket.readyState).toBe(3);
    expect(events.map(({ type }) => type)).toEqual(['open', 'close']);
  });

  test('sends a Close frame: readyState becomes CLOSING before TCP ends: closing-handshake/002.html', async () => {
    const { socket, peer, closed } = await openRaw();
    peer.write(FRAMES.server.close(1000));
    await peer.frames('client', 1);
    expect(socket.readyState).toBe(2);
    socket.close(3000);
    peer.socket.end();
    expect(await closed).toMatchObject({ code: 1000, wasClean: true });
  });

  test('sends a Close frame after messages: they are delivered while the state is OPEN', async () => {
    const { socket, peer, closed } = await openRaw();
    const states: Array<[string, number]> = [];
    socket.onmessage = ({ data }) => states.push([data, socket.readyState]);
    const frames = ['a', 'b', 'c'].map(text => FRAMES.server.text(text));
    peer.write(Buffer.concat([...frames, FRAMES.server.close(1000)]));
    await peer.frames('client', 1);
    peer.socket.end();
    await closed;
    // Only the last event may see that the closing handshake has started.
    expect(states.map(([data]) => data)).toEqual(['a', 'b', 'c']);
    expect(states.slice(0, 2).map(([, state]) => state)).toEqual([1, 1]);
  });

  test('ends TCP without a Close frame: error, then close 1006: closing-handshake/004.html', async () => {
    const { peer, events, closed } = await openRaw();
    peer.socket.end();
    expect(await closed).toMatchObject({ code: 1006, reason: '', wasClean: false });
    expect(events.map(({ type }) => type)).toEqual(['open', 'error', 'close']);
    expect(events[1]).toMatchObject({ error: { code: 'WS101_CONNECTION_LOST' } });
  });

  test('breaks a rule: error, then close 1006: binary/, unload/', async () => {
    const { peer, events, closed } = await openRaw();
    peer.write(FRAMES.server.illegal());
    expect((await peer.frames('client', 1)).map(show)[0]).toMatch(/^close 1002/);
    expect(await closed).toMatchObject({ code: 1006, wasClean: false });
    expect(events.map(({ type }) => type)).toEqual(['open', 'error', 'close']);
    expect(events[1]).toMatchObject({ error: { name: 'ProtocolError' } });
  });
});

test('the other listeners are called if one throws, and the process reports the error', async () => {
  const { socket, closed } = await openEcho();
  const thrown: unknown[] = [];
  const listeners = process.listeners('uncaughtException');
  process.removeAllListeners('uncaughtException');
  const report = new Promise(resolve => process.once('uncaughtException', error => resolve(thrown.push(error))));
  const calls: string[] = [];
  socket.addEventListener('message', () => {
    throw new Error('mine');
  });
  socket.addEventListener('message', () => calls.push('second'));
  socket.send('a');
  await report;
  for (const listener of listeners) process.on('uncaughtException', listener);
  expect(thrown).toMatchObject([{ message: 'mine' }]);
  expect(calls).toEqual(['second']);
  socket.close(1000);
  expect(await closed).toMatchObject({ code: 1000, wasClean: true });
});
