import { once } from 'node:events';
import { afterEach, describe, expect, test, vi } from 'vitest';
import type { WebSocketConnection } from '../../src/connection/websocket-connection.js';
import { HandlerError } from '../../src/errors.js';
import { collectMessages, connectionAndPeer } from '../helpers/connections.js';
import { turns } from '../helpers/turns.js';

afterEach(() => vi.restoreAllMocks());

/** Replaces process.emitWarning(), and returns the list of what it is called with. */
function catchWarnings(): unknown[] {
  const warnings: unknown[] = [];
  vi.spyOn(process, 'emitWarning').mockImplementation(warning => void warnings.push(warning));
  return warnings;
}

const FAILURES: Array<[string, () => unknown]> = [
  [
    'throws',
    () => {
      throw new Error('oops');
    },
  ],
  ['rejects', () => Promise.reject(new Error('oops'))],
];

describe.each(FAILURES)('a listener that %s', (_, fail) => {
  test('closes its connection with 1011 and is reported by handlerError', async () => {
    const { connection, peer } = connectionAndPeer();
    const warnings = catchWarnings();
    const reported = once(connection, 'handlerError');
    connection.on('message', fail as () => void);
    peer.send(peer.frames.text('x'));
    const [error] = await reported;
    expect(error).toBeInstanceOf(HandlerError);
    expect(error).toMatchObject({ cause: { message: 'oops' }, code: 'WS101_HANDLER_FAILED', fault: 'caller' });
    expect(error.message).toBe("a listener of 'message' failed: oops");
    expect(await peer.saw(1)).toEqual(['close 1011']);
    peer.send(peer.frames.close(1011));
    expect(await connection.closed).toMatchObject({ initiator: 'local', wasClean: true, cause: error });
    expect(warnings).toEqual([]);
  });

  test.each(['ping', 'pong', 'drain', 'close'] as const)('of %s is also reported', async event => {
    const onHandlerError = vi.fn(() => true);
    const { connection, peer } = connectionAndPeer(
      'server',
      { highWaterMark: 100, onHandlerError },
      { highWaterMark: 50, isAsync: true },
    );
    connection.on(event, fail as () => void);
    connection.send(Buffer.alloc(500));
    peer.send(peer.frames.ping(), peer.frames.pong());
    peer.send(peer.frames.close(1000));
    await connection.closed;
    await turns();
    expect(onHandlerError).toHaveBeenCalledExactlyOnceWith(expect.any(HandlerError), connection);
    expect((onHandlerError.mock.calls as unknown as [HandlerError][])[0]?.[0].message).toContain(`'${event}'`);
  });

  test('becomes a warning of the process if handlerError has no listener', async () => {
    const warnings = catchWarnings();
    for (const onHandlerError of [undefined, () => false]) {
      const { connection, peer } = connectionAndPeer('server', onHandlerError === undefined ? {} : { onHandlerError });
      connection.on('message', fail as () => void);
      peer.send(peer.frames.text('x'), peer.frames.close(1000));
      const { cause } = await connection.closed;
      await turns();
      expect(warnings.splice(0)).toEqual([cause instanceof HandlerError ? cause : expect.any(HandlerError)]);
    }
  });

  test('of handlerError is not called again', async () => {
    const warnings = catchWarnings();
    const { connection, peer } = connectionAndPeer();
    const listener = vi.fn(fail);
    connection.on('handlerError', listener as () => void);
    connection.on('message', fail as () => void);
    peer.send(peer.frames.text('x'));
    expect(await peer.saw(1)).toEqual(['close 1011']);
    await turns();
    expect(listener).toHaveBeenCalledOnce();
    expect(warnings).toHaveLength(1);
    connection.terminate();
  });
});

