import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, test } from 'vitest';
import { checkSubprotocols, parseSubprotocols, selectSubprotocol } from '../../src/handshake/subprotocol.js';

describe('parseSubprotocols (RFC 6455 §11.3.4)', () => {
  test.each<[string[], string[] | undefined]>([
    [[], []],
    [['chat, superchat'], ['chat', 'superchat']],
    [
      ['chat', 'superchat'],
      ['chat', 'superchat'],
    ],
    [['__proto__, constructor'], ['__proto__', 'constructor']],
    [[''], []],
    [[', ,'], []],
    [['', 'chat'], ['chat']],
    [['chat', 'chat'], undefined],
    [['a b'], undefined],
    [['"chat"'], undefined],
  ])('%j', (lines, subprotocols) => {
    expect(parseSubprotocols(lines)).toEqual(subprotocols);
  });
});

describe('selectSubprotocol (§4.2.2)', () => {
  test('prefers what the client prefers', () => {
    expect(selectSubprotocol(['a', 'b', 'c'], ['c', 'b'])).toBe('b');
  });

  test('selects none if there is none in common', () => {
    expect(selectSubprotocol(['a'], ['b'])).toBeUndefined();
    expect(selectSubprotocol([], ['b'])).toBeUndefined();
    expect(selectSubprotocol(['A'], ['a'])).toBeUndefined();
  });
});

describe('the subprotocol that was selected', () => {
  test('does not retain the head that contained it', () => {
    setFlagsFromString('--expose-gc');
    const collectGarbage = runInNewContext('gc') as () => void;
    const heap = () => {
      collectGarbage();
      return process.memoryUsage().heapUsed;
    };
    const supported = ['graphql-transport-ws'];
    const selected: Array<string | undefined> = [];
    const select = () => {
      const head = Buffer.from(`graphql-transport-ws, ${'x'.repeat(16_000)}`).toString('latin1');
      selected.push(selectSubprotocol(parseSubprotocols([head])!, supported));
    };
    select();
    const before = heap();
    for (let i = 0; i < 200; i++) select();
    expect(heap() - before).toBeLessThan(200 * 1_000);
    expect(new Set(selected)).toEqual(new Set(supported));
  });
});

describe('checkSubprotocols', () => {
  test('returns valid subprotocols', () => {
    expect(checkSubprotocols(['a', 'B', 'b'])).toEqual(['a', 'B', 'b']);
  });

  test.each<[unknown, RegExp]>([
    ['chat', /supported must be an array of tokens, got "chat"/],
    [[null], /each entry of supported/],
  ])('throws TypeError on %j [4.1-36] [4.1-37]', (subprotocols, message) => {
    expect(() => checkSubprotocols(subprotocols as string[], 'supported')).toThrow(message);
    expect(() => checkSubprotocols(subprotocols as string[], 'supported')).toThrow(TypeError);
  });

  test.each<[unknown, RegExp]>([
    [[''], /each entry of supported must be a token, got ""/],
    [['a b'], /each entry of supported/],
    [['a', 'b', 'a'], /supported must not contain "a" twice/],
  ])('throws RangeError on %j [4.1-36] [4.1-37]', (subprotocols, message) => {
    expect(() => checkSubprotocols(subprotocols as string[], 'supported')).toThrow(message);
    expect(() => checkSubprotocols(subprotocols as string[], 'supported')).toThrow(RangeError);
  });
});
