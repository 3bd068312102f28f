import { describe, expect, test } from 'vitest';
import {
  connectionEnded,
  errorOf,
  isRetryable,
  openingFailed,
} from '../../../src/client/reconnecting/connection-failure.js';
import { ConnectionLostError, connect, HandshakeError } from '../../../src/index.js';

const refused = (headers: Array<readonly [string, string]>) =>
  openingFailed(new HandshakeError('busy', { phase: 'response', fault: 'peer', status: 503, headers })).retryAfter;

describe('isRetryable', () => {
  test('a wrong argument is not retried', async () => {
    const error = await connect('htp://peer/').catch((error: unknown) => error);
    expect(isRetryable(openingFailed(error))).toBe(false);
  });

  test('a SyntaxError of the W3C constructor is not retried', () => {
    expect(isRetryable(openingFailed(new DOMException('wrong URL', 'SyntaxError')))).toBe(false);
  });

  test('a handshake that failed because of an argument is not retried, such as a certificate that cannot be parsed', () => {
    expect(isRetryable(openingFailed(new HandshakeError('x', { phase: 'tls', fault: 'caller' })))).toBe(false);
    expect(isRetryable(openingFailed(new HandshakeError('x', { phase: 'dns', fault: 'network' })))).toBe(true);
  });

  test.each([undefined, null, 'text', new Error('x')])('anything else that was thrown is retried: %o', thrown => {
    expect(isRetryable(openingFailed(thrown))).toBe(true);
  });

  test("the peer's close code does not count if it answers an error of this end", () => {
    const cause = new ConnectionLostError('no answer', 'WS101_KEEPALIVE_TIMEOUT');
    expect(isRetryable(connectionEnded({ code: 1002, reason: '', cause, initiator: 'local' }))).toBe(true);
    expect(isRetryable(connectionEnded({ code: 1002, reason: '', cause: undefined, initiator: 'remote' }))).toBe(false);
  });
});

describe('Retry-After', () => {
  test('is a number of seconds, or a date that is compared with the Date of the response', () => {
    expect(refused([['Retry-After', ' 7 ']])).toBe(7_000);
    const date: readonly [string, string] = ['Date', 'Sun, 29 Nov 2026 10:00:00 GMT'];
    expect(refused([date, ['Retry-After', 'Sun, 29 Nov 2026 10:01:00 GMT']])).toBe(60_000);
  });

  test('is ignored if it has passed, cannot be read, or is absent, and is an hour at most', () => {
    const date: readonly [string, string] = ['Date', 'Sun, 29 Nov 2026 10:00:00 GMT'];
    expect(refused([date, ['Retry-After', 'Sun, 29 Nov 2026 09:00:00 GMT']])).toBe(0);
    expect(refused([['Retry-After', 'Sun, 29 Nov 2026 10:01:00 GMT']])).toBe(0);
    expect(refused([['Retry-After', 'soon']])).toBe(0);
    expect(refused([])).toBe(0);
    expect(refused([['Retry-After', '999999999']])).toBe(3_600_000);
  });
});

test('errorOf() returns the error, or makes one from the close code', () => {
  const error = new Error('x');
  const failure = { kind: 'ended', status: undefined, failures: 1 } as const;
  expect(errorOf({ ...failure, error, close: { code: 1006, reason: '' } })).toBe(error);
  expect(errorOf({ ...failure, error: undefined, close: { code: 1008, reason: '' } })).toMatchObject({
    message: 'the peer closed the connection with 1008',
  });
});
