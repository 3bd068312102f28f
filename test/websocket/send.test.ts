/** send() and the event `message`. The files of web-platform-tests are named below `websockets/`. */
import { describe, expect, test } from 'vitest';
import { echoOf, echoServer, FRAMES, observe, openEcho, openRaw, WebSocket } from '../helpers/w3c-socket.js';

const bytes = (...values: number[]) => Uint8Array.from(values);

describe('text', () => {
  test.each([
    ['Send-data.any.js', 'data', 'data'],
    ['Send-0byte-data.any.js', '', ''],
    ['Send-unicode-data.any.js', '¥¥¥ 🌍', '¥¥¥ 🌍'],
    ['Send-paired-surrogates.any.js', '\ud801\udc07', '\ud801\udc07'],
    ['Send-Unpaired-Surrogates.any.js', 'a\ud807', 'a\ufffd'],
    ['Send-65K-data.any.js', 'c'.repeat(65_000), 'c'.repeat(65_000)],
    ['interfaces/WebSocket/send/011.html', 'd'.repeat(70_000), 'd'.repeat(70_000)],
    ['Send-null.any.js', null, 'null'],
    ['interfaces/WebSocket/send/007.html', undefined, 'undefined'],
    ['interfaces/WebSocket/send/009.html', 1, '1'],
    ['interfaces/WebSocket/send/010.html', { toString: () => 'object' }, 'object'],
  ])('comes back: %s', async (_, sent, received) => {
    expect(await echoOf(sent as string)).toBe(received);
  });

  test.each([125, 126, 127, 65_535, 65_536])('of %i bytes comes back: extended-payload-length.any.js', async size => {
    const text = 'a'.repeat(size);
    expect(await echoOf(text)).toBe(text);
  });

  test('a symbol throws a TypeError', async () => {
    const { socket } = await openEcho();
    expect(() => socket.send(Symbol('a') as unknown as string)).toThrow(TypeError);
    expect(socket.bufferedAmount).toBe(0);
  });
});

describe('binary', () => {
  const values = bytes(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16);
  const of = (view: ArrayBufferView) => Array.from(new Uint8Array(view.buffer, view.byteOffset, view.byteLength));

  test.each<[string, ArrayBuffer | ArrayBufferView, number[]]>([
    ['Send-binary-arraybuffer.any.js', values.slice().buffer, Array.from(values)],
    ['Send-binary-65K-arraybuffer.any.js', new ArrayBuffer(65_000), Array(65_000).fill(0)],
    ['Send-binary-arraybufferview-int8.any.js', new Int8Array([-1, 2]), [255, 2]],
    ['Send-binary-arraybufferview-int16-offset.any.js', new Int16Array(values.buffer, 2), of(values.subarray(2))],
    ['Send-binary-arraybufferview-int32.any.js', new Int32Array(values.buffer), of(values)],
    ['Send-binary-arraybufferview-uint8-offset.any.js', new Uint8Array(values.buffer, 1), of(values.subarray(1))],
    ['…-uint8-offset-length.any.js', new Uint8Array(values.buffer, 2, 4), [3, 4, 5, 6]],
    ['…-uint16-offset-length.any.js', new Uint16Array(values.buffer, 2, 2), [3, 4, 5, 6]],
    ['…-uint32-offset.any.js', new Uint32Array(values.buffer, 4), of(values.subarray(4))],
    ['…-float32.any.js', new Float32Array([1.5]), of(new Float32Array([1.5]))],
    ['…-float64.any.js', new Float64Array([-2.5]), of(new Float64Array([-2.5]))],
    ['a DataView', new DataView(values.buffer, 3, 2), [4, 5]],
    ['nothing', new Uint8Array(0), []],
  ])('comes back as an ArrayBuffer: %s', async (_, sent, received) => {
    const data = (await echoOf(sent, 'arraybuffer')) as ArrayBuffer;
    expect(Object.prototype.toString.call(data)).toBe('[object ArrayBuffer]');
    expect(Array.from(new Uint8Array(data))).toEqual(received);
  });

  test('comes back as a Blob: Send-binary-blob.any.js, binary/', async () => {
    const data = (await echoOf(new Blob(['hello'], { type: 'text/plain' }))) as Blob;
    expect(data).toBeInstanceOf(Blob);
    expect([data.size, data.type, await data.text()]).toEqual([5, '', 'hello']);
  });

  test('a small message in a large chunk is copied', async () => {
    const { socket, peer, next } = await openRaw();
    socket.binaryType = 'arraybuffer';
    const received: ArrayBuffer[] = [];
    socket.onmessage = event => received.push(event.data);
    peer.write(
      Buffer.concat([FRAMES.server.binary(bytes(1, 2)), FRAMES.server.binary(bytes(3)), FRAMES.server.text('')]),
    );
    await next('message');
    while (received.length < 3) await next('message');
    expect(received.slice(0, 2).map(buffer => Array.from(new Uint8Array(buffer)))).toEqual([[1, 2], [3]]);
  });

  test('bytes are copied, so their memory can be changed at once', async () => {
    const { socket, next } = await openEcho();
    socket.binaryType = 'arraybuffer';
    const data = bytes(1, 2, 3);
    socket.send(data);
    data.fill(9);
    const { data: received } = (await next('message')) as MessageEvent;
    expect(Array.from(new Uint8Array(received))).toEqual([1, 2, 3]);
  });

  test('binaryType is read when the event is fired', async () => {
    const { socket, peer, next } = await openRaw();
    const types: string[] = [];
    socket.onmessage = ({ data }) => {
      types.push(Object.prototype.toString.call(data));
      socket.binaryType = 'arraybuffer';
    };
    peer.write(Buffer.concat([FRAMES.server.binary(bytes(1)), FRAMES.server.binary(bytes(2))]));
    await next('message');
    await next('message');
    expect(types).toEqual(['[object Blob]', '[object ArrayBuffer]']);
  });

  test('shared memory is not sent as bytes', async () => {
    const { socket } = await openEcho();
    const shared = new SharedArrayBuffer(2);
    expect(() => socket.send(new Uint8Array(shared))).toThrow(/data must be in memory that is not shared/);
    // Web IDL converts any other object to a string.
    expect(await echoOf(shared as unknown as string)).toBe('[object SharedArrayBuffer]');
  });
});

