/** WebSocketStream. The files of web-platform-tests are named below `websockets/stream/tentative/`. */
import { describe, expect, onTestFinished, test } from 'vitest';
import {
  type WebSocketCloseInfo,
  WebSocketError,
  WebSocketStream,
  type WebSocketStreamOptions,
} from '../../src/websocket/index.js';
import { show } from '../helpers/frames.js';
import { plainResponse, switchingProtocols } from '../helpers/http-heads.js';
import { closedPort, rawServer } from '../helpers/raw-peer.js';
import { turns } from '../helpers/turns.js';
import { echoServer, FRAMES } from '../helpers/w3c-socket.js';

const URL_1 = 'ws://127.0.0.1:1/';

function open(url: string, options: WebSocketStreamOptions = {}): WebSocketStream {
  const stream = new WebSocketStream(url, options);
  onTestFinished(() => stream.close());
  return stream;
}

async function openEcho(options: WebSocketStreamOptions = {}) {
  const server = await echoServer();
  const stream = open(server.url, options);
  return { ...server, stream, ...(await stream.opened) };
}

async function openRaw(options: WebSocketStreamOptions = {}) {
  const server = await rawServer();
  const accepted = server.next();
  const stream = open(`ws://127.0.0.1:${server.port}/`, options);
  const peer = await accepted;
  peer.write(switchingProtocols(await peer.head()));
  return { peer, stream, ...(await stream.opened) };
}

describe('the constructor: constructor.any.js', () => {
  test('throws without a URL, for a wrong URL, options and protocols', () => {
    expect(() => Reflect.construct(WebSocketStream, [])).toThrow(TypeError);
    expect(() => new WebSocketStream('invalid:')).toThrow(expect.objectContaining({ name: 'SyntaxError', code: 12 }));
    expect(() => new WebSocketStream(URL_1, true as never)).toThrow(TypeError);
    expect(() => new WebSocketStream(URL_1, null as never)).toThrow(TypeError);
    expect(() => new WebSocketStream(URL_1, { protocols: 'hi' })).toThrow(TypeError);
    expect(() => new WebSocketStream(URL_1, { protocols: null as never })).toThrow(TypeError);
    expect(() => new WebSocketStream(URL_1, { protocols: ['a', 'a'] })).toThrow(
      expect.objectContaining({ name: 'SyntaxError' }),
    );
    expect(() => new WebSocketStream(URL_1, { signal: {} as never })).toThrow(TypeError);
    expect(() => new WebSocketStream(URL_1, { header: {} } as never)).toThrow(/did you mean 'headers'/);
  });

  test('opens a connection', async () => {
    const { stream, url, readable, writable, protocol, extensions } = await openEcho();
    expect(stream.url).toBe(url);
    expect([protocol, extensions]).toEqual(['', '']);
    expect(readable).toBeInstanceOf(ReadableStream);
    expect(writable).toBeInstanceOf(WritableStream);
  });

  test('offers subprotocols', async () => {
    const { protocol } = await openEcho({ protocols: ['unknown', 'chat'] });
    expect(protocol).toBe('chat');
  });

  test('a failure rejects both promises with a WebSocketError', async () => {
    const port = await closedPort();
    const stream = open(`ws://127.0.0.1:${port}/`);
    await expect(stream.opened).rejects.toBeInstanceOf(WebSocketError);
    await expect(stream.opened).rejects.toMatchObject({ name: 'WebSocketError', cause: { name: 'HandshakeError' } });
    await expect(stream.closed).rejects.toBe(await stream.opened.catch((error: unknown) => error));
    const server = await rawServer(async peer => {
      await peer.head();
      peer.write(plainResponse('404 Not Found'));
      peer.socket.end();
    });
    await expect(open(`ws://127.0.0.1:${server.port}/`).opened).rejects.toBeInstanceOf(WebSocketError);
  });

  test('has the properties of the interface', () => {
    expect(Object.keys(WebSocketStream.prototype).sort()).toEqual(['close', 'closed', 'opened', 'url']);
    expect(Object.prototype.toString.call(WebSocketStream.prototype)).toBe('[object WebSocketStream]');
    expect(WebSocketStream.length).toBe(1);
    expect(WebSocketStream.prototype.close.length).toBe(0);
  });
});

