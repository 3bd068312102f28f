import { describe, expect, test } from 'vitest';
import { type PerMessageDeflateOptions, resolvePerMessageDeflate } from '../../src/permessage-deflate/options.js';

const resolve = (option: unknown, role: 'client' | 'server' = 'server') =>
  resolvePerMessageDeflate(option as PerMessageDeflateOptions, role);

describe('perMessageDeflate', () => {
  test.each([undefined, false])('%s turns compression off', option => {
    expect(resolve(option)).toBeUndefined();
  });

  const common = { serverMaxWindowBits: 15, clientMaxWindowBits: 15, threshold: undefined, level: 6, memLevel: 8 };

  test.each([true, {}])('a server takes over no context by default (%j) [7692/7.3-1]', option => {
    expect(resolve(option)).toEqual({ serverNoContextTakeover: true, clientNoContextTakeover: true, ...common });
  });

  test('a client allows context takeover by default [7692/7.3-1]', () => {
    expect(resolve(true, 'client')).toEqual({
      serverNoContextTakeover: false,
      clientNoContextTakeover: false,
      ...common,
    });
  });

  test('an option that is undefined has its default', () => {
    expect(resolve({ serverNoContextTakeover: undefined, level: undefined })).toEqual(resolve(true));
  });

  test('all options can be set', () => {
    const options: Required<PerMessageDeflateOptions> = {
      serverNoContextTakeover: false,
      clientNoContextTakeover: true,
      serverMaxWindowBits: 9,
      clientMaxWindowBits: 8,
      threshold: 0,
      level: 0,
      memLevel: 1,
    };
    expect(resolve(options)).toEqual(options);
    expect(resolve(options)).not.toBe(options);
    expect(resolve(options)).toSatisfy(Object.isFrozen);
  });

  test.each([null, 1, 'yes', [], () => {}])('%j throws a TypeError', option => {
    expect(() => resolve(option)).toThrow(TypeError);
    expect(() => resolve(option)).toThrow('perMessageDeflate must be a boolean or an object, got ');
  });

  test.each([
    ['serverNoContextTakeover', 1, 'a boolean, got 1'],
    ['clientNoContextTakeover', 'true', 'a boolean, got "true"'],
    ['clientNoContextTakeover', null, 'a boolean, got null'],
    ['level', null, 'a number, got null'],
    ['serverMaxWindowBits', '15', 'a number, got "15"'],
    ['serverMaxWindowBits', 16, 'an integer from 9 to 15, got 16'],
    ['serverMaxWindowBits', 9.5, 'an integer from 9 to 15, got 9.5'],
    ['clientMaxWindowBits', 7, 'an integer from 8 to 15, got 7'],
    ['clientMaxWindowBits', true, 'a number, got true'],
    ['threshold', -1, 'an integer from 0 to 9007199254740991, got -1'],
    ['threshold', Number.POSITIVE_INFINITY, 'an integer from 0 to 9007199254740991, got Infinity'],
    ['level', 10, 'an integer from 0 to 9, got 10'],
    ['level', -1, 'an integer from 0 to 9, got -1'],
    ['memLevel', 0, 'an integer from 1 to 9, got 0'],
  ])('%s: %j throws', (name, value, expectation) => {
    expect(() => resolve({ [name]: value })).toThrow(`perMessageDeflate.${name} must be ${expectation}`);
  });

  test.each(['serverMaxWindowBits', 'clientMaxWindowBits', 'threshold', 'level', 'memLevel'])(
    '%s: NaN throws',
    name => {
      expect(() => resolve({ [name]: Number.NaN })).toThrow(RangeError);
    },
  );

  test('a window of 8 bits is allowed for the peer, but not for this end, since zlib does not support it [7692/7.2.1-6]', () => {
    expect(() => resolve({ serverMaxWindowBits: 8 }, 'server')).toThrow('an integer from 9 to 15, got 8');
    expect(() => resolve({ clientMaxWindowBits: 8 }, 'client')).toThrow('an integer from 9 to 15, got 8');
    expect(resolve({ clientMaxWindowBits: 8 }, 'server')).toMatchObject({ clientMaxWindowBits: 8 });
    expect(resolve({ serverMaxWindowBits: 8 }, 'client')).toMatchObject({ serverMaxWindowBits: 8 });
  });
});
