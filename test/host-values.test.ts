import vm from 'node:vm';
import { describe, expect, test } from 'vitest';
import { isAggregateError, isBlob, isError, isThenable, isUint8Array } from '../src/host-values.js';

const elsewhere = <T>(code: string): T => vm.runInNewContext(code);

describe('isUint8Array()', () => {
  test.each([
    new Uint8Array(1),
    Buffer.alloc(1),
    elsewhere('new Uint8Array(1)'),
    elsewhere('new (class extends Uint8Array {})(1)'),
  ])('accepts %o', value => expect(isUint8Array(value)).toBe(true));

  test.each([
    undefined,
    null,
    'text',
    5,
    [1],
    { length: 1, [Symbol.toStringTag]: 'Uint8Array' },
    new Uint16Array(1),
    new Uint8ClampedArray(1),
    new DataView(new ArrayBuffer(1)),
    new ArrayBuffer(1),
    Object.create(Uint8Array.prototype),
    new Proxy(new Uint8Array(1), {}),
  ])('refuses %o', value => expect(isUint8Array(value)).toBe(false));
});

describe('isBlob()', () => {
  test.each([new Blob(['x']), new File(['x'], 'name'), { size: 1, type: '', arrayBuffer() {} }])('accepts %o', value =>
    expect(isBlob(value)).toBe(true),
  );

  test.each([
    undefined,
    null,
    'text',
    () => {},
    new Response('x'),
    { type: '', arrayBuffer() {} },
    { size: 1, arrayBuffer() {} },
    { size: 1, type: '' },
  ])('refuses %o', value => expect(isBlob(value)).toBe(false));
});

describe('isError()', () => {
  test.each([
    new TypeError('x'),
    new DOMException('x'),
    elsewhere('new RangeError("x")'),
    elsewhere('new (class extends Error {})("x")'),
  ])('accepts %o', value => expect(isError(value)).toBe(true));

  test.each([
    undefined,
    null,
    'text',
    5,
    {},
    { message: 'x' },
    { name: 'x' },
    Object.assign(() => {}, { message: 'x' }),
  ])('refuses %o', value => expect(isError(value)).toBe(false));
});

describe('isAggregateError()', () => {
  test.each([new AggregateError([]), elsewhere('new AggregateError([])')])('accepts %o', value =>
    expect(isAggregateError(value)).toBe(true),
  );

  test.each([undefined, new Error('x'), { errors: [] }, Object.assign(new Error('x'), { errors: 1 })])(
    'refuses %o',
    value => expect(isAggregateError(value)).toBe(false),
  );
});

describe('isThenable()', () => {
  const withThen = (value: object, then: unknown) => Object.defineProperty(value, 'then', { value: then });

  test.each([
    Promise.resolve(),
    elsewhere('Promise.resolve()'),
    withThen({}, () => {}),
    withThen(
      () => {},
      () => {},
    ),
  ])('accepts %o', value => expect(isThenable(value)).toBe(true));

  test.each([undefined, null, 'text', {}, withThen({}, true), () => {}])('refuses %o', value =>
    expect(isThenable(value)).toBe(false),
  );
});
