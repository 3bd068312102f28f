import { once } from 'node:events';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { HandlerError, HandshakeError, type ReconnectingClient, type ReconnectingState } from '../../../src/index.js';
import { settle } from '../../helpers/fake-clock.js';
import { ReconnectingPeer } from '../../helpers/reconnecting-peer.js';

const SLOW = { initialDelay: 1_000, maxDelay: 8_000, stableAfter: 5_000 };

describe('attempts', () => {
  test('the first attempt is made at once', async () => {
    const peer = new ReconnectingPeer();
    const client = await peer.client();
    expect(peer.attempts).toEqual([0]);
    expect(client.connection).toBe(peer.clients[0]);
    expect(client.state.name).toBe('open');
  });

  test('a lost connection is opened again after a random part of initialDelay', async () => {
    const peer = new ReconnectingPeer();
    peer.clock.random = () => 0.25;
    const client = await peer.client(SLOW);
    await peer.clock.advance(10_000);
    await peer.lose();
    expect(client.state).toMatchObject({ name: 'waiting', delay: 250, failure: { kind: 'ended', failures: 1 } });
    expect(client.connection).toBeUndefined();
    await peer.clock.advance(249);
    expect(peer.attempts).toEqual([0]);
    await peer.clock.advance(1);
    expect(peer.attempts).toEqual([0, 10_250]);
    expect(client.connection).toBe(peer.clients[1]);
  });

  test('each failure doubles the longest wait', async () => {
    const peer = new ReconnectingPeer();
    peer.answer = 503;
    peer.clock.random = () => 1;
    await peer.client(SLOW);
    await peer.clock.advance(30_000);
    expect(peer.attempts).toEqual([0, 1_000, 3_000, 7_000, 15_000, 23_000]);
  });

  test('a connection that was open for less than stableAfter does not reset the wait', async () => {
    const peer = new ReconnectingPeer();
    peer.clock.random = () => 1;
    await peer.client(SLOW);
    await peer.clock.advance(4_999);
    await peer.lose();
    await peer.clock.advance(1_000);
    await peer.lose();
    await peer.clock.advance(2_000);
    expect(peer.attempts).toEqual([0, 5_999, 7_999]);
    await peer.clock.advance(5_000);
    await peer.lose();
    await peer.clock.advance(1_000);
    expect(peer.attempts.at(-1)).toBe(13_999);
  });

  test('retryNow() ends the wait', async () => {
    const peer = new ReconnectingPeer();
    const client = await peer.client(SLOW);
    await peer.lose();
    client.retryNow();
    await settle();
    expect(peer.attempts).toEqual([0, 0]);
    expect(peer.clock.timers).toBe(0);
  });

  test('url and connect may be functions, which are called for each attempt', async () => {
    const peer = new ReconnectingPeer();
    const asked: unknown[] = [];
    const { ReconnectingClient } = await import('../../../src/client/reconnecting/reconnecting-client.js');
    const { resolveReconnectingOptions } = await import('../../../src/client/reconnecting/options.js');
    const settings = resolveReconnectingOptions({
      ...SLOW,
      connect: async ({ number, lastFailure }) => ({ headers: { Token: `${number} ${lastFailure?.close?.code}` } }),
      open: async (url, { headers, signal }) => {
        asked.push([url, headers, signal?.aborted]);
        return await peer.open();
      },
    });
    const client = new ReconnectingClient(({ number }) => `ws://peer/${number}`, settings, peer.clock);
    onTestFinished(() => void client.close());
    await settle();
    await peer.close(1012);
    await peer.clock.advance(1_000);
    expect(asked).toEqual([
      ['ws://peer/1', { Token: '1 undefined' }, false],
      ['ws://peer/2', { Token: '2 1012' }, false],
    ]);
  });

  test('a function that fails makes the attempt fail, and the next one follows', async () => {
    const peer = new ReconnectingPeer();
    let calls = 0;
    const connect = () => {
      if (++calls === 1) throw new Error('the token service is down');
      return {};
    };
    const client = await peer.client({ ...SLOW, connect });
    expect(client.state).toMatchObject({ name: 'waiting', failure: { kind: 'opening' } });
    await peer.clock.advance(1_000);
    expect(client.state.name).toBe('open');
  });

  test.each([
    ['connect', { connect: () => new Promise<never>(() => {}) }],
    ['open', { open: () => new Promise<never>(() => {}) }],
    ['onOpen', { onOpen: () => new Promise<never>(() => {}) }],
  ])('attemptTimeout ends an attempt whose %s never settles', async (_, options) => {
    const peer = new ReconnectingPeer();
    const client = await peer.client({ ...SLOW, ...options, attemptTimeout: 2_000 });
    await peer.clock.advance(1_999);
    expect(client.state.name).toBe('connecting');
    await peer.clock.advance(1);
    expect(String(client.state.failure?.error)).toMatch(/took more than 2000 ms \(attemptTimeout\)/);
    expect(peer.clients.every(({ state }) => state === 'closed')).toBe(true);
  });

  test.each([null, undefined, 5, 'x'])('a connect function that returns %j ends the client', async options => {
    const peer = new ReconnectingPeer();
    const client = await peer.client({ connect: () => options as never });
    expect(String((await client.closed).failure?.error)).toContain('connect() must return an object, got');
    expect(peer.attempts).toEqual([]);
  });

  test('a connection that arrives after attemptTimeout is closed', async () => {
    const peer = new ReconnectingPeer();
    let arrive = (): void => {};
    const open = () =>
      new Promise<Awaited<ReturnType<typeof peer.open>>>(resolve => {
        arrive = () => resolve(peer.open());
      });
    const client = await peer.client({ ...SLOW, open, attemptTimeout: 1_000 });
    await peer.clock.advance(1_000);
    arrive();
    await settle();
    expect(peer.clients[0]?.state).toBe('closed');
    expect(client.connection).toBeUndefined();
  });
});