describe('a listener that fails', () => {
  test('is reported only to the listeners of handlerError, if there are any', async () => {
    const onHandlerError = vi.fn(() => true);
    const { connection, peer } = connectionAndPeer('server', { onHandlerError });
    const heard = vi.fn();
    connection.on('handlerError', heard);
    connection.on('message', () => {
      throw 'no Error at all';
    });
    peer.send(peer.frames.text('x'));
    await peer.saw(1);
    expect(heard).toHaveBeenCalledOnce();
    expect(heard.mock.calls[0]?.[0]).toMatchObject({ cause: 'no Error at all' });
    expect(onHandlerError).not.toHaveBeenCalled();
    connection.terminate();
  });

  test('may throw any value', async () => {
    const warnings = catchWarnings();
    for (const thrown of [Object.create(null), undefined, Symbol('s'), { toString: () => 7 }]) {
      const { connection, peer } = connectionAndPeer();
      connection.on('message', () => {
        throw thrown;
      });
      peer.send(peer.frames.text('x'));
      expect(await peer.saw(1)).toEqual(['close 1011']);
      expect(warnings.splice(0)).toMatchObject([{ cause: thrown }]);
      connection.terminate();
    }
  });

  test('affects no other connection', async () => {
    catchWarnings();
    const bad = connectionAndPeer();
    const good = connectionAndPeer();
    bad.connection.on('message', () => {
      throw new Error('oops');
    });
    good.connection.on('message', data => good.connection.send(data));
    bad.peer.send(bad.peer.frames.text('x'));
    good.peer.send(good.peer.frames.text('echo'));
    expect(await good.peer.saw(1)).toEqual(['text "echo"']);
    expect(await bad.peer.saw(1)).toEqual(['close 1011']);
    expect(good.connection.state).toBe('open');
    for (const { connection } of [bad, good]) connection.terminate();
  });

  test('resumes a paused connection, so that the peer’s Close frame is read', async () => {
    catchWarnings();
    const { connection, peer } = connectionAndPeer();
    const messages: unknown[] = [];
    connection.on('message', data => {
      messages.push(data);
      if (messages.length > 1) return;
      connection.pause();
      throw new Error('oops');
    });
    peer.send(peer.frames.text('1'), peer.frames.text('2'), peer.frames.close(1000));
    expect(await connection.closed).toMatchObject({ code: 1000, wasClean: true });
    expect(messages).toEqual(['1']);
  });

  test('after the end is only reported', async () => {
    const warnings = catchWarnings();
    const { connection } = connectionAndPeer();
    const order: string[] = [];
    connection.on('close', () => {
      order.push('first');
      throw new Error('late');
    });
    connection.terminate();
    await connection.closed;
    expect(connection.state).toBe('closed');
    expect(order).toEqual(['first']);
    expect(warnings).toHaveLength(1);
  });
});

describe.each(FAILURES)('after a listener that %s', (_, fail) => {
  test('only close is emitted, and nothing more is reported', async () => {
    const warnings = catchWarnings();
    const { connection, peer } = connectionAndPeer('server', { highWaterMark: 10, closeTimeout: 60 });
    const events: string[] = [];
    for (const event of ['message', 'ping', 'pong', 'drain', 'close'] as const) {
      connection.on(event, () => {
        events.push(event);
        return fail() as undefined;
      });
    }
    peer.send(peer.frames.text('x'));
    expect(await peer.saw(1)).toEqual(['close 1011']);
    // A peer that ignores the Close frame.
    for (let i = 0; i < 1_000; i++) peer.send(peer.frames.text('x'), peer.frames.ping(), peer.frames.pong());
    expect(await connection.closed).toMatchObject({ wasClean: false, cause: expect.any(HandlerError) });
    await turns();
    expect(events).toEqual(['message', 'close']);
    expect(warnings).toMatchObject([
      { message: "a listener of 'message' failed: oops" },
      { message: "a listener of 'close' failed: oops" },
    ]);
  });

  test('kept messages are not delivered, and other listeners of the event are not called', async () => {
    catchWarnings();
    const { connection, peer } = connectionAndPeer();
    peer.send(peer.frames.text('1'), peer.frames.text('2'), peer.frames.text('3'));
    await turns();
    const first = vi.fn(fail);
    connection.once('message', first);
    expect(await peer.saw(1)).toEqual(['close 1011']);
    const later = collectMessages(connection);
    peer.send(peer.frames.text('4'), peer.frames.text('5'), peer.frames.close());
    expect(await connection.closed).toMatchObject({ dropped: 2 });
    await turns();
    expect(first).toHaveBeenCalledOnce();
    expect(later).toEqual([]);
  });
});

