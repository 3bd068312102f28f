/** The class as Web IDL describes it: idlharness.any.js, interfaces/WebSocket/, eventhandlers.any.js. */
import { describe, expect, test } from 'vitest';
import { WebSocket as RootWebSocket } from '../../src/index.js';
import { CloseEvent, ErrorEvent, observe, openEcho, WebSocket } from '../helpers/w3c-socket.js';

const URL = 'ws://127.0.0.1:1/';

describe('the class', () => {
  test('is exported by ws101 and by ws101/websocket', () => {
    expect(RootWebSocket).toBe(WebSocket);
  });

  test('has the name, the length and the prototype of the interface', () => {
    expect(WebSocket.name).toBe('WebSocket');
    expect(WebSocket.length).toBe(1);
    expect(Object.getPrototypeOf(WebSocket)).toBe(EventTarget);
    expect(Object.getOwnPropertyDescriptor(WebSocket, 'prototype')).toMatchObject({ writable: false });
    expect(Object.prototype.toString.call(WebSocket.prototype)).toBe('[object WebSocket]');
    expect(Object.getOwnPropertyDescriptor(WebSocket.prototype, Symbol.toStringTag)).toEqual({
      value: 'WebSocket',
      writable: false,
      enumerable: false,
      configurable: true,
    });
  });

  test('can only be called with new', () => {
    expect(() => (WebSocket as unknown as (url: string) => void)(URL)).toThrow(TypeError);
  });

  test.each([
    ['CONNECTING', 0],
    ['OPEN', 1],
    ['CLOSING', 2],
    ['CLOSED', 3],
  ])('%s is a constant of the class and its prototype: interfaces/WebSocket/constants/', (name, value) => {
    const constant = { value, writable: false, enumerable: true, configurable: false };
    expect(Object.getOwnPropertyDescriptor(WebSocket, name)).toEqual(constant);
    expect(Object.getOwnPropertyDescriptor(WebSocket.prototype, name)).toEqual(constant);
    expect(observe(new WebSocket(URL)).socket).toHaveProperty(name, value);
  });

  test.each(['url', 'readyState', 'bufferedAmount', 'extensions', 'protocol'])(
    '%s is a read-only attribute: interfaces/WebSocket/bufferedAmount/bufferedAmount-defineProperty-getter.html',
    name => {
      const property = Object.getOwnPropertyDescriptor(WebSocket.prototype, name)!;
      expect(property).toMatchObject({ set: undefined, enumerable: true, configurable: true });
      expect(property.get!.name).toBe(`get ${name}`);
      expect(() => property.get!.call({})).toThrow(TypeError);
      const { socket } = observe(new WebSocket(URL));
      const before = Reflect.get(socket, name);
      expect(Reflect.set(socket, name, 'other')).toBe(false);
      expect(Reflect.get(socket, name)).toBe(before);
      expect(Object.hasOwn(socket, name)).toBe(false);
    },
  );

  test.each(['binaryType', 'onopen', 'onmessage', 'onerror', 'onclose'])('%s is an attribute', name => {
    const property = Object.getOwnPropertyDescriptor(WebSocket.prototype, name)!;
    expect(property).toMatchObject({ enumerable: true, configurable: true });
    expect([property.get!.name, property.set!.name]).toEqual([`get ${name}`, `set ${name}`]);
    expect([property.get!.length, property.set!.length]).toEqual([0, 1]);
    expect(() => property.get!.call({})).toThrow(TypeError);
    expect(() => property.set!.call({}, null)).toThrow(TypeError);
  });

  test.each([
    ['send', 1],
    ['close', 0],
  ])('%s() requires %i arguments', (name, length) => {
    const property = Object.getOwnPropertyDescriptor(WebSocket.prototype, name)!;
    expect(property).toMatchObject({ writable: true, enumerable: true, configurable: true });
    expect([property.value.name, property.value.length]).toEqual([name, length]);
  });

  test('has no other members', () => {
    expect(Object.keys(WebSocket.prototype).sort()).toEqual([
      'CLOSED',
      'CLOSING',
      'CONNECTING',
      'OPEN',
      'binaryType',
      'bufferedAmount',
      'close',
      'extensions',
      'onclose',
      'onerror',
      'onmessage',
      'onopen',
      'protocol',
      'readyState',
      'send',
      'url',
    ]);
    expect(Object.getOwnPropertyNames(WebSocket).sort()).toEqual(
      ['CLOSED', 'CLOSING', 'CONNECTING', 'OPEN', 'length', 'name', 'prototype'].sort(),
    );
    expect(Reflect.ownKeys(observe(new WebSocket(URL)).socket).filter(key => typeof key === 'string')).toEqual([]);
  });

  test('can be extended', async () => {
    const received: unknown[] = [];
    class Chat extends WebSocket {
      readonly room = 'a';
      override send(data: string): void {
        super.send(`${this.room}: ${data}`);
      }
    }
    const { url } = await openEcho();
    const socket = new Chat(url);
    socket.onopen = () => socket.send('hello');
    await new Promise(resolve => {
      socket.onmessage = event => resolve(received.push(event.data));
    });
    expect(received).toEqual(['a: hello']);
    expect(socket).toBeInstanceOf(WebSocket);
    socket.close();
  });
});

