import { describe, expect, test } from 'vitest';
import { CONNECTION_DEFAULTS, checkInteger, resolveConnectionOptions } from '../../src/connection/options.js';

describe('resolveConnectionOptions()', () => {
  test('fills in the defaults', () => {
    expect(resolveConnectionOptions({})).toEqual({
      maxMessageSize: 16 * 1024 * 1024,
      maxFragments: 131_072,
      highWaterMark: 64 * 1024,
      maxBufferedAmount: 16 * 1024 * 1024,
      pingInterval: 20_000,
      pingTimeout: 20_000,
      closeTimeout: 10_000,
      maxUnreadMessages: 1_024,
      maxUnreadBytes: 64 * 1024,
      unreadTimeout: 60_000,
      incoming: 'keep',
      autoPong: true,
      text: 'string',
    });
    expect(CONNECTION_DEFAULTS).toEqual(resolveConnectionOptions({}));
  });

  test('uses the given values, and ignores options that are not for connections', () => {
    const settings = resolveConnectionOptions({
      pingInterval: 0,
      incoming: 'discard',
      maxFragments: undefined,
      port: 80,
    } as never);
    expect(settings).toMatchObject({ pingInterval: 0, incoming: 'discard', maxFragments: 131_072 });
    expect(settings).not.toHaveProperty('port');
    expect(Object.isFrozen(settings)).toBe(true);
  });

  test.each([
    ['maxMessageSize', -1, 'an integer from 0 to 9007199254740991'],
    ['maxFragments', 0, 'an integer from 1 to'],
    ['highWaterMark', 1.5, 'an integer from 0 to'],
    ['maxBufferedAmount', Number.NaN, 'got NaN'],
    ['pingInterval', 2 ** 31, 'an integer from 0 to 2147483647, got 2147483648'],
    ['pingTimeout', 0, 'an integer from 1 to 2147483647'],
    ['closeTimeout', 0, 'closeTimeout must be'],
    ['maxUnreadMessages', 0, 'maxUnreadMessages must be'],
    ['maxUnreadBytes', Number.POSITIVE_INFINITY, 'got Infinity'],
    ['unreadTimeout', -1, 'unreadTimeout must be'],
    ['incoming', 'drop', `incoming must be 'keep' or 'discard', got "drop"`],
  ])('throws for %s: %s', (name, value, message) => {
    expect(() => resolveConnectionOptions({ [name]: value })).toThrow(RangeError);
    expect(() => resolveConnectionOptions({ [name]: value })).toThrow(message);
  });

  test.each(['keep', 'discard'] as const)('accepts incoming: %j', incoming => {
    expect(resolveConnectionOptions({ incoming }).incoming).toBe(incoming);
  });

  test('throws for incoming of another type', () => {
    expect(() => resolveConnectionOptions({ incoming: 1 as never })).toThrow(TypeError);
  });

  test('throws for values that are not numbers', () => {
    expect(() => resolveConnectionOptions({ closeTimeout: '10' as never })).toThrow(TypeError);
    expect(() => checkInteger('port', null, 0, 65_535)).toThrow('port must be a number, got null');
  });
});