test('blobs and other messages keep their order', async () => {
  const { connections, socket } = await openEcho();
  const received: unknown[] = [];
  connections[0]!.on('message', data => received.push(String(data)));
  const done = new Promise(resolve => socket.addEventListener('close', resolve));
  socket.send(new Blob(['a']));
  socket.send('b');
  socket.send(new Blob(['c']));
  socket.close();
  await done;
  expect(received).toEqual(['a', 'b', 'c']);
});

test('send() requires an argument: interfaces/WebSocket/send/001.html, 002.html', async () => {
  const { socket } = await openEcho();
  expect(() => Reflect.apply(socket.send, socket, [])).toThrow(TypeError);
});

test('send() throws an InvalidStateError while connecting: Send-before-open.any.js', async () => {
  const { url } = await echoServer();
  const { socket } = observe(new WebSocket(url));
  const error = expect.objectContaining({ name: 'InvalidStateError', code: 11 });
  expect(() => socket.send('a')).toThrow(error);
  expect(socket.bufferedAmount).toBe(0);
});

describe('the event message', () => {
  test('has data and origin: interfaces/WebSocket/events/', async () => {
    const { socket, url, next } = await openEcho();
    socket.send('hello');
    const event = (await next('message')) as MessageEvent;
    expect(event).toBeInstanceOf(MessageEvent);
    const rest = { lastEventId: '', source: null, ports: [], bubbles: false, cancelable: false };
    expect(event).toMatchObject({ data: 'hello', origin: url.slice(0, -1), ...rest });
    expect(event.target).toBe(socket);
  });

  test('has a task of its own, so microtasks run between two events', async () => {
    const { socket, peer, next } = await openRaw();
    const log: string[] = [];
    socket.onmessage = ({ data }) => {
      log.push(data);
      queueMicrotask(() => log.push(`after ${data}`));
    };
    peer.write(Buffer.concat(['a', 'b'].map(text => FRAMES.server.text(text))));
    while (log.length < 3) await next('message');
    expect(log).toEqual(['a', 'after a', 'b', 'after b'].slice(0, log.length));
  });

  test('is not fired after close(): Close-readyState-Closing', async () => {
    const { socket, peer, events, closed } = await openRaw();
    socket.onmessage = () => socket.close();
    peer.write(Buffer.concat([FRAMES.server.text('a'), FRAMES.server.text('b'), FRAMES.server.close(1000)]));
    await peer.frames('client', 1);
    peer.socket.end();
    await closed;
    expect(events.map(({ type }) => type)).toEqual(['open', 'message', 'close']);
  });

  test('a chunk with many messages does not block the event loop', async () => {
    const { socket, peer, closed } = await openRaw();
    let received = 0;
    let most = 0;
    let before = 0;
    const look = () => {
      most = Math.max(most, received - before);
      before = received;
      if (socket.readyState !== 3) setImmediate(look);
    };
    look();
    socket.onmessage = () => {
      received++;
    };
    const frames = Array.from({ length: 2_000 }, () => FRAMES.server.text('a'));
    peer.write(Buffer.concat([...frames, FRAMES.server.close(1000)]));
    await peer.frames('client', 1);
    peer.socket.end();
    expect(await closed).toMatchObject({ code: 1000, wasClean: true });
    expect(received).toBe(2_000);
    expect(most).toBeLessThanOrEqual(128);
  });

  test('all messages that came before the end of TCP are delivered before close', async () => {
    const { peer, events, closed } = await openRaw();
    peer.socket.end(Buffer.concat(Array.from({ length: 500 }, () => FRAMES.server.text('a'))));
    await closed;
    const types = events.map(({ type }) => type);
    expect(types).toEqual(['open', ...Array(500).fill('message'), 'error', 'close']);
  });

  test('messages that come with the response are fired after open: opening-handshake/', async () => {
    const { switchingProtocols } = await import('../helpers/http-heads.js');
    const { rawServer } = await import('../helpers/raw-peer.js');
    const server = await rawServer(async peer => {
      const head = Buffer.from(switchingProtocols(await peer.head()));
      peer.write(Buffer.concat([head, FRAMES.server.text('early'), FRAMES.server.close(1001, 'bye')]));
      await peer.frames('client', 1);
      peer.socket.end();
    });
    const { socket, events, closed } = observe(new WebSocket(`ws://127.0.0.1:${server.port}/`));
    const states: number[] = [];
    for (const type of ['open', 'message', 'close'])
      socket.addEventListener(type, () => states.push(socket.readyState));
    expect(await closed).toMatchObject({ code: 1001, reason: 'bye', wasClean: true });
    expect(events.map(({ type }) => type)).toEqual(['open', 'message', 'close']);
    expect(states).toEqual([1, expect.any(Number), 3]);
  });
});

