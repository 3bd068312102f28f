import { describe, expect, test } from 'vitest';
import {
  callersHeaders,
  HeaderFields,
  type HeaderInput,
  toHeaderFields,
} from '../../../src/handshake/header-fields.js';
import { encodeRequestHead, encodeResponseHead } from '../../../src/handshake/http1/head.js';
import { parseRequestLine, parseStatusLine } from '../../../src/handshake/http1/start-line.js';

const NO_HEADERS = new HeaderFields();

describe('HeaderFields', () => {
  const headers = new HeaderFields([
    ['Host', 'a'],
    ['X-List', '1'],
    ['x-list', '2'],
  ]);

  test('are looked up by name in any case', () => {
    expect(headers.get('HOST')).toBe('a');
    expect(headers.has('hOsT')).toBe(true);
    expect(headers.all('host')).toEqual(['a']);
  });

  test('return repeated lines joined or one by one (RFC 9110 §5.3)', () => {
    expect(headers.get('x-list')).toBe('1, 2');
    expect(headers.all('X-LIST')).toEqual(['1', '2']);
  });

  test('return undefined or no values for a missing name', () => {
    expect(headers.get('y')).toBeUndefined();
    expect(headers.has('y')).toBe(false);
    expect(headers.all('y')).toEqual([]);
  });

  test('keep order and spelling', () => {
    expect([...headers]).toEqual([
      ['Host', 'a'],
      ['X-List', '1'],
      ['x-list', '2'],
    ]);
    expect(headers.lines).toEqual([...headers]);
  });

  test.each(['__proto__', 'constructor', 'hasOwnProperty', 'toString'])(
    'ws 3.3.1, Node CVE-2026-21710: %s is a name like any other',
    name => {
      expect(NO_HEADERS.get(name)).toBeUndefined();
      expect(NO_HEADERS.has(name)).toBe(false);
      expect(new HeaderFields([[name, 'x']]).get(name)).toBe('x');
      expect(Object.hasOwn(Object.prototype, 'x')).toBe(false);
    },
  );
});

describe('toHeaderFields', () => {
  test.each<[string, HeaderInput | undefined, string[][]]>([
    ['nothing', undefined, []],
    [
      'an object',
      { A: '1', B: ['2', '3'] },
      [
        ['A', '1'],
        ['B', '2'],
        ['B', '3'],
      ],
    ],
    [
      'pairs',
      [
        ['A', '1'],
        ['a', '2'],
      ],
      [
        ['A', '1'],
        ['a', '2'],
      ],
    ],
    ['a Map', new Map([['A', '1']]), [['A', '1']]],
    ['Headers of the web', new Headers({ A: '1' }), [['a', '1']]],
    ['HeaderFields', new HeaderFields([['A', '1']]), [['A', '1']]],
    ['__proto__ of JSON', JSON.parse('{"__proto__": "1"}'), [['__proto__', '1']]],
  ])('takes %s', (_, input, lines) => {
    expect(toHeaderFields(input).lines).toEqual(lines);
  });

  test.each<[string, unknown, RegExp]>([
    ['a string', 'A: b', /^headers must be an object/],
    ['null', null, /^headers must be an object/],
    ['a name that is not a string', [[1, 'x']], /a name in headers must be a string, got 1/],
    ['a number', { A: 1 }, /headers\["A"\] must be a string .* got 1/],
    ['no value', [['A']], /headers\["A"\] .* got undefined/],
  ])('throws TypeError on %s', (_, input, message) => {
    expect(() => toHeaderFields(input as HeaderInput)).toThrow(message);
    expect(() => toHeaderFields(input as HeaderInput)).toThrow(TypeError);
  });

  test.each<[string, unknown, RegExp]>([
    ['an empty name', { '': 'x' }, /a name in headers must be a token/],
    ['a name with a space', { 'A ': 'x' }, /a name in headers must be a token .*"A "/],
    ['a name with a colon', [['A:', 'x']], /a name/],
    ['HeaderFields with unchecked lines', new HeaderFields([['A', 'x\ny']]), /headers\["A"\]/],
    ['NUL', { A: 'a\0' }, /headers\["A"\]/],
    ['DEL', { A: '\x7f' }, /headers\["A"\]/],
    ['undici CVE-2026-1527: CR LF', { A: 'a\r\nX: b' }, /got "a\\r\\nX: b"/],
    ['Node CVE-2016-2216: U+010D U+010A', { A: 'a\u010d\u010aX: b' }, /headers\["A"\]/],
    ['a value beyond latin1', { A: '€' }, /headers\["A"\]/],
  ])('throws RangeError on %s', (_, input, message) => {
    expect(() => toHeaderFields(input as HeaderInput)).toThrow(message);
    expect(() => toHeaderFields(input as HeaderInput)).toThrow(RangeError);
  });
});

