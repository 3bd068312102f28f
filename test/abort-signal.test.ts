import { setMaxListeners } from 'node:events';
import vm from 'node:vm';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { checkSignal, onAbort } from '../src/abort-signal.js';

/** An AbortController whose signal has a class of another realm, not built on Node's. */
function foreignController(): AbortController {
  const events = vm.runInNewContext(`
    class ForeignSignal {
      aborted = false;
      reason = undefined;
      listeners = new Map();
      addEventListener(type, listener, { once } = {}) {
        if (type === 'abort' && !this.listeners.has(listener)) this.listeners.set(listener, once === true);
      }
      removeEventListener(type, listener) { if (type === 'abort') this.listeners.delete(listener); }
    }
    ({
      signal: new ForeignSignal(),
      abort(reason) {
        const { signal } = this;
        if (signal.aborted) return;
        signal.aborted = true;
        signal.reason = reason;
        for (const [listener, once] of [...signal.listeners]) {
          if (once) signal.listeners.delete(listener);
          listener.call(signal, { type: 'abort', target: signal });
        }
      },
    })
  `);
  return events as AbortController;
}

const REALMS: ReadonlyArray<readonly [where: string, controller: () => AbortController]> = [
  ['this realm', () => new AbortController()],
  ['another realm', foreignController],
];

describe('checkSignal()', () => {
  test.each(REALMS)('accepts an AbortSignal of %s', (_where, controller) => {
    expect(() => checkSignal(controller().signal)).not.toThrow();
  });

  test('accepts undefined', () => {
    expect(() => checkSignal(undefined)).not.toThrow();
  });

  test.each<[value: unknown, named: string]>([
    [null, 'null'],
    ['abort', '"abort"'],
    [{}, 'an object'],
    [new AbortController(), 'an AbortController'],
    [new EventTarget(), 'an EventTarget'],
    [{ aborted: false }, 'an object'],
    [{ aborted: 'no', addEventListener() {}, removeEventListener() {} }, 'an object'],
  ])('refuses %j with a TypeError', (value, named) => {
    expect(() => checkSignal(value)).toThrow(TypeError);
    expect(() => checkSignal(value)).toThrow(`signal must be an AbortSignal, got ${named}`);
  });
});

describe.each(REALMS)('onAbort() on a signal of %s', (_where, controller) => {
  test('calls every callback once, in order', () => {
    const { signal, abort } = controllerOf(controller);
    const called: number[] = [];
    for (let i = 0; i < 3; i++) onAbort(signal, () => called.push(i));
    abort();
    abort();
    expect(called).toEqual([0, 1, 2]);
  });

  test('does not call a removed callback, even if another callback removed it during the abort', () => {
    const { signal, abort } = controllerOf(controller);
    const called: string[] = [];
    const stops: Array<() => void> = [];
    stops.push(onAbort(signal, () => called.push('first')));
    onAbort(signal, () => {
      called.push('second');
      for (const stop of stops) stop();
    });
    stops.push(onAbort(signal, () => called.push('third')));
    stops[0]!();
    abort();
    expect(called).toEqual(['second']);
  });

  test('adds one listener for any number of callbacks, and removes it with the last one', () => {
    const { signal } = controllerOf(controller);
    const add = vi.spyOn(signal, 'addEventListener');
    const remove = vi.spyOn(signal, 'removeEventListener');
    for (let round = 1; round <= 2; round++) {
      const stops = Array.from({ length: 20 }, () => onAbort(signal, () => {}));
      expect(add).toHaveBeenCalledTimes(round);
      for (const stop of stops) {
        expect(remove).toHaveBeenCalledTimes(round - 1);
        stop();
        stop();
      }
      expect(remove).toHaveBeenCalledTimes(round);
      expect(remove.mock.calls.at(-1)![1]).toBe(add.mock.calls.at(-1)![1]);
    }
  });
});

test('removing a callback twice does not affect callbacks added later', () => {
  const controller = new AbortController();
  const add = vi.spyOn(controller.signal, 'addEventListener');
  const stop = onAbort(controller.signal, () => {});
  stop();
  const later = vi.fn();
  onAbort(controller.signal, later);
  stop();
  onAbort(controller.signal, () => {});
  expect(add).toHaveBeenCalledTimes(2);
  controller.abort();
  expect(later).toHaveBeenCalledOnce();
});

test('without a signal, no callback is called', () => {
  onAbort(undefined, () => expect.unreachable())();
});

test('a hundred callbacks on one signal print no MaxListenersExceededWarning, unlike a hundred listeners', () => {
  const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
  onTestFinished(() => warn.mockRestore());
  const { signal } = new AbortController();
  // The default of Node 20. In Node 24 the default is unlimited.
  setMaxListeners(10, signal);
  for (let i = 0; i < 100; i++) onAbort(signal, () => {});
  expect(warn).not.toHaveBeenCalled();
  for (let i = 0; i < 100; i++) signal.addEventListener('abort', () => {});
  expect(warn).toHaveBeenCalledOnce();
});

function controllerOf(create: () => AbortController): { signal: AbortSignal; abort(reason?: unknown): void } {
  const controller = create();
  return { signal: controller.signal, abort: reason => controller.abort(reason) };
}
