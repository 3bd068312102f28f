import { describe, expect, it, vi } from 'vitest';
import { Inbox } from '../../src/connection/inbox.js';
import { CONNECTION_DEFAULTS } from '../../src/connection/options.js';

function makeInbox(bounds: { maxUnreadMessages?: number; maxUnreadBytes?: number } = {}) {
  const onRoom = vi.fn();
  return { inbox: new Inbox({ ...CONNECTION_DEFAULTS, ...bounds }, onRoom), onRoom };
}

describe('Inbox', () => {
  it('keeps messages in order', () => {
    const { inbox, onRoom } = makeInbox();
    expect(inbox.isEmpty).toBe(true);
    inbox.put('a');
    inbox.put(Buffer.from('b'));
    expect([inbox.isEmpty, inbox.take(), inbox.take(), inbox.isEmpty]).toEqual([false, 'a', Buffer.from('b'), true]);
    expect(onRoom).not.toHaveBeenCalled();
  });

  it('is full by count', () => {
    const { inbox } = makeInbox({ maxUnreadMessages: 2 });
    inbox.put('');
    expect(inbox.isFull).toBe(false);
    inbox.put('');
    expect(inbox.isFull).toBe(true);
    inbox.take();
    expect(inbox.isFull).toBe(false);
  });

  it('is full by size, above the bound', () => {
    const { inbox } = makeInbox({ maxUnreadBytes: 4 });
    inbox.put('four');
    expect(inbox.isFull).toBe(false);
    inbox.put(Buffer.alloc(1));
    expect(inbox.isFull).toBe(true);
    inbox.take();
    expect(inbox.isFull).toBe(false);
  });

  it('does not hold the chunk that a message is a small part of', () => {
    const { inbox } = makeInbox();
    const chunk = Buffer.alloc(65_536, 1);
    inbox.put(chunk.subarray(0, 1024));
    inbox.put(chunk.subarray(0, 40_000));
    const [small, large] = [inbox.take() as Buffer, inbox.take() as Buffer];
    expect(small).toEqual(Buffer.alloc(1024, 1));
    expect(small.buffer.byteLength).toBeLessThanOrEqual(Buffer.poolSize);
    expect(large.buffer).toBe(chunk.buffer);
  });

  it('gives kept messages to an iterator, and says that there is room', async () => {
    const { inbox, onRoom } = makeInbox();
    inbox.put('a');
    expect(await inbox.iterator().next()).toEqual({ done: false, value: 'a' });
    expect(onRoom).toHaveBeenCalledOnce();
  });

  it('gives each message to one of several iterators, in the order in which they asked', async () => {
    const { inbox } = makeInbox();
    const [one, two] = [inbox.iterator(), inbox.iterator()];
    const answers = [one.next(), two.next(), one.next()];
    expect(inbox.isAwaited).toBe(true);
    for (const message of ['1', '2', '3', '4']) inbox.put(message);
    expect(await Promise.all(answers)).toEqual(['1', '2', '3'].map(value => ({ done: false, value })));
    expect(inbox.isAwaited).toBe(false);
    expect(inbox.take()).toBe('4');
  });

  it('ends the iterators, behind what is kept', async () => {
    const { inbox } = makeInbox();
    const waiting = inbox.iterator().next();
    inbox.end();
    expect(await waiting).toEqual({ done: true, value: undefined });
    inbox.put('kept');
    const late = inbox.iterator();
    expect(await late.next()).toEqual({ done: false, value: 'kept' });
    expect(await late.next()).toEqual({ done: true, value: undefined });
  });

  it('leaves the rest where it is when a loop is left', async () => {
    const { inbox } = makeInbox();
    for (const message of ['1', '2', '3']) inbox.put(message);
    for await (const message of inbox.iterator()) {
      expect(message).toBe('1');
      break;
    }
    expect(inbox.take()).toBe('2');
  });

  it('loses no message to an iterator that was left while it waited', async () => {
    const { inbox } = makeInbox();
    const left = inbox.iterator();
    const other = inbox.iterator();
    const waiting = left.next();
    const othersWaiting = other.next();
    expect(await left.return?.()).toEqual({ done: true, value: undefined });
    expect(await waiting).toEqual({ done: true, value: undefined });
    inbox.put('for the other');
    expect(await othersWaiting).toEqual({ done: false, value: 'for the other' });
    inbox.put('kept');
    expect(await left.next()).toEqual({ done: true, value: undefined });
    expect(inbox.take()).toBe('kept');
  });
});