describe('binaryType', () => {
  test.each(['', 'Blob', 'nodebuffer', null, undefined, 0])('ignores %j: binaryType-wrong-value.any.js', value => {
    const { socket } = observe(new WebSocket(URL));
    socket.binaryType = 'arraybuffer';
    socket.binaryType = value as 'blob';
    expect(socket.binaryType).toBe('arraybuffer');
  });

  test('is blob at first, and can be changed: Create-Secure-valid-url-binaryType-blob.any.js', () => {
    const { socket } = observe(new WebSocket(URL));
    expect(socket.binaryType).toBe('blob');
    socket.binaryType = 'arraybuffer';
    expect(socket.binaryType).toBe('arraybuffer');
    socket.binaryType = { toString: () => 'blob' } as 'blob';
    expect(socket.binaryType).toBe('blob');
  });
});

describe('event handlers', () => {
  const fresh = () => observe(new WebSocket(URL)).socket;

  test.each(['onopen', 'onmessage', 'onerror', 'onclose'] as const)('%s is null unless it is an object', name => {
    const target = fresh();
    expect(target[name]).toBeNull();
    // interfaces/WebSocket/events/001.html to 020.html
    for (const value of [1, 'alert()', true, undefined, Symbol('a')]) {
      target[name] = () => {};
      target[name] = value as never;
      expect(target[name]).toBeNull();
    }
    const handler = () => {};
    target[name] = handler;
    expect(target[name]).toBe(handler);
    const object = { handleEvent: () => expect.unreachable() };
    target[name] = object as never;
    expect(target[name]).toBe(object);
    target.dispatchEvent(new Event(name.slice(2)));
  });

  test('a handler is called with the event, and `this` is the target', () => {
    const target = fresh();
    const calls: unknown[] = [];
    target.onopen = function (this: unknown, ...args: unknown[]) {
      calls.push(this, ...args);
    };
    const event = new Event('open');
    target.dispatchEvent(event);
    expect(calls).toEqual([target, event]);
  });

  test('a handler keeps its place while it changes, and loses it when it is null', () => {
    const target = fresh();
    const calls: string[] = [];
    const run = () => {
      calls.length = 0;
      target.dispatchEvent(new Event('open'));
      return calls.join(' ');
    };
    target.addEventListener('open', () => calls.push('first'));
    target.onopen = () => calls.push('handler');
    target.addEventListener('open', () => calls.push('last'));
    expect(run()).toBe('first handler last');
    target.onopen = () => calls.push('other');
    expect(run()).toBe('first other last');
    target.onopen = null;
    expect(run()).toBe('first last');
    target.onopen = () => calls.push('new');
    expect(run()).toBe('first last new');
  });

  test('a handler that is set during an event is called in it: eventhandlers.any.js', () => {
    const target = fresh();
    const calls: string[] = [];
    target.addEventListener('open', () => {
      target.onopen = () => calls.push('changed');
    });
    target.onopen = () => calls.push('first');
    target.dispatchEvent(new Event('open'));
    expect(calls).toEqual(['changed']);
  });

  test('addEventListener accepts objects, once and a signal', () => {
    const target = fresh();
    const calls: string[] = [];
    target.addEventListener('open', { handleEvent: () => calls.push('object') });
    target.addEventListener('open', () => calls.push('once'), { once: true });
    const abort = new AbortController();
    target.addEventListener('open', () => calls.push('signal'), { signal: abort.signal });
    target.dispatchEvent(new Event('open'));
    abort.abort();
    target.dispatchEvent(new Event('open'));
    expect(calls).toEqual(['object', 'once', 'signal', 'object']);
  });
});

describe('the events', () => {
  test('CloseEvent has a constructor: interfaces/CloseEvent/', () => {
    expect(new CloseEvent('close')).toMatchObject({ type: 'close', code: 0, reason: '', wasClean: false });
    const init = { code: 3000, reason: 'bye', wasClean: true, cancelable: true };
    expect(new CloseEvent('foo', init)).toMatchObject({ type: 'foo', ...init, bubbles: false });
    expect(new CloseEvent('close', { code: 65_537, reason: '\ud800' })).toMatchObject({ code: 1, reason: '\ufffd' });
    expect(new CloseEvent('close')).toBeInstanceOf(Event);
    expect(CloseEvent.name).toBe('CloseEvent');
    expect(Object.prototype.toString.call(new CloseEvent('close'))).toBe('[object CloseEvent]');
  });

  test('ErrorEvent has a constructor', () => {
    const error = new Error('no');
    expect(new ErrorEvent('error', { message: 'no', error })).toMatchObject({ type: 'error', message: 'no', error });
    expect(new ErrorEvent('error')).toMatchObject({ message: '' });
    expect(Object.prototype.toString.call(new ErrorEvent('error'))).toBe('[object ErrorEvent]');
  });
});
