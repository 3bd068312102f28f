import { describe, expect, test } from 'vitest';
import { Refusal, type RefusalOptions, refuseMismatch } from '../../src/handshake/refusal.js';

describe('Refusal', () => {
  test.each([100, 101, 200, 204, 299, 304, 600, 400.5, Number.NaN])('does not refuse with %s', status => {
    expect(() => new Refusal(status)).toThrow(RangeError);
  });

  test.each<[string, unknown]>([
    ['a reason that is not a string', { reason: 1 }],
    ['a body that is not a string', { body: 1 }],
    ['a detail that is not a string', { detail: 1 }],
  ])('throws TypeError on %s', (_, options) => {
    expect(() => new Refusal(403, options as RefusalOptions)).toThrow(TypeError);
  });

  test.each<[string, unknown]>([
    ['a Connection header', { headers: { Connection: 'keep-alive' } }],
    ['a Content-Length header', { headers: { 'Content-Length': '1' } }],
    ['a Transfer-Encoding header', { headers: { 'transfer-encoding': 'chunked' } }],
    ['a header with a line end', { headers: { 'X-A': 'a\nb' } }],
    ['a reason with a line end', { reason: 'a\r\nb' }],
  ])('throws RangeError on %s', (_, options) => {
    expect(() => new Refusal(403, options as RefusalOptions)).toThrow(RangeError);
  });

  test.each([300, 303, 305, 599])('refuses with %s', status => {
    expect(new Refusal(status).status).toBe(status);
  });

  test('keeps all but the body in answer to HEAD', () => {
    const refusal = new Refusal(426, { body: 'x', headers: { 'X-A': 'b' }, detail: 'y' });
    expect(refusal.forHead()).toMatchObject({
      status: 426,
      reason: 'Upgrade Required',
      body: 'x',
      detail: 'y',
      answersHead: true,
    });
    expect(refusal.forHead().headers.lines).toEqual(refusal.headers.lines);
  });
});

describe('refuseMismatch()', () => {
  test('says what was expected, what was received, and what may help', () => {
    expect(refuseMismatch(400, 'Host', 'one host', ['a', 'b'], { advice: 'try again' })).toMatchObject({
      body: 'The request is malformed.\nHost: expected one host, got "a" and "b"; try again\n',
      detail: 'Host: expected one host, got "a" and "b"; try again',
    });
    expect(refuseMismatch(400, 'Host', 'one host', []).detail).toBe('Host: expected one host, got nothing');
  });

  test('can keep the reason from the client', () => {
    const refusal = refuseMismatch(403, 'Origin', 'another', ['a'], { detail: 'see the option origins' });
    expect([refusal.body, refusal.detail]).toEqual([
      'This connection is not allowed.\nOrigin: expected another, got "a"\n',
      'see the option origins',
    ]);
  });
});