describe('the signal: abort.any.js', () => {
  test('opens nothing if it is already aborted', async () => {
    const { url, connections } = await echoServer();
    const reason = new Error('changed my mind');
    const stream = open(url, { signal: AbortSignal.abort(reason) });
    await expect(stream.opened).rejects.toBe(reason);
    await expect(stream.closed).rejects.toBe(reason);
    await turns();
    expect(connections).toEqual([]);
  });

  test('rejects both promises if it aborts during the handshake', async () => {
    const server = await rawServer();
    const accepted = server.next();
    const controller = new AbortController();
    const stream = open(`ws://127.0.0.1:${server.port}/`, { signal: controller.signal });
    await accepted;
    controller.abort();
    await expect(stream.opened).rejects.toMatchObject({ name: 'AbortError' });
    await expect(stream.closed).rejects.toMatchObject({ name: 'AbortError' });
  });

  test('does nothing if it aborts after the handshake', async () => {
    const controller = new AbortController();
    const { readable, writable } = await openEcho({ signal: controller.signal });
    controller.abort();
    void writable.getWriter().write('connected');
    expect(await readable.getReader().read()).toEqual({ done: false, value: 'connected' });
  });
});

describe('messages', () => {
  test('are strings and Uint8Arrays: read.any.js, write.any.js', async () => {
    const { readable, writable } = await openEcho();
    const [writer, reader] = [writable.getWriter(), readable.getReader()];
    const chunks = ['', 'text', Uint8Array.of(1, 2), new Uint16Array([1]), Uint8Array.of(3).buffer, 5, null] as const;
    const received: unknown[] = [];
    for (const chunk of chunks) {
      await writer.write(chunk as string);
      received.push((await reader.read()).value);
    }
    const [one, two] = [Uint8Array.of(1, 0), Uint8Array.of(3)];
    expect(received).toEqual(['', 'text', Uint8Array.of(1, 2), one, two, '5', 'null']);
    expect(Object.getPrototypeOf(received[2])).toBe(Uint8Array.prototype);
  });

  test('a reader that waits slows the server down: backpressure-receive.any.js', async () => {
    const { readable, connections } = await openEcho();
    const sender = connections[0]!.writable.getWriter();
    let written = 0;
    const writing = (async () => {
      for (; written < 1_000; written++) await sender.write(Buffer.alloc(100_000));
      await sender.close();
    })();
    let before = -1;
    while (written > before) {
      before = written;
      await turns(200);
    }
    expect(written).toBeLessThan(1_000);
    let received = 0;
    for await (const chunk of readable) received += chunk.length;
    await writing;
    expect(received).toBe(100_000_000);
  });

  test('a server that waits slows the writer down: backpressure-send.any.js', async () => {
    const { writable, connections } = await openEcho();
    connections[0]!.pause();
    const writer = writable.getWriter();
    let written = 0;
    let isOver = false;
    const writing = (async () => {
      for (; written < 1_000 && !isOver; written++) await writer.write(new Uint8Array(100_000));
    })();
    let before = -1;
    while (written > before) {
      before = written;
      await turns(200);
    }
    expect(written).toBeLessThan(1_000);
    isOver = true;
    connections[0]!.terminate();
    await expect(writing).rejects.toBeInstanceOf(WebSocketError);
  });
});

