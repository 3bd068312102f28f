import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { type ReconnectingOptions, resolveReconnectingOptions } from '../../../src/client/reconnecting/options.js';
import { ReconnectingClient } from '../../../src/client/reconnecting/reconnecting-client.js';
import type { WebSocketLike } from '../../../src/index.js';
import { FakeClock, settle } from '../../helpers/fake-clock.js';

/** A W3C WebSocket as far as a client uses it. */
class FakeWebSocket extends EventTarget implements WebSocketLike {
  readyState = 0;
  readonly sent: unknown[] = [];
  readonly closes: unknown[][] = [];
  /** Whether close() is followed by the event. */
  answersClose = true;

  send(data: unknown): void {
    this.sent.push(data);
  }

  close(...args: unknown[]): void {
    this.closes.push(args);
    if (this.readyState < 2) this.readyState = 2;
    if (this.answersClose) this.closed(1005);
  }

  open(): void {
    this.readyState = 1;
    this.dispatchEvent(new Event('open'));
  }

  closed(code: number, reason = ''): void {
    if (this.readyState === 3) return;
    this.readyState = 3;
    this.dispatchEvent(Object.assign(new Event('close'), { code, reason }));
  }

  message(data: unknown): void {
    this.dispatchEvent(new MessageEvent('message', { data }));
  }
}

async function created(options: ReconnectingOptions<FakeWebSocket> = {}) {
  const clock = new FakeClock();
  const sockets: FakeWebSocket[] = [];
  const open = () => {
    const socket = new FakeWebSocket();
    sockets.push(socket);
    return socket;
  };
  const settings = resolveReconnectingOptions<FakeWebSocket>({ initialDelay: 1_000, open, ...options });
  const client = new ReconnectingClient<FakeWebSocket>('ws://peer/', settings, clock);
  client.on('close', () => {});
  onTestFinished(() => void client.close());
  await settle();
  return { client, clock, sockets };
}

describe('a W3C WebSocket', () => {
  test('sends queued messages when it has emitted open', async () => {
    const { client, sockets } = await created();
    client.send('a');
    expect(client.state.name).toBe('connecting');
    sockets[0]?.open();
    await settle();
    expect(client.connection).toBe(sockets[0]);
    client.send('b');
    expect(sockets[0]?.sent).toEqual(['a', 'b']);
  });

  test('may be open already', async () => {
    const socket = new FakeWebSocket();
    socket.open();
    const { client } = await created({ open: () => socket });
    expect(client.connection).toBe(socket);
  });

  test('that fails is replaced after the delay', async () => {
    const { client, clock, sockets } = await created();
    sockets[0]?.dispatchEvent(new Event('error'));
    sockets[0]?.closed(1006);
    await settle();
    expect(String(client.state.failure?.error)).toContain('the WebSocket closed before it was open: 1006');
    await clock.advance(1_000);
    sockets[1]?.open();
    await settle();
    expect(client.connection).toBe(sockets[1]);
  });

  test('fails if it is already closed', async () => {
    const socket = new FakeWebSocket();
    socket.closed(1006);
    const { client } = await created({ open: () => socket });
    expect(client.state).toMatchObject({ name: 'waiting', failure: { kind: 'opening' } });
  });

  test('that is lost is replaced, and messages sent meanwhile follow', async () => {
    const { client, clock, sockets } = await created();
    sockets[0]?.open();
    await settle();
    sockets[0]!.readyState = 2;
    client.send('waits');
    sockets[0]?.closed(1006);
    await clock.advance(1_000);
    sockets[1]?.open();
    await settle();
    expect(sockets.map(({ sent }) => sent)).toEqual([[], ['waits']]);
  });

  test('passes on its messages with their types', async () => {
    const { client, sockets } = await created();
    const messages: unknown[] = [];
    client.on('message', (data, isBinary) => messages.push([data, isBinary]));
    sockets[0]?.open();
    await settle();
    sockets[0]?.message('a');
    const bytes = new ArrayBuffer(1);
    sockets[0]?.message(bytes);
    expect(messages).toEqual([
      ['a', false],
      [bytes, true],
    ]);
  });

  test('gets text as a string and binary as bytes, according to the type option', async () => {
    const { client, sockets } = await created();
    sockets[0]?.open();
    await settle();
    client.send(Buffer.from('é'), { type: 'text' });
    client.send('é', { type: 'binary' });
    expect(sockets[0]?.sent).toEqual(['é', new TextEncoder().encode('é')]);
  });

  test('is closed with the code and the reason of close()', async () => {
    const { client, sockets } = await created();
    sockets[0]?.open();
    await settle();
    await client.close(4000, 'bye');
    expect(sockets[0]?.closes).toEqual([[4000, 'bye']]);
  });

  test.each(['queued', 'sent'])(
    'whose send() throws is replaced, and a message that is %s goes to the next one',
    async how => {
      const { client, clock, sockets } = await created();
      const failures: unknown[] = [];
      client.on('failure', ({ error }) => failures.push(String(error)));
      sockets[0]!.send = () => {
        throw new Error('broken');
      };
      if (how === 'queued') client.send('a');
      sockets[0]?.open();
      await settle();
      if (how === 'sent') client.send('a');
      await clock.advance(1_000);
      sockets[1]?.open();
      await settle();
      expect(failures).toEqual(['Error: broken']);
      expect(sockets[1]?.sent).toEqual(['a']);
    },
  );

  test.each([1001, 1011])('is closed without a code by close(%i), which it does not accept', async code => {
    const { client, sockets } = await created();
    sockets[0]?.open();
    await settle();
    expect(await client.close(code)).toMatchObject({ failure: undefined });
    expect(sockets[0]?.closes).toEqual([[]]);
  });

  test('passes on a message that comes at once after the event open', async () => {
    const { client, sockets } = await created();
    const messages: unknown[] = [];
    client.on('message', data => messages.push(data));
    sockets[0]?.open();
    sockets[0]?.message('a');
    await settle();
    expect(messages).toEqual(['a']);
  });

  test.each([
    ['onOpen fails', true],
    ['it never opens', false],
  ])('passes on its messages if %s in an earlier attempt', async (_, opens) => {
    const onOpen = vi.fn().mockRejectedValueOnce(new Error('oops'));
    const { client, clock, sockets } = await created({ onOpen });
    client.on('handlerError', () => {});
    const messages: unknown[] = [];
    client.on('message', data => messages.push(data));
    if (opens) sockets[0]?.open();
    else sockets[0]?.closed(1006);
    await clock.advance(1_000);
    sockets[0]?.message('of the first');
    sockets[1]?.open();
    sockets[1]?.message('of the second');
    expect(messages).toEqual(['of the second']);
  });

  test('is closed without a code if a listener fails', async () => {
    const { client, sockets } = await created();
    client.on('handlerError', () => {});
    client.on('message', () => {
      throw new Error('oops');
    });
    sockets[0]?.open();
    await settle();
    sockets[0]?.message('a');
    expect(sockets[0]?.closes).toEqual([[]]);
  });

  test('anything else that open returns ends the client', async () => {
    const { client } = await created({ open: () => ({}) as never });
    expect(String((await client.closed).failure?.error)).toMatch(/open\(\) must return a WebSocketConnection or a W3C/);
  });
});

