import { once } from 'node:events';
import { describe, expect, test, vi } from 'vitest';
import { collectMessages, connectedPair, connectionAndPeer } from '../helpers/connections.js';
import { turns } from '../helpers/turns.js';

/** A source whose pieces the test hands over one by one. */
class ManualSource implements AsyncIterable<string | Uint8Array> {
  readonly returned = vi.fn();
  readonly #steps: Array<(step: IteratorResult<string | Uint8Array>) => void> = [];
  readonly #fails: Array<(error: unknown) => void> = [];
  asked = 0;

  [Symbol.asyncIterator](): AsyncIterator<string | Uint8Array> {
    return {
      next: () => {
        this.asked++;
        return new Promise((resolve, reject) => {
          this.#steps.push(resolve);
          this.#fails.push(reject);
        });
      },
      return: async () => {
        this.returned();
        return { done: true, value: undefined };
      },
    };
  }

  give(value: string | Uint8Array): void {
    this.#fails.shift();
    this.#steps.shift()?.({ done: false, value });
  }

  fail(error: unknown): void {
    this.#steps.shift();
    this.#fails.shift()?.(error);
  }

  finish(): void {
    this.#steps.shift()?.({ done: true, value: undefined });
  }
}

/** The Close frame for a message whose source failed, or that was aborted. */
const CUT_OFF = 'close 1011 "the sender could not complete a message"';

