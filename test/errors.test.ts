import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import {
  BackpressureError,
  ConnectionClosedError,
  ConnectionLostError,
  HandlerError,
  HandshakeError,
  invalidType,
  invalidValue,
  ProtocolError,
  WebSocketError,
} from '../src/errors.js';
import { VIOLATION } from '../src/framing/violations.js';

describe('every error has a name, a code and a fault', () => {
  test.each<[WebSocketError, string, string, string]>([
    [new ProtocolError(VIOLATION.INVALID_UTF8, 7), 'ProtocolError', 'WS101_PROTOCOL_VIOLATION', 'peer'],
    [
      new HandshakeError('no', { phase: 'dns', fault: 'network' }),
      'HandshakeError',
      'WS101_HANDSHAKE_FAILED',
      'network',
    ],
    [
      new HandshakeError('no', { phase: 'request', fault: 'caller' }),
      'HandshakeError',
      'WS101_HANDSHAKE_FAILED',
      'caller',
    ],
    [new ConnectionLostError('gone'), 'ConnectionLostError', 'WS101_CONNECTION_LOST', 'network'],
    [
      new ConnectionLostError('late', 'WS101_KEEPALIVE_TIMEOUT'),
      'ConnectionLostError',
      'WS101_KEEPALIVE_TIMEOUT',
      'network',
    ],
    [new ConnectionLostError('late', 'WS101_CLOSE_TIMEOUT'), 'ConnectionLostError', 'WS101_CLOSE_TIMEOUT', 'network'],
    [
      new ConnectionLostError('unread', 'WS101_UNREAD_TIMEOUT'),
      'ConnectionLostError',
      'WS101_UNREAD_TIMEOUT',
      'caller',
    ],
    [new ConnectionLostError('ended', 'WS101_TERMINATED'), 'ConnectionLostError', 'WS101_TERMINATED', 'caller'],
    [new ConnectionClosedError(1000, '', true), 'ConnectionClosedError', 'WS101_CONNECTION_CLOSED', 'caller'],
    [new ConnectionClosedError(1000, '', false), 'ConnectionClosedError', 'WS101_CONNECTION_CLOSED', 'peer'],
    [new BackpressureError(20, 10, 'x'), 'BackpressureError', 'WS101_BACKPRESSURE', 'peer'],
    [new BackpressureError(20, 10, 'x', 'caller'), 'BackpressureError', 'WS101_BACKPRESSURE', 'caller'],
    [new HandlerError('message', new Error('oops')), 'HandlerError', 'WS101_HANDLER_FAILED', 'caller'],
  ])('%s', (error, name, code, fault) => {
    expect(error).toBeInstanceOf(WebSocketError);
    expect(error).toBeInstanceOf(Error);
    expect(error).toMatchObject({ name, code, fault });
    expect(String(error)).toBe(`${name}: ${error.message}`);
    expect(error.stack).toContain(error.message);
  });
});

describe('ProtocolError', () => {
  test('names the rule, the value, the section and the offset', () => {
    const error = new ProtocolError(VIOLATION.RESERVED_OPCODE, 42, '0x3');
    expect(error).toMatchObject({
      violation: VIOLATION.RESERVED_OPCODE,
      closeCode: 1002,
      section: '§5.2',
      detail: '0x3',
      offset: 42,
    });
    expect(error.message).toBe('the opcode is reserved: 0x3 (RFC 6455 §5.2, at byte 42)');
  });

  test('leaves out the value if there is none', () => {
    const error = new ProtocolError(VIOLATION.MASKED_SERVER_FRAME, 0);
    expect(error.detail).toBe('');
    expect(error.message).toBe('a frame from a server must not be masked (RFC 6455 §5.1, at byte 0)');
  });
});

describe('HandshakeError', () => {
  test('keeps the response and the cause', () => {
    const cause = new Error('refused');
    const body = Buffer.from('grüße');
    const details = { phase: 'response', fault: 'peer', status: 404, hint: 'look' } as const;
    const error = new HandshakeError('no', { ...details, body, headers: [['Retry-After', '5']], cause });
    expect(error).toMatchObject({ ...details, summary: 'no', body: 'grüße' });
    expect(error.headers.get('retry-after')).toBe('5');
    expect(error.bodyBytes).toBe(body);
    expect(error.cause).toBe(cause);
  });

  test('has no cause, status, URL or hint by default, and empty headers and body', () => {
    const error = new HandshakeError('no', { phase: 'tls', fault: 'network' });
    expect(error).toMatchObject({ phase: 'tls', status: undefined, url: undefined, hint: undefined, body: '' });
    expect(error.headers.lines).toEqual([]);
    expect(error.bodyBytes).toHaveLength(0);
    expect('cause' in error).toBe(false);
  });

  test('has a message with the URL, the summary and the hint', () => {
    const details = { phase: 'connect', fault: 'network' } as const;
    const url = 'ws://h/';
    expect(new HandshakeError('no', details).message).toBe('no');
    expect(new HandshakeError('no', { ...details, url }).message).toBe('could not open ws://h/: no');
    expect(new HandshakeError('no', { ...details, hint: 'look' }).message).toBe('no. Hint: look');
    const error = new HandshakeError('no', { ...details, url, hint: 'look' });
    expect(error.message).toBe('could not open ws://h/: no. Hint: look');
    expect(error.stack).toContain(error.message);
  });

  test.each([
    ['ws://user:secret@h/a', 'ws://h/a'],
    ['ws://us@er:secret@h/a', 'ws://h/a'],
    ['ws://h/a?token=secret', 'ws://h/a?…'],
    ['ws://h/?', 'ws://h/?'],
    ['ws://h/@a', 'ws://h/@a'],
    ['ws+unix:/a.sock:/b?secret', 'ws+unix:/a.sock:/b?…'],
  ])('shows %s without its secrets', (url, shown) => {
    const error = new HandshakeError('no', { phase: 'connect', fault: 'network', url });
    expect(error.url).toBe(shown);
    expect(inspect(error)).not.toContain('secret');
  });

  test('prints its body as text', () => {
    const error = new HandshakeError('no', { phase: 'response', fault: 'peer', body: Buffer.from('not you') });
    expect(inspect(error)).toContain("body: 'not you'");
    expect(inspect(error)).not.toContain('6e 6f');
  });
});