describe('async listeners', () => {
  test('that loop over their own connection do not fail when it is lost', async () => {
    const warnings = catchWarnings();
    const { connection, peer } = connectionAndPeer();
    const messages: unknown[] = [];
    let failure: unknown;
    connection.on('ping', async () => {
      try {
        for await (const message of connection) messages.push(message);
      } catch (error) {
        failure = error;
        throw error;
      }
    });
    peer.send(peer.frames.ping(), peer.frames.text('x'));
    await turns();
    peer.socket.destroy();
    const { cause } = await connection.closed;
    await turns();
    expect(messages).toEqual(['x']);
    expect(failure).toBe(cause);
    expect(warnings).toEqual([]);
  });

  test('that loop over another connection fail when that one is lost', async () => {
    const onHandlerError = vi.fn(() => true);
    const { connection, peer } = connectionAndPeer('server', { onHandlerError });
    const other = connectionAndPeer();
    connection.on('message', async () => {
      for await (const message of other.connection) void message;
    });
    peer.send(peer.frames.text('x'));
    await turns();
    other.connection.terminate();
    expect(await peer.saw(1)).toEqual(['close 1011']);
    expect(onHandlerError).toHaveBeenCalledOnce();
    connection.terminate();
  });

  test('that reject for many messages at once are reported once', async () => {
    const onHandlerError = vi.fn(() => true);
    const { connection, peer } = connectionAndPeer('server', { onHandlerError });
    connection.on('message', async () => {
      await turns(1);
      throw new Error('oops');
    });
    peer.send(...Array.from({ length: 100 }, () => peer.frames.text('x')), peer.frames.close());
    await connection.closed;
    await turns();
    expect(onHandlerError).toHaveBeenCalledOnce();
  });
});

describe('onClosed of a connection over a custom transport', () => {
  test.each(FAILURES)('that %s becomes a warning, and close() still resolves', async (_, fail) => {
    const warnings = catchWarnings();
    const { connection } = connectionAndPeer('server', { onClosed: fail as () => void });
    const closed = vi.fn();
    connection.on('close', closed);
    connection.terminate();
    expect(await connection.closed).toMatchObject({ code: 1006 });
    await turns();
    expect(closed).toHaveBeenCalledOnce();
    expect(warnings).toMatchObject([{ message: 'onClosed() failed: oops' }]);
  });
});

describe('events', () => {
  test('pass each listener its own copy of the bytes', async () => {
    const { connection, peer } = connectionAndPeer();
    const pings: Buffer[] = [];
    const pongs: Buffer[] = [];
    connection.on('ping', payload => pings.push(payload));
    connection.on('pong', payload => pongs.push(payload));
    peer.send(peer.frames.ping('1'), peer.frames.ping('2'), peer.frames.pong('3'), peer.frames.pong('4'));
    expect(await peer.saw(2)).toEqual(['pong "1"', 'pong "2"']);
    expect([...pings, ...pongs].map(String)).toEqual(['1', '2', '3', '4']);
    connection.terminate();
  });

  test('allow send(), close() and terminate() in any listener', async () => {
    const acts: Array<(connection: WebSocketConnection) => void> = [
      connection => void connection.send('x'),
      connection => void connection.close(),
      connection => connection.terminate(),
      connection => connection.pause(),
      connection => connection.resume(),
      connection => void connection.ping(),
      connection => void connection.sendStream(['x']),
    ];
    for (const act of acts) {
      const all = connectionAndPeer('server', { unreadTimeout: 20, closeTimeout: 20, highWaterMark: 10 });
      for (const event of ['message', 'ping', 'pong', 'drain', 'close', 'handlerError'] as const) {
        all.connection.on(event, () => act(all.connection));
      }
      all.connection.send('more than the mark allows');
      const { frames } = all.peer;
      all.peer.send(frames.ping(), frames.pong(), frames.text('1'), frames.text('2'), frames.close(1000));
      await all.connection.closed;
      expect(all.connection.state).toBe('closed');
    }
  });
});