describe('sendStream()', () => {
  test('sends each piece as a fragment as soon as the source returns it (§5.4) [5.4-6] [6.1-5]', async () => {
    const { connection, peer } = connectionAndPeer();
    const source = new ManualSource();
    const sent = connection.sendStream(source);
    source.give('one');
    expect(await peer.saw(1)).toEqual(['text- "one"']);
    await turns();
    source.give('two');
    await peer.saw(2);
    await turns();
    source.finish();
    expect(await sent).toBe(true);
    expect(await peer.saw(3)).toEqual(['text- "one"', 'continuation- "two"', 'continuation ""']);
    expect(source.returned).not.toHaveBeenCalled();
    connection.terminate();
  });

  test.each<[string, Iterable<string | Uint8Array>, string[]]>([
    ['nothing', [], ['binary 0']],
    ['one piece', ['a'], ['text- "a"', 'continuation ""']],
    [
      'bytes',
      [Buffer.from('a'), new Uint8Array(2)],
      ['binary- 1', 'continuation- "\\u0000\\u0000"', 'continuation ""'],
    ],
  ])('of %s', async (_, source, frames) => {
    const { connection, peer } = connectionAndPeer('client');
    await connection.sendStream(source);
    expect(await peer.saw(frames.length)).toEqual(frames);
    connection.terminate();
  });

  test('joins surrogates that were cut between two pieces', async () => {
    const { client, server } = connectedPair();
    const messages = collectMessages(server);
    await client.sendStream(['a\ud83d', '\ude00b', '\ud83d', '', '\ude00', '\ud83d', 'x', 'end\ud83d']);
    await client.close();
    expect(messages).toEqual(['a😀b😀\ufffdxend\ufffd']);
  });

  test.each<[string, unknown]>([
    ['a string', 'text'],
    ['a number', 7],
    ['null', null],
    ['an object', {}],
  ])('rejects %s as a source', async (_, source) => {
    const { connection } = connectionAndPeer();
    await expect(connection.sendStream(source as never)).rejects.toThrow(
      expect.objectContaining({ name: 'TypeError', code: 'WS101_INVALID_ARGUMENT' }),
    );
    connection.terminate();
  });

  test('rejects, and leaves the connection open, if the source fails before its first piece', async () => {
    const { connection, peer } = connectionAndPeer();
    const error = new Error('no such file');
    const source = new ManualSource();
    const sent = connection.sendStream(source);
    source.fail(error);
    await expect(sent).rejects.toBe(error);
    connection.send('still here');
    expect(await peer.saw(1)).toEqual(['text "still here"']);
    connection.terminate();
  });

  test('rejects, and leaves the connection open, if the first piece is of a wrong type', async () => {
    const { connection, peer } = connectionAndPeer();
    await expect(connection.sendStream(Buffer.from('numbers') as never)).rejects.toThrow('got 110');
    connection.send('still here');
    expect(await peer.saw(1)).toEqual(['text "still here"']);
    connection.terminate();
  });

  test.each<[string, Iterable<unknown>, string]>([
    [
      'text and bytes',
      ['text', Buffer.from('bytes')],
      'a piece of the stream must be a string, like the first piece, got a Buffer',
    ],
    [
      'bytes and text',
      [Buffer.from('bytes'), 'text'],
      'a piece of the stream must be a Uint8Array, like the first piece, got "text"',
    ],
    ['text and a number', ['text', 1], 'got 1'],
  ])('closes with 1011 if %s are mixed', async (_, source, message) => {
    const { connection, peer } = connectionAndPeer();
    await expect(connection.sendStream(source as never)).rejects.toThrow(message);
    expect((await peer.saw(2))[1]).toBe(CUT_OFF);
    peer.send(peer.frames.close(1011));
    expect((await connection.closed).cause).toBeInstanceOf(TypeError);
  });

  test('closes with 1011 if the source fails in the middle, whatever it throws', async () => {
    for (const thrown of [new Error('disk'), 'a string', Object.create(null), undefined]) {
      const { connection, peer } = connectionAndPeer('server', { closeTimeout: 50 });
      const sent = connection.sendStream(
        (function* () {
          yield 'begun';
          throw thrown;
        })(),
      );
      await expect(sent).rejects.toBe(thrown);
      expect(await peer.saw(2)).toEqual(['text- "begun"', CUT_OFF]);
      const { cause } = await connection.closed;
      expect(cause).toBeInstanceOf(Error);
      expect(cause === thrown || cause?.cause === thrown).toBe(true);
    }
  });

  test('sends nothing after a message that was cut off: neither messages nor fragments of the next stream [5.4-4]', async () => {
    const { client, server } = connectedPair();
    const messages = collectMessages(server);
    const source = new ManualSource();
    client.send('before');
    const cut = client.sendStream(source);
    client.send('behind');
    const next = client.sendStream(['glued on']);
    client.send(new Blob(['and on']));
    source.give('begun');
    await turns();
    source.fail(new Error('cut'));
    await expect(cut).rejects.toThrow('cut');
    expect(await next).toBe(false);
    const info = await server.closed;
    expect(info).toMatchObject({ code: 1011, wasClean: true, initiator: 'remote' });
    expect(messages).toEqual(['before']);
  });

  test('closes with 1011, not with the code of a waiting close(), if a message is cut off', async () => {
    const { connection, peer } = connectionAndPeer();
    const source = new ManualSource();
    const sent = connection.sendStream(source);
    source.give('begun');
    await peer.saw(1);
    const closed = connection.close(1000, 'done');
    source.fail(new Error('cut'));
    await expect(sent).rejects.toThrow('cut');
    expect(await peer.saw(2)).toEqual(['text- "begun"', CUT_OFF]);
    peer.send(peer.frames.close(1011));
    peer.socket.end();
    expect((await closed).cause?.message).toBe('cut');
  });

  test('is not the cause of the end if the source fails after the peer’s Close frame', async () => {
    const { connection, peer } = connectionAndPeer('client');
    const source = new ManualSource();
    const sent = connection.sendStream(source);
    source.give('begun');
    await peer.saw(1);
    await turns();
    peer.send(peer.frames.close(1000));
    await peer.saw(2);
    source.fail(new Error('late'));
    await expect(sent).rejects.toThrow('late');
    peer.socket.end();
    expect(await connection.closed).toMatchObject({ code: 1000, cause: undefined, wasClean: true });
  });

  test('rejects at once and sends nothing if the signal is already aborted', async () => {
    const { connection, peer } = connectionAndPeer();
    const source = new ManualSource();
    const reason = new Error('never mind');
    await expect(connection.sendStream(source, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    expect(source.asked).toBe(0);
    expect(source.returned).toHaveBeenCalledOnce();
    await turns();
    expect(peer.received).toBe(0);
    expect(connection.state).toBe('open');
    connection.terminate();
  });

  test('rejects if it is aborted while it waits for its turn, and the next message is sent', async () => {
    const { connection, peer } = connectionAndPeer();
    const first = new ManualSource();
    const waiting = new ManualSource();
    const controller = new AbortController();
    const sent = connection.sendStream(first);
    const aborted = connection.sendStream(waiting, { signal: controller.signal });
    connection.send('last');
    controller.abort();
    await expect(aborted).rejects.toMatchObject({ name: 'AbortError' });
    expect(waiting.returned).toHaveBeenCalledOnce();
    first.finish();
    expect(await sent).toBe(true);
    expect(await peer.saw(2)).toEqual(['binary 0', 'text "last"']);
    expect(waiting.asked).toBe(0);
    connection.terminate();
  });

  test('rejects and closes with 1011 if it is aborted in the middle, even during a wait', async () => {
    const { connection, peer } = connectionAndPeer();
    const source = new ManualSource();
    const controller = new AbortController();
    const sent = connection.sendStream(source, { signal: controller.signal });
    source.give('begun');
    await peer.saw(1);
    controller.abort(new Error('enough'));
    await expect(sent).rejects.toThrow('enough');
    expect(await peer.saw(2)).toEqual(['text- "begun"', CUT_OFF]);
    expect(source.returned).toHaveBeenCalledOnce();
    connection.terminate();
  });

  test('leaves the connection open if it is aborted before its first piece', async () => {
    const { connection, peer } = connectionAndPeer();
    const controller = new AbortController();
    const sent = connection.sendStream(new ManualSource(), { signal: controller.signal });
    controller.abort();
    controller.abort();
    await expect(sent).rejects.toMatchObject({ name: 'AbortError' });
    connection.send('open');
    expect(await peer.saw(1)).toEqual(['text "open"']);
    connection.terminate();
  });

  test('may be aborted by its own source while that is called', async () => {
    const { connection, peer } = connectionAndPeer();
    const controller = new AbortController();
    const source = {
      [Symbol.asyncIterator]: () => ({
        next: () => {
          controller.abort(new Error('by myself'));
          return new Promise<never>(() => {});
        },
      }),
    };
    await expect(connection.sendStream(source, { signal: controller.signal })).rejects.toThrow('by myself');
    connection.send('open');
    expect(await peer.saw(1)).toEqual(['text "open"']);
    connection.terminate();
  });

  test('leaves no listener on the signal', async () => {
    const { connection } = connectionAndPeer();
    const { signal } = new AbortController();
    const remove = vi.spyOn(signal, 'removeEventListener');
    await connection.sendStream(['x'], { signal });
    expect(remove).toHaveBeenCalledOnce();
    connection.terminate();
  });

  test('resolves to false if the connection closes in the middle, also for waiting streams, and ends the sources [6.1-3]', async () => {
    const { connection, peer } = connectionAndPeer();
    const [running, waiting] = [new ManualSource(), new ManualSource()];
    const sent = [connection.sendStream(running), connection.sendStream(waiting)];
    running.give('begun');
    await peer.saw(1);
    peer.socket.destroy();
    expect(await Promise.all(sent)).toEqual([false, false]);
    expect(running.returned).toHaveBeenCalledOnce();
    expect(waiting.returned).toHaveBeenCalledOnce();
    await connection.closed;
  });

  test('rejects with the abort if the connection closes after it', async () => {
    const { connection } = connectionAndPeer();
    const controller = new AbortController();
    const running = connection.sendStream(new ManualSource());
    const waiting = new ManualSource();
    const aborted = connection.sendStream(waiting, { signal: controller.signal });
    controller.abort(new Error('first'));
    connection.terminate();
    await expect(aborted).rejects.toThrow('first');
    expect(await running).toBe(false);
    expect(waiting.returned).toHaveBeenCalledOnce();
  });

  test('resolves to false if the peer closes between two pieces', async () => {
    const { connection, peer } = connectionAndPeer();
    const source = new ManualSource();
    const sent = connection.sendStream(source);
    source.give('begun');
    await peer.saw(1);
    await turns();
    peer.send(peer.frames.close(1000));
    await peer.saw(2);
    source.give('too late');
    expect(await sent).toBe(false);
    expect(source.returned).toHaveBeenCalledOnce();
    connection.terminate();
  });

  test('is sent no faster than the peer reads', async () => {
    const { connection, peer } = connectionAndPeer('server', { highWaterMark: 10_000 }, { highWaterMark: 10_000 });
    peer.socket.pause();
    let given = 0;
    const sent = connection.sendStream(
      (function* () {
        for (; given < 100; given++) yield Buffer.alloc(5_000);
      })(),
    );
    await turns();
    expect(given).toBeLessThan(8);
    connection.send('behind');
    peer.socket.resume();
    expect(await sent).toBe(true);
    expect(given).toBe(100);
    expect((await peer.saw(102)).at(-1)).toBe('text "behind"');
    connection.terminate();
  });

  test('ignores a source whose return() fails', async () => {
    for (const returns of [
      () => Promise.reject(new Error('async')),
      () => {
        throw new Error('sync');
      },
    ]) {
      const { connection } = connectionAndPeer();
      const source = { [Symbol.iterator]: () => ({ next: () => ({ done: false, value: 7 }), return: returns }) };
      await expect(connection.sendStream(source as never)).rejects.toThrow('got 7');
      connection.terminate();
      await connection.closed;
    }
  });

  test('sends control frames between the fragments [5.4-1]', async () => {
    const { connection, peer } = connectionAndPeer();
    const source = new ManualSource();
    void connection.sendStream(source);
    source.give('a');
    await peer.saw(1);
    void connection.ping('p');
    peer.send(peer.frames.ping('q'));
    await peer.saw(3);
    source.give('b');
    expect(await peer.saw(4)).toEqual(['text- "a"', 'ping "p"', 'pong "q"', 'continuation- "b"']);
    connection.terminate();
    await once(connection, 'close');
  });
});