describe('failures', () => {
  test.each([400, 401, 403, 404, 426, 301])('status %d is not retried', async status => {
    const peer = new ReconnectingPeer();
    peer.answer = status;
    const client = await peer.client();
    const { failure } = await client.closed;
    expect(failure).toMatchObject({ kind: 'opening', status, failures: 1 });
    expect(client.state.name).toBe('closed');
  });

  test.each([408, 425, 429, 500, 502, 503, 504])('status %d is retried', async status => {
    const peer = new ReconnectingPeer();
    peer.answer = status;
    const client = await peer.client(SLOW);
    expect(client.state.name).toBe('waiting');
  });

  test.each([1000, 1002, 1003, 1007, 1008, 1009, 1010, 3000, 3003])('close code %d is not retried', async code => {
    const peer = new ReconnectingPeer();
    const client = await peer.client();
    await peer.close(code, 'no');
    expect((await client.closed).failure).toMatchObject({ kind: 'ended', close: { code, reason: 'no' } });
  });

  test.each([undefined, 1001, 1011, 1012, 1013, 1014, 3008, 4001])('close code %s is retried', async code => {
    const peer = new ReconnectingPeer();
    const client = await peer.client(SLOW);
    await peer.close(code);
    expect(client.state.name).toBe('waiting');
  });

  test('a connection that the application closed itself is opened again', async () => {
    const peer = new ReconnectingPeer();
    const client = await peer.client(SLOW);
    await client.connection?.close(1000);
    await settle();
    expect(client.state.name).toBe('waiting');
  });

  test('isRetryable decides, and gets the usual answer as an argument', async () => {
    const peer = new ReconnectingPeer();
    peer.answer = 401;
    const asked: unknown[] = [];
    const client = await peer.client({
      ...SLOW,
      isRetryable: ({ status, failures }, usual) => {
        asked.push([status, failures, usual]);
        return failures < 3;
      },
    });
    await peer.clock.advance(10_000);
    expect(asked).toEqual([
      [401, 1, false],
      [401, 2, false],
      [401, 3, false],
    ]);
    expect((await client.closed).failure?.failures).toBe(3);
  });

  test('if isRetryable throws, the error is reported, and the usual answer is used', async () => {
    const peer = new ReconnectingPeer();
    const errors: unknown[] = [];
    const client = peer.created({ ...SLOW, isRetryable: () => JSON.parse('{') });
    client.on('handlerError', error => errors.push(error));
    await settle();
    await peer.lose();
    expect(errors).toEqual([expect.any(HandlerError)]);
    expect(client.state.name).toBe('waiting');
  });

  test('the random wait is added to Retry-After', async () => {
    const peer = new ReconnectingPeer();
    peer.clock.random = () => 0.5;
    const refused = (headers: Array<readonly [string, string]>) =>
      new HandshakeError('busy', { phase: 'response', fault: 'peer', status: 503, headers });
    peer.answer = refused([['Retry-After', '120']]);
    const client = await peer.client(SLOW);
    expect(client.state.delay).toBe(120_500);
    peer.answer = refused([
      ['Date', 'Sun, 29 Nov 2026 10:00:00 GMT'],
      ['Retry-After', 'Sun, 29 Nov 2026 10:00:07 GMT'],
    ]);
    client.retryNow();
    await settle();
    expect(client.state.delay).toBe(8_000);
  });

  test('a failure without a listener causes a process warning', async () => {
    const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
    onTestFinished(() => warn.mockRestore());
    const peer = new ReconnectingPeer();
    peer.answer = 404;
    peer.created().removeAllListeners('close');
    await settle();
    expect(warn).toHaveBeenCalledWith(
      expect.stringContaining('has given up: status 404'),
      expect.objectContaining({ code: 'WS101_GAVE_UP' }),
    );
  });
});

