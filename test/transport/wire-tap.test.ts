import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { guardTap, type WireTap } from '../../src/transport/wire-tap.js';
import { connectionAndPeer } from '../helpers/connections.js';
import { framesOf, show } from '../helpers/frames.js';

function recordingTap() {
  const events: string[] = [];
  const bytes = { sent: [] as Buffer[], received: [] as Buffer[] };
  const tap: WireTap = {
    connected: () => events.push('connected'),
    sent: piece => {
      bytes.sent.push(Buffer.from(piece));
      events.push('sent');
    },
    received: piece => {
      bytes.received.push(Buffer.from(piece));
      events.push('received');
    },
    ended: by => events.push(`ended by ${by}`),
    closed: error => events.push(error === undefined ? 'closed' : `closed: ${error.message}`),
  };
  return { tap, events, bytes };
}

describe('a tap', () => {
  test('sees every byte as it is on the wire, including masks, and both ends of the transport', async () => {
    const { tap, events, bytes } = recordingTap();
    const { connection, peer } = connectionAndPeer('client', { tap });
    connection.send('hello');
    await peer.saw(1);
    peer.send(peer.frames.close(1000));
    await peer.saw(2);
    peer.socket.end();
    await connection.closed;
    expect(framesOf('client', ...bytes.sent).map(show)).toEqual(['text "hello"', 'close 1000']);
    expect(Buffer.concat(bytes.received).equals(peer.frames.close(1000))).toBe(true);
    expect(events).toEqual(['sent', 'received', 'sent', 'ended by remote', 'ended by local', 'closed']);
  });

  test('sees a masked chunk before it is unmasked', async () => {
    const { tap, bytes } = recordingTap();
    const { connection, peer } = connectionAndPeer('server', { tap });
    const frame = Buffer.from(peer.frames.text('masked'));
    peer.send(frame);
    await connection[Symbol.asyncIterator]().next();
    expect(Buffer.concat(bytes.received).equals(frame)).toBe(true);
    connection.terminate();
  });

  test('sees that a server ends first (§7.1.1) [5.5.1-11] [7.1.1-3]', async () => {
    const { tap, events } = recordingTap();
    const { connection, peer } = connectionAndPeer('server', { tap });
    peer.send(peer.frames.close(1000));
    await connection.closed;
    expect(events).toEqual(['received', 'sent', 'ended by local', 'ended by remote', 'closed']);
  });

  test('sees the error of a transport that did not end with two FINs, and each end once', async () => {
    const { tap, events } = recordingTap();
    const { connection, socket } = connectionAndPeer('server', { tap });
    socket.destroy(new Error('ECONNRESET'));
    await connection.closed;
    expect(events).toEqual(['closed: ECONNRESET']);
  });
});

describe('a tap that fails', () => {
  const METHODS = ['connected', 'sent', 'received', 'ended', 'closed'] as const;

  test.each(METHODS)('in %s() is not called again, and the process is warned once', async method => {
    const warned = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
    onTestFinished(() => warned.mockRestore());
    for (const fail of [() => Promise.reject(new Error('oops')), vi.fn().mockThrow(new Error('oops'))]) {
      const tap = Object.fromEntries(METHODS.map(name => [name, vi.fn()])) as unknown as {
        [name in keyof WireTap]: () => void;
      };
      tap[method] = vi.fn(fail);
      const guarded = guardTap(tap);
      (guarded[method] as () => void)();
      await Promise.resolve();
      for (const name of METHODS) (guarded[name] as () => void)();
      for (const name of METHODS) expect(tap[name]).toHaveBeenCalledTimes(name === method ? 1 : 0);
      expect(warned).toHaveBeenCalledOnce();
      expect(warned.mock.calls[0]![0]).toMatchObject({ message: `tap.${method}() failed: oops` });
      warned.mockClear();
    }
  });

  test('does not end a connection over a custom transport', async () => {
    const warned = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
    onTestFinished(() => warned.mockRestore());
    const { tap } = recordingTap();
    tap.received = () => {
      throw new Error('oops');
    };
    const { connection, peer } = connectionAndPeer('server', { tap });
    peer.send(peer.frames.text('x'));
    expect(await connection[Symbol.asyncIterator]().next()).toEqual({ done: false, value: 'x' });
    expect(warned).toHaveBeenCalledOnce();
    connection.terminate();
  });
});

describe('guardTap()', () => {
  test('passes on all arguments of each method', () => {
    const tap = { connected: vi.fn(), sent: vi.fn(), received: vi.fn(), ended: vi.fn(), closed: vi.fn() };
    const guarded = guardTap(tap);
    const [transport, sent, received, error] = [{}, Uint8Array.of(1), Uint8Array.of(2), new Error('lost')];
    guarded.connected(transport);
    guarded.sent(sent);
    guarded.received(received);
    guarded.ended('remote');
    guarded.closed(error);
    expect(Object.values(tap).map(({ mock }) => mock.calls[0]![0])).toEqual([
      transport,
      sent,
      received,
      'remote',
      error,
    ]);
  });

  test('guards a tap once', () => {
    const guarded = guardTap(recordingTap().tap);
    expect(guardTap(guarded)).toBe(guarded);
  });

  test('warns once if several calls fail before the first failure is known', async () => {
    const warned = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
    onTestFinished(() => warned.mockRestore());
    const guarded = guardTap({ ...recordingTap().tap, sent: () => Promise.reject(new Error('oops')) as never });
    for (let i = 0; i < 3; i++) guarded.sent(Uint8Array.of(i));
    await new Promise(setImmediate);
    expect(warned).toHaveBeenCalledOnce();
  });
});