describe('heartbeat', () => {
  const heartbeat = { message: () => 'ping', interval: 1_000, timeout: 500 };

  async function opened(options = heartbeat) {
    const setup = await created({ heartbeat: options });
    setup.client.on('handlerError', () => {});
    setup.sockets[0]?.open();
    await settle();
    return { ...setup, socket: setup.sockets[0]! };
  }

  test('is sent when the peer has been silent for the interval', async () => {
    const { clock, socket } = await opened();
    await clock.advance(999);
    socket.message('busy');
    await clock.advance(999);
    expect(socket.sent).toEqual([]);
    await clock.advance(1);
    expect(socket.sent).toEqual(['ping']);
  });

  test('any message answers it', async () => {
    const { client, clock, socket } = await opened();
    for (let i = 0; i < 5; i++) {
      await clock.advance(1_000);
      socket.message('pong');
    }
    expect(socket.sent).toHaveLength(5);
    expect(client.connection).toBe(socket);
  });

  test('a connection whose peer does not answer is replaced, even if its close event never comes', async () => {
    const { client, clock, sockets, socket } = await opened();
    socket.answersClose = false;
    await clock.advance(1_500);
    expect(client.state).toMatchObject({ name: 'waiting', failure: { kind: 'ended' } });
    expect(String(client.state.failure?.error)).toContain('heartbeat.timeout');
    expect(socket.closes).toEqual([[]]);
    await clock.advance(1_000);
    expect(sockets).toHaveLength(2);
  });

  test('after a blocked event loop, an answer that has arrived is read before the connection is given up', async () => {
    const { client, clock, socket } = await opened();
    await clock.advance(1_000);
    // The timers are late: the answer is read after they fire.
    const late = clock.after(500, () => queueMicrotask(() => socket.message('pong')));
    await clock.advance(500);
    late();
    expect(client.connection).toBe(socket);
  });

  test('a message function that fails ends the connection', async () => {
    const broken = { ...heartbeat, message: () => JSON.parse('{') };
    const { client, clock } = await opened(broken);
    await clock.advance(1_000);
    expect(client.state).toMatchObject({ name: 'waiting', failure: { kind: 'ended' } });
  });

  test('stops with the client', async () => {
    const { client, clock } = await opened();
    await client.close();
    expect(clock.timers).toBe(0);
  });
});