describe('messages', () => {
  test('messages sent before the connection is open arrive in order', async () => {
    const peer = new ReconnectingPeer();
    const client = peer.created();
    expect([client.send('a'), client.send('b')]).toEqual([true, true]);
    expect(client.queued).toEqual({ messages: 2, bytes: 2 });
    await settle();
    client.send('c');
    await settle();
    expect(peer.received).toEqual([
      [1, 'a'],
      [1, 'b'],
      [1, 'c'],
    ]);
  });

  test('bytes are copied when they are queued', async () => {
    const peer = new ReconnectingPeer();
    const client = peer.created();
    const bytes = Buffer.from('before');
    client.send(bytes, { type: 'text' });
    bytes.fill('x');
    await settle();
    expect(peer.received).toEqual([[1, 'before']]);
  });

  test('onOpen is called before queued messages are sent', async () => {
    const peer = new ReconnectingPeer();
    const client = peer.created({
      ...SLOW,
      onOpen: async (connection, { number }) => {
        connection.send(`resume ${number}`);
        await settle();
      },
    });
    client.send('queued');
    await settle();
    await settle();
    await settle();
    await peer.close(1012);
    client.send('later');
    await peer.clock.advance(1_000);
    await settle();
    await settle();
    expect(peer.received.map(([, data]) => data)).toEqual(['resume 1', 'queued', 'resume 2', 'later']);
  });

  test('an onOpen that rejects closes the connection with 1011 and counts as a failure', async () => {
    const peer = new ReconnectingPeer();
    const client = peer.created({ ...SLOW, onOpen: () => Promise.reject(new Error('wrong password')) });
    const errors: HandlerError[] = [];
    client.on('handlerError', error => errors.push(error));
    client.send('kept');
    await settle();
    expect((await peer.server.closed).code).toBe(1011);
    await settle();
    expect(client.state).toMatchObject({ name: 'waiting', failure: { kind: 'opening', failures: 1 } });
    expect(errors.map(String)).toEqual(['HandlerError: onOpen() failed: wrong password']);
    expect(client.queued.messages).toBe(1);
  });

  test('a connection that is lost while onOpen runs counts as a failure', async () => {
    const peer = new ReconnectingPeer();
    const client = await peer.client({ ...SLOW, onOpen: () => new Promise(() => {}) });
    await peer.lose();
    expect(client.state).toMatchObject({ name: 'waiting', failure: { kind: 'ended' } });
  });

  test('a full queue rejects by default: send() throws', async () => {
    const peer = new ReconnectingPeer();
    const client = peer.created({ maxQueuedMessages: 1 });
    client.send('a');
    expect(() => client.send('b')).toThrow(expect.objectContaining({ code: 'WS101_BACKPRESSURE', fault: 'caller' }));
    await settle();
    expect(peer.received).toEqual([[1, 'a']]);
  });

  test("whenQueueFull: 'drop-oldest' drops the oldest messages, with an event", async () => {
    const peer = new ReconnectingPeer();
    const client = peer.created({ maxQueuedBytes: 3, whenQueueFull: 'drop-oldest' });
    const dropped: unknown[] = [];
    client.on('dropped', ({ data }) => dropped.push(data));
    for (const data of ['a', 'b', 'cc']) client.send(data);
    expect(client.send('too long')).toBeUndefined();
    await settle();
    expect(dropped).toEqual(['a']);
    expect(peer.received.map(([, data]) => data)).toEqual(['b', 'cc']);
  });

  test('a message that a listener for dropped sends follows the one that made it drop', async () => {
    const peer = new ReconnectingPeer();
    const client = peer.created({ maxQueuedMessages: 2, whenQueueFull: 'drop-oldest' });
    client.once('dropped', () => client.send('d'));
    for (const data of ['a', 'b', 'c']) client.send(data);
    await settle();
    expect(peer.received.map(([, data]) => data)).toEqual(['c', 'd']);
  });

  test("whenQueueFull: 'keep' drops the new message", async () => {
    const peer = new ReconnectingPeer();
    const client = peer.created({ maxQueuedMessages: 1, whenQueueFull: 'keep' });
    expect([client.send('a'), client.send('b')]).toEqual([true, undefined]);
    await settle();
    expect(peer.received).toEqual([[1, 'a']]);
  });

  test('send() throws for wrong data, even while there is no connection', () => {
    const client = new ReconnectingPeer().created();
    expect(() => client.send(5 as never)).toThrow(TypeError);
    expect(() => client.send('a', { typ: 'text' } as never)).toThrow(/did you mean 'type'/);
    expect(() => client.send(Buffer.from([0xff]), { type: 'text' })).toThrow(RangeError);
  });

  test('messages wait for a busy connection, and go to the next one if it is lost', async () => {
    const peer = new ReconnectingPeer();
    const client = await peer.client(SLOW);
    peer.server.pause();
    const large = 'x'.repeat(100_000);
    // Memory and the peer's inbox take some megabytes.
    while (client.queued.messages === 0) {
      client.send(large);
      await settle();
    }
    expect(client.send('waits')).toBe(false);
    const drained = client.drained();
    peer.clients[0]?.terminate();
    await settle();
    await peer.clock.advance(1_000);
    expect(await drained).toBe(true);
    await vi.waitFor(() =>
      expect(peer.received.map(([number, data]) => [number, data.length])).toEqual([
        [2, large.length],
        [2, 'waits'.length],
      ]),
    );
  });

  test('drain follows when a busy connection takes more', async () => {
    const peer = new ReconnectingPeer();
    const client = await peer.client();
    const drained = vi.fn();
    client.on('drain', drained);
    while (client.send('x'.repeat(50_000)) === true);
    client.send('last');
    expect(await client.drained()).toBe(true);
    await settle();
    expect(drained).toHaveBeenCalledTimes(1);
    expect(peer.received.at(-1)).toEqual([1, 'last']);
  });

  test('the event message passes on the messages of every connection, even to a listener that is added late', async () => {
    const peer = new ReconnectingPeer();
    const client = await peer.client(SLOW);
    peer.server.send('kept');
    await settle();
    const messages: unknown[] = [];
    client.on('message', (data, isBinary) => messages.push([data, isBinary]));
    await settle();
    await peer.close(1012);
    await peer.clock.advance(1_000);
    peer.server.send(Buffer.from('b'));
    await settle();
    expect(messages).toEqual([
      ['kept', false],
      [Buffer.from('b'), true],
    ]);
  });

  test.each<[string, (client: ReconnectingClient, listener: () => void) => void]>([
    ['off()', (client, listener) => client.off('message', listener)],
    ['removeListener()', (client, listener) => client.removeListener('message', listener)],
    ['removeAllListeners()', client => client.removeAllListeners('message')],
  ])('a message that arrives after %s is kept for the next listener', async (_, remove) => {
    const peer = new ReconnectingPeer();
    const client = await peer.client();
    const listener = vi.fn();
    client.on('message', listener);
    remove(client, listener);
    peer.server.send('a');
    await settle();
    const [data] = await once(client, 'message');
    expect([listener.mock.calls, data]).toEqual([[], 'a']);
  });

  test('once() gets one message after the other, even if they arrive together', async () => {
    const peer = new ReconnectingPeer();
    const client = await peer.client();
    for (const data of ['a', 'b', 'c']) peer.server.send(data);
    for (const data of ['a', 'b', 'c']) expect((await once(client, 'message'))[0]).toBe(data);
  });

  test('a message listener that throws closes the connection with 1011, and the client connects again', async () => {
    const peer = new ReconnectingPeer();
    const client = await peer.client(SLOW);
    const errors: unknown[] = [];
    client.on('handlerError', ({ message }) => errors.push(message));
    client.on('message', () => {
      throw new Error('oops');
    });
    peer.server.send('a');
    await settle();
    expect(errors).toEqual(["a listener of 'message' failed: oops"]);
    expect(peer.server.state).toBe('closed');
    expect(client.state.name).toBe('waiting');
  });
});