describe('callersHeaders', () => {
  test('refuses reserved names and prefixes, in any case', () => {
    expect(callersHeaders({ 'Sec-Fetch': '1' }, ['sec-websocket-']).has('sec-fetch')).toBe(true);
    expect(() => callersHeaders({ 'SEC-WEBSOCKET-Key': '1' }, ['sec-websocket-'])).toThrow(/"SEC-WEBSOCKET-Key"/);
    expect(() => callersHeaders({ Upgrade: '1' }, ['upgrade'])).toThrow(RangeError);
    expect(callersHeaders({ Upgrades: '1' }, ['upgrade']).has('upgrades')).toBe(true);
  });
});

describe('the first line', () => {
  test('of a request', () => {
    expect(parseRequestLine('GET /a HTTP/1.1')).toEqual({ method: 'GET', target: '/a', version: '1.1' });
    expect(parseRequestLine('GET /a HTTP/1.1 x')).toBeUndefined();
  });

  test('of a response', () => {
    expect(parseStatusLine('HTTP/1.1 200 All is well')).toEqual({ version: '1.1', status: 200, reason: 'All is well' });
    expect(parseStatusLine('HTTP/1.1 200 ')).toEqual({ version: '1.1', status: 200, reason: '' });
    expect(parseStatusLine('HTTP/1.1 200')).toEqual({ version: '1.1', status: 200, reason: '' });
  });

  test.each([
    'HTTP/1.1',
    'HTTP/1.1 ',
    'HTTP/1.1 20',
    'HTTP/1.1 2000',
    'HTTP/1.1 099 x',
    'HTTP/1.1-200 x',
    'HTTP/1 200 xy',
  ])('of a response, and not %s', line => {
    expect(parseStatusLine(line)).toBeUndefined();
  });
});

describe('encoding', () => {
  test('writes latin1, one byte per character', () => {
    const head = { version: '1.1', status: 200, reason: '\xfc', headers: new HeaderFields([['A', '\xff']]) };
    expect(encodeResponseHead(head)).toEqual(Buffer.from('HTTP/1.1 200 \xfc\r\nA: \xff\r\n\r\n', 'latin1'));
  });

  const request = { method: 'GET', target: '/', version: '1.1', headers: NO_HEADERS };
  const response = { version: '1.1', status: 101, reason: '', headers: NO_HEADERS };
  test.each([100, 999])('writes the status %i', status => {
    expect(Buffer.from(encodeResponseHead({ ...response, status })).toString()).toContain(`HTTP/1.1 ${status} `);
  });

  test.each<[string, () => Uint8Array]>([
    ['a method that is not a token', () => encodeRequestHead({ ...request, method: 'GET ' })],
    ['an empty target', () => encodeRequestHead({ ...request, target: '' })],
    ['a target with a space', () => encodeRequestHead({ ...request, target: '/ x' })],
    ['a target beyond latin1', () => encodeRequestHead({ ...request, target: '/\u010a' })],
    ['an invalid header', () => encodeRequestHead({ ...request, headers: new HeaderFields([['A', '\n']]) })],
    ['an invalid reason', () => encodeResponseHead({ ...response, reason: '\r\n' })],
    ['a small status', () => encodeResponseHead({ ...response, status: 99 })],
    ['a large status', () => encodeResponseHead({ ...response, status: 1000 })],
    ['a fractional status', () => encodeResponseHead({ ...response, status: 200.5 })],
    ['an invalid version', () => encodeRequestHead({ ...request, version: '1.1\r\n' })],
    ['an invalid version of a response', () => encodeResponseHead({ ...response, version: '11' })],
  ])('throws before writing a byte for %s', (_, encode) => {
    expect(encode).toThrow(/must be/);
  });
});
