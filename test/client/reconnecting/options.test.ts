import { describe, expect, test } from 'vitest';
import { reconnecting } from '../../../src/index.js';

const message = (): string => '';
const wrong = (options: object) => () => reconnecting('ws://peer/', options as never);

describe('options of reconnecting', () => {
  test.each([
    [{ connect: 5 }, TypeError, 'connect must be an object or a function that returns one, got 5'],
    [{ open: 'x' }, TypeError, 'open must be a function, got "x"'],
    [{ onOpen: true }, TypeError, 'onOpen must be a function, got true'],
    [{ isRetryable: 1 }, TypeError, 'isRetryable must be a function, got 1'],
    [{ initialDelay: -1 }, RangeError, 'initialDelay must be an integer from 0'],
    [{ maxDelay: '1' }, TypeError, 'maxDelay must be a number, got "1"'],
    [{ attemptTimeout: 0 }, RangeError, 'attemptTimeout must be an integer from 1'],
    [{ maxQueuedBytes: Number.NaN }, RangeError, 'maxQueuedBytes must be an integer'],
    [{ whenQueueFull: 'wait' }, RangeError, "whenQueueFull must be 'reject', 'drop-oldest' or 'keep', got \"wait\""],
    [{ whenQueueFull: 1 }, TypeError, "whenQueueFull must be 'reject', 'drop-oldest' or 'keep', got 1"],
    [{ network: { onLine: true, addEventListener() {} } }, TypeError, 'network must be an EventTarget with onLine'],
    [{ network: {} }, TypeError, 'network must be an EventTarget with onLine, got an object'],
    [{ signal: 5 }, TypeError, 'signal must be an AbortSignal, got 5'],
    [{ heartbeat: 5 }, TypeError, 'heartbeat must be an object, got 5'],
    [{ heartbeat: {} }, TypeError, 'heartbeat.message must be a function, got undefined'],
    [{ heartbeat: { message, timeout: 0 } }, RangeError, 'heartbeat.timeout must be an integer from 1'],
    [{ heartbeat: { message, period: 1 } }, TypeError, "unknown option 'heartbeat.period'"],
    [{ initalDelay: 5 }, TypeError, "unknown option 'initalDelay': did you mean 'initialDelay'?"],
    [null, TypeError, 'options must be an object, got null'],
  ])('%o throws', (options, type, text) => {
    expect(wrong(options as object)).toThrow(type);
    expect(wrong(options as object)).toThrow(text);
    expect(wrong(options as object)).toThrow(expect.objectContaining({ code: 'WS101_INVALID_ARGUMENT' }));
  });

  test('a wrong URL throws', () => {
    expect(() => reconnecting('htp://peer/')).toThrow('url must start with ws:, wss:');
  });
});
