import { describe, expect, test } from 'vitest';
import { CloseEvent, ErrorEvent, MessageEvent } from '../../src/ws/event-target.js';
import { WebSocket } from '../../src/ws/index.js';
import { next, open } from './helpers.js';

/** A WebSocket without a socket, to emit events. */
function detached(): WebSocket {
  return new WebSocket(null);
}

describe('addEventListener()', () => {
  test('calls functions and objects with an event', () => {
    const ws = detached();
    const events: unknown[] = [];
    ws.addEventListener('message', event => events.push(event));
    ws.addEventListener('message', { handleEvent: event => void events.push(event) });
    ws.emit('message', Buffer.from('hi'), false);
    expect(events).toHaveLength(2);
    expect(events[0]).toMatchObject({ type: 'message', target: ws, data: 'hi' });
  });

  test('passes on binary data as it is', () => {
    const ws = detached();
    let data: unknown;
    ws.onmessage = event => {
      data = event.data;
    };
    ws.emit('message', Buffer.of(1), true);
    expect(data).toEqual(Buffer.of(1));
  });

  test('adds a listener once, and removes it', () => {
    const ws = detached();
    let count = 0;
    const listener = () => count++;
    ws.addEventListener('open', listener);
    ws.addEventListener('open', listener);
    ws.emit('open');
    ws.removeEventListener('open', listener);
    ws.emit('open');
    expect(count).toBe(1);
  });

  test('with once removes the listener after the first event', () => {
    const ws = detached();
    let count = 0;
    ws.addEventListener('open', () => count++, { once: true });
    ws.emit('open');
    ws.emit('open');
    expect(count).toBe(1);
  });

  test('ignores events that a browser does not have', () => {
    const ws = detached();
    ws.addEventListener('ping' as never, () => expect.unreachable());
    expect(ws.listenerCount('ping')).toBe(0);
  });
});

describe('the attributes', () => {
  test('hold one listener each', () => {
    const ws = detached();
    const listener = () => {};
    expect(ws.onopen).toBeNull();
    ws.onopen = () => expect.unreachable();
    ws.onopen = listener;
    expect(ws.onopen).toBe(listener);
    ws.emit('open');
    ws.onopen = null;
    expect(ws.listenerCount('open')).toBe(0);
  });

  test('do not remove listeners of addEventListener()', () => {
    const ws = detached();
    const listener = () => {};
    ws.addEventListener('open', listener);
    ws.onopen = listener;
    ws.onopen = null;
    expect(ws.listenerCount('open')).toBe(1);
  });

  test('tell how a connection ended', async () => {
    const { client, peer } = await open();
    const event = new Promise(resolve => {
      client.onclose = resolve;
    });
    peer.close(4000, 'bye');
    await next(peer, 'close');
    expect(await event).toMatchObject({ type: 'close', code: 4000, reason: 'bye', wasClean: true });
  });

  test('have the error', () => {
    const ws = detached();
    let event: unknown;
    ws.onerror = given => {
      event = given;
    };
    const error = new Error('broken');
    ws.emit('error', error);
    expect(event).toMatchObject({ type: 'error', error, message: 'broken' });
  });
});

describe('events', () => {
  test('have the defaults of a browser', () => {
    expect(new CloseEvent('close')).toMatchObject({
      type: 'close',
      target: null,
      code: 0,
      reason: '',
      wasClean: false,
    });
    expect(new ErrorEvent('error')).toMatchObject({ error: null, message: '' });
    expect(new MessageEvent('message')).toMatchObject({ data: null });
  });

  test('removing a listener that was not added has no effect', () => {
    const ws = detached();
    ws.removeEventListener('open', () => {});
    expect(ws.listenerCount('open')).toBe(0);
  });
});