test.each<[code: number, reason: string, isLocal: boolean, message: string]>([
  [1000, 'done', true, 'this endpoint closed the connection with 1000 (done)'],
  [1001, '', false, 'the peer closed the connection with 1001'],
  [1005, '', false, 'the peer closed the connection without a code'],
])('ConnectionClosedError says who closed it and why: %i, %j, %j', (closeCode, reason, isLocal, message) => {
  expect(new ConnectionClosedError(closeCode, reason, isLocal)).toMatchObject({ closeCode, reason, message });
});

test('ConnectionLostError has a cause only if one was given', () => {
  expect('cause' in new ConnectionLostError('gone')).toBe(false);
  expect(new ConnectionLostError('gone', 'WS101_CONNECTION_LOST', 'reset').cause).toBe('reset');
});

test('BackpressureError reports the buffered bytes, the limit, and what the peer took', () => {
  const error = new BackpressureError(20, 10, 'the peer took nothing');
  expect(error.bufferedAmount).toBe(20);
  expect(error.message).toBe(
    '20 bytes are waiting to be sent, more than maxBufferedAmount (10): the peer took nothing',
  );
});

function unreadableError(): Error {
  return Object.defineProperty(new Error(), 'message', {
    get() {
      throw new Error('no');
    },
  });
}

function unreadableProxy(): object {
  const fail = () => {
    throw new Error('no');
  };
  return new Proxy({}, { get: fail, getPrototypeOf: fail });
}

/** Puts the descriptions first: vitest reads the first value of a row for the title, and some of these values throw. */
function byDescription(rows: ReadonlyArray<readonly [value: unknown, description: string]>): Array<[string, unknown]> {
  return rows.map(([value, description]) => [description, value]);
}

describe('HandlerError describes any thrown value', () => {
  test.each(
    byDescription([
      [new Error('oops'), 'oops'],
      ['a string', 'a string'],
      [undefined, 'undefined'],
      [null, 'null'],
      [5, '5'],
      [Symbol('s'), 'a Symbol'],
      [{}, 'an object'],
      [Object.create(null), 'an object'],
      [
        {
          toString: () => {
            throw new Error('no');
          },
        },
        'an object',
      ],
      [unreadableError(), 'an error without a readable message'],
      [unreadableProxy(), 'an error without a readable message'],
      [{ constructor: { name: Symbol('s') } }, 'an object'],
    ]),
  )('%s', (described, thrown) => {
    const error = new HandlerError('message', thrown);
    expect(error.message).toBe(`a listener of 'message' failed: ${described}`);
    expect(error.cause).toBe(thrown);
  });
});

test('HandlerError names the option whose function failed', () => {
  expect(new HandlerError('authorize', new Error('oops'), 'option').message).toBe('authorize() failed: oops');
});

describe('an invalid argument is described', () => {
  class Unusual {}
  test.each(
    byDescription([
      ['text', '"text"'],
      ['a "quoted"\nline', '"a \\"quoted\\"\\nline"'],
      ['x'.repeat(61), `"${'x'.repeat(60)}…"`],
      ['x'.repeat(60), `"${'x'.repeat(60)}"`],
      [1.5, '1.5'],
      [Number.NaN, 'NaN'],
      [5n, '5n'],
      [true, 'true'],
      [null, 'null'],
      [undefined, 'undefined'],
      [() => 1, 'a function'],
      [Symbol('s'), 'a Symbol'],
      [{}, 'an object'],
      [Object.create(null), 'an object'],
      [[], 'an Array'],
      [new Date(), 'a Date'],
      [new Unusual(), 'an Unusual'],
      [new Float32Array(20), 'a Float32Array'],
    ]),
  )('%s', (described, value) => {
    const wrongType = invalidType('code', 'a number', value);
    expect(wrongType).toBeInstanceOf(TypeError);
    expect(wrongType).toMatchObject({
      code: 'WS101_INVALID_ARGUMENT',
      message: `code must be a number, got ${described}`,
    });
    const wrongValue = invalidValue('code', 'small', value);
    expect(wrongValue).toBeInstanceOf(RangeError);
    expect(wrongValue).toMatchObject({
      code: 'WS101_INVALID_ARGUMENT',
      message: `code must be small, got ${described}`,
    });
  });
});