describe('the end', () => {
  test('close() sends queued messages, and closes with its code', async () => {
    const peer = new ReconnectingPeer();
    const client = await peer.client();
    client.send('last');
    const end = await client.close(1000, 'done');
    expect(end).toEqual({ failure: undefined, unsent: [] });
    expect(await peer.server.closed).toMatchObject({ code: 1000, reason: 'done' });
    expect(peer.received).toEqual([[1, 'last']]);
    expect(client.send('too late')).toBeUndefined();
    expect(await client.drained()).toBe(false);
  });

  test.each(['waiting', 'connecting'] as const)(
    'close() ends the state %s and returns what was not sent',
    async name => {
      const peer = new ReconnectingPeer();
      if (name === 'waiting') peer.answer = 503;
      const client = await peer.client({
        ...SLOW,
        ...(name === 'connecting' ? { open: () => new Promise<never>(() => {}) } : {}),
      });
      expect(client.state.name).toBe(name);
      client.send('a');
      expect((await client.close()).unsent).toEqual([{ data: 'a', options: undefined }]);
      expect(client.state.name).toBe('closed');
      expect(peer.clock.timers).toBe(0);
    },
  );

  test.each(['connecting', 'open', 'waiting', 'offline', 'closed'] as const)(
    'close() in the listener that learns of the state %s ends the client',
    async name => {
      const peer = new ReconnectingPeer();
      const network = Object.assign(new EventTarget(), { onLine: name !== 'offline' });
      if (name === 'waiting') peer.answer = 503;
      if (name === 'closed') peer.answer = 403;
      const client = peer.created({ network });
      client.send('a');
      client.on('state', state => {
        if (state.name === name) void client.close();
      });
      const { unsent } = await client.closed;
      expect(unsent).toHaveLength(name === 'open' ? 0 : 1);
      expect(peer.attempts).toHaveLength(['connecting', 'offline'].includes(name) ? 0 : 1);
      expect(peer.clock.timers).toBe(0);
    },
  );

  test('the signal closes the client', async () => {
    const peer = new ReconnectingPeer();
    const abort = new AbortController();
    const client = await peer.client({ signal: abort.signal });
    abort.abort();
    expect(await client.closed).toEqual({ failure: undefined, unsent: [] });
    expect(peer.server.state).toBe('closed');
  });

  test('nothing is opened if the signal is already aborted', async () => {
    const peer = new ReconnectingPeer();
    const client = await peer.client({ signal: AbortSignal.abort() });
    await client.closed;
    expect(peer.attempts).toEqual([]);
  });

  test('a wrong close code rejects, and nothing happens', async () => {
    const peer = new ReconnectingPeer();
    const client = await peer.client();
    await expect(client.close(1005)).rejects.toThrow(RangeError);
    expect(client.state.name).toBe('open');
  });

  test('await using closes the client', async () => {
    const peer = new ReconnectingPeer();
    const client = await peer.client();
    await client[Symbol.asyncDispose]();
    expect(client.state.name).toBe('closed');
  });
});