describe('close(): close.any.js', () => {
  test.each<[WebSocketCloseInfo | undefined, string]>([
    [undefined, 'close'],
    [{}, 'close'],
    [{ reason: '' }, 'close'],
    [{ reason: 'non-empty' }, 'close 1000 "non-empty"'],
    [{ closeCode: 3456, reason: 'pizza' }, 'close 3456 "pizza"'],
    [{ closeCode: 1000 }, 'close 1000'],
  ])('%j sends %s', async (info, frame) => {
    const { stream, peer } = await openRaw();
    stream.close(info);
    expect((await peer.frames('client', 1)).map(show)).toEqual([frame]);
    peer.write(FRAMES.server.close(3001, 'bye'));
    peer.socket.end();
    expect(await stream.closed).toEqual({ closeCode: 3001, reason: 'bye' });
  });

  test('without a code, closed resolves with 1005', async () => {
    const { stream } = await openEcho();
    stream.close();
    expect(await stream.closed).toEqual({ closeCode: 1005, reason: '' });
  });

  test.each<[unknown, string]>([
    [true, 'TypeError'],
    [{ closeCode: 999 }, 'InvalidAccessError'],
    [{ closeCode: 1001 }, 'InvalidAccessError'],
    [{ closeCode: 2999 }, 'InvalidAccessError'],
    [{ closeCode: 5000 }, 'InvalidAccessError'],
    [{ closeCode: 65_536 }, 'TypeError'],
    [{ closeCode: NaN }, 'TypeError'],
    [{ reason: '.'.repeat(124) }, 'SyntaxError'],
  ])('%j throws a %s', async (info, name) => {
    const { stream } = await openEcho();
    expect(() => stream.close(info as WebSocketCloseInfo)).toThrow(expect.objectContaining({ name }));
  });

  test('while connecting rejects both promises with a WebSocketError', async () => {
    const { url } = await echoServer();
    const stream = open(url);
    stream.close();
    await expect(stream.opened).rejects.toMatchObject({ name: 'WebSocketError', closeCode: 1006, reason: '' });
    await expect(stream.closed).rejects.toBeInstanceOf(WebSocketError);
  });

  test('a closed writable closes the connection, and waits for the handshake', async () => {
    const { stream, peer, writable } = await openRaw();
    let isClosed = false;
    const closing = writable
      .getWriter()
      .close()
      .then(() => {
        isClosed = true;
      });
    expect((await peer.frames('client', 1)).map(show)).toEqual(['close']);
    await turns();
    expect(isClosed).toBe(false);
    peer.write(FRAMES.server.close());
    peer.socket.end();
    await closing;
    expect(await stream.closed).toEqual({ closeCode: 1005, reason: '' });
  });

  test.each(['cancel', 'abort'] as const)(
    '%s() closes the connection, with the code of a WebSocketError',
    async how => {
      const run = async (...args: unknown[]) => {
        const { peer, readable, writable, stream } = await openRaw();
        const done = Reflect.apply(
          how === 'cancel' ? readable.cancel : writable.abort,
          how === 'cancel' ? readable : writable,
          args,
        );
        const [frame] = await peer.frames('client', 1);
        peer.write(FRAMES.server.close());
        peer.socket.end();
        await Promise.all([done, stream.closed]);
        return show(frame!);
      };
      expect(await run()).toBe('close');
      expect(await run({ closeCode: 3456, reason: 'set' })).toBe('close');
      expect(await run(new DOMException('yes', 'DataCloneError'))).toBe('close');
      expect(await run(new WebSocketError('', { closeCode: 3333, reason: 'obsolete' }))).toBe('close 3333 "obsolete"');
      expect(await run(new WebSocketError('', { reason: 'only' }))).toBe('close 1000 "only"');
      expect(await run(new WebSocketError())).toBe('close');
    },
  );
});

describe('the server', () => {
  test('closes cleanly: readable ends, and writable fails with an InvalidStateError', async () => {
    const { stream, connections, readable, writable } = await openEcho();
    const writer = writable.getWriter();
    void connections[0]!.close(3001, 'over');
    const chunks: unknown[] = [];
    for await (const chunk of readable) chunks.push(chunk);
    expect(chunks).toEqual([]);
    expect(await stream.closed).toEqual({ closeCode: 3001, reason: 'over' });
    await expect(writer.write('late')).rejects.toMatchObject({ name: 'InvalidStateError' });
  });

  test('is lost: streams and closed fail with a WebSocketError: remote-close.any.js', async () => {
    const { stream, peer, readable, writable } = await openRaw();
    const writer = writable.getWriter();
    peer.reset();
    const failure = { name: 'WebSocketError', closeCode: 1006, reason: '' };
    await expect(readable.getReader().read()).rejects.toMatchObject(failure);
    await expect(writer.write('late')).rejects.toMatchObject(failure);
    await expect(stream.closed).rejects.toMatchObject({ ...failure, cause: { code: 'WS101_CONNECTION_LOST' } });
    await stream.opened;
  });
});

describe('WebSocketError: websocket-error.any.js', () => {
  test('has the properties of the interface', () => {
    const error = new WebSocketError();
    expect([error.name, error.message, error.code, error.closeCode, error.reason]).toEqual([
      'WebSocketError',
      '',
      0,
      null,
      '',
    ]);
    expect(error).toBeInstanceOf(DOMException);
    expect(error).toBeInstanceOf(WebSocketError);
    expect(Object.keys(WebSocketError.prototype).sort()).toEqual(['closeCode', 'reason']);
    expect(Object.prototype.toString.call(error)).toBe('[object WebSocketError]');
  });

  test('accepts a code and a reason, and checks them', () => {
    expect(new WebSocketError('m', { closeCode: 3456, reason: 'r' })).toMatchObject({
      message: 'm',
      closeCode: 3456,
      reason: 'r',
    });
    expect(new WebSocketError('', { reason: 'r' })).toMatchObject({ closeCode: 1000 });
    expect(new WebSocketError('', { closeCode: 1000.9 })).toMatchObject({ closeCode: 1000 });
    for (const closeCode of [999, 1001, 2999, 5000]) {
      expect(() => new WebSocketError('', { closeCode })).toThrow(
        expect.objectContaining({ name: 'InvalidAccessError' }),
      );
    }
    expect(() => new WebSocketError('', { reason: 'x'.repeat(124) })).toThrow(
      expect.objectContaining({ name: 'SyntaxError' }),
    );
    expect(() => new WebSocketError('', { closeCode: Infinity })).toThrow(TypeError);
  });
});