describe('bufferedAmount', () => {
  test.each<[string, string | ArrayBuffer | Uint8Array | Blob, number]>([
    ['interfaces/WebSocket/bufferedAmount/bufferedAmount-unicode.html', 'grüße \ud800', 11],
    ['bufferedAmount-large.html', 'x'.repeat(300_000), 300_000],
    ['bufferedAmount-arraybuffer.html', new ArrayBuffer(10), 10],
    ['a view', new Uint8Array(10).subarray(3), 7],
    ['bufferedAmount-blob.html', new Blob(['hello']), 5],
  ])('counts the bytes of a message, without frames: %s', async (_, message, size) => {
    const { socket, next } = await openEcho();
    socket.send(message);
    expect(socket.bufferedAmount).toBe(size);
    socket.send(message);
    await Promise.resolve();
    expect(socket.bufferedAmount).toBe(2 * size);
    await next('message');
    while (socket.bufferedAmount > 0) await new Promise(resolve => setImmediate(resolve));
  });

  test('does not change when the connection closes, and grows after that: interfaces/WebSocket/bufferedAmount/', async () => {
    const { socket, next } = await openEcho();
    socket.send('abc');
    socket.close();
    socket.send('de');
    expect(socket.bufferedAmount).toBe(5);
    await next('close');
    const rest = socket.bufferedAmount;
    expect(rest).toBe(2);
    socket.send('f');
    expect(socket.bufferedAmount).toBe(3);
    await new Promise(resolve => setImmediate(resolve));
    expect(socket.bufferedAmount).toBe(3);
  });

  test('includes bytes sent after the Close frame of the server forever', async () => {
    const { socket, peer, closed } = await openRaw();
    peer.write(FRAMES.server.close(1000));
    await peer.frames('client', 1);
    socket.send('abcd');
    expect([socket.readyState, socket.bufferedAmount]).toEqual([2, 4]);
    peer.socket.end();
    await closed;
    expect([socket.readyState, socket.bufferedAmount]).toEqual([3, 4]);
  });

  test('a burst arrives whole: send-many-64K-messages-with-backpressure.any.js', async () => {
    const { socket, next } = await openEcho();
    let received = 0;
    socket.onmessage = ({ data }) => {
      received += (data as string).length;
    };
    const message = 'x'.repeat(65_536);
    for (let i = 0; i < 160; i++) socket.send(message);
    expect(socket.bufferedAmount).toBe(160 * 65_536);
    while (received < 160 * 65_536) await next('message');
    while (socket.bufferedAmount > 0) await new Promise(resolve => setImmediate(resolve));
  });
});