describe('observing', () => {
  test('state follows each change', async () => {
    const peer = new ReconnectingPeer();
    const client = peer.created(SLOW);
    const states: ReconnectingState[] = [];
    client.on('state', state => states.push(state));
    await settle();
    await peer.lose();
    await peer.clock.advance(1_000);
    await client.close();
    expect(states.map(({ name }) => name)).toEqual(['connecting', 'open', 'waiting', 'connecting', 'open', 'closed']);
  });

  test('the iterator returns each connection, and ends with close()', async () => {
    const peer = new ReconnectingPeer();
    const client = peer.created(SLOW);
    const seen: unknown[] = [];
    const loop = (async () => {
      for await (const connection of client) seen.push(connection);
    })();
    await settle();
    await peer.lose();
    await peer.clock.advance(1_000);
    await client.close();
    await loop;
    expect(seen).toEqual(peer.clients);
    expect(seen).toHaveLength(2);
  });

  test('the iterator throws the failure that was not retried', async () => {
    const peer = new ReconnectingPeer();
    const client = await peer.client();
    const iterator = client[Symbol.asyncIterator]();
    await iterator.next();
    const failed = expect(iterator.next()).rejects.toThrow('the peer closed the connection with 1008: banned');
    await peer.close(1008, 'banned');
    await failed;
  });

  test('the iterator ends when the peer has closed with 1000', async () => {
    const peer = new ReconnectingPeer();
    const client = await peer.client();
    const iterator = client[Symbol.asyncIterator]();
    await iterator.next();
    await peer.close(1000);
    expect(await iterator.next()).toEqual({ done: true, value: undefined });
  });
});
