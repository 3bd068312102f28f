import { describe, expect, test } from 'vitest';
import { HandshakeError } from '../../../src/errors.js';
import { ClientHandshake, type ClientHandshakeOptions } from '../../../src/handshake/http1/client-handshake.js';
import { isKey } from '../../../src/handshake/http1/key.js';
import { response, SAMPLE_KEY } from '../../helpers/sample-heads.js';
import { bytesOf, readEverySplit } from './segmentation.js';

const OPTIONS: ClientHandshakeOptions = { host: 'server.example.com', target: '/chat' };

const handshake = (options: Partial<ClientHandshakeOptions> = {}) =>
  new ClientHandshake({ ...OPTIONS, ...options }, SAMPLE_KEY);
const requestOf = (options?: Partial<ClientHandshakeOptions>) =>
  Buffer.from(handshake(options).request).toString('latin1');

describe('the request (RFC 6455 §4.1)', () => {
  test('has what every opening handshake must have [4.1-19] [4.1-20] [4.1-21] [4.1-24] [4.1-25] [4.1-26] [4.1-27] [4.1-28] [4.1-33] [4.1-34] [11.3.1-1] [11.3.5-2]', () => {
    expect(requestOf()).toBe(
      `GET /chat HTTP/1.1\r\nHost: server.example.com\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: ${SAMPLE_KEY}\r\nSec-WebSocket-Version: 13\r\n\r\n`,
    );
  });

  test('has a fresh key each time', () => {
    const keys = Array.from({ length: 100 }, () => new ClientHandshake(OPTIONS).key);
    expect(keys.every(isKey)).toBe(true);
    expect(new Set(keys).size).toBe(100);
    const { key, request } = new ClientHandshake(OPTIONS);
    expect(Buffer.from(request).toString('latin1')).toContain(`\r\nSec-WebSocket-Key: ${key}\r\n`);
  });

  test('offers subprotocols and extensions, names its origin, and sends the headers of the caller [4.1-32] [4.1-35] [4.1-38] [4.1-39]', () => {
    const text = requestOf({
      subprotocols: ['chat', 'superchat'],
      extensions: [
        {
          name: 'permessage-deflate',
          parameters: [
            ['client_max_window_bits', true],
            ['server_max_window_bits', '10'],
          ],
        },
        { name: 'permessage-deflate', parameters: [] },
      ],
      origin: 'http://example.com',
      headers: { Authorization: 'Bearer x', Cookie: ['a=b', 'c=d'] },
    });
    expect(text.split('\r\n').slice(6)).toEqual([
      'Origin: http://example.com',
      'Sec-WebSocket-Protocol: chat, superchat',
      'Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits; server_max_window_bits=10, permessage-deflate',
      'Authorization: Bearer x',
      'Cookie: a=b',
      'Cookie: c=d',
      '',
      '',
    ]);
  });

  test('lets the caller pass another Host, which is then the only and the first one', () => {
    const text = requestOf({ headers: [['host', '[::1]:81']] });
    expect(text).toMatch(/^GET \/chat HTTP\/1\.1\r\nHost: \[::1\]:81\r\n/);
    expect(text.match(/host:/gi)).toHaveLength(1);
  });

  test('accepts an Origin in the headers too', () => {
    expect(requestOf({ headers: { origin: 'null' } })).toContain('\r\norigin: null\r\n');
  });

  test.each<[string, unknown]>([
    ['no host', { host: undefined }],
    ['a target that is not a string', { target: undefined }],
    ['two origins', { origin: 'http://a', headers: { Origin: 'http://b' } }],
    ['a subprotocol that is not a string', { subprotocols: [1] }],
    ['subprotocols that are not an array', { subprotocols: 'chat' }],
  ])('throws TypeError on %s', (_, options) => {
    expect(() => handshake(options as Partial<ClientHandshakeOptions>)).toThrow(TypeError);
    expect(() => handshake(options as Partial<ClientHandshakeOptions>)).toThrow(/ must (be|contain|not contain) /);
  });

  test.each<[string, unknown]>([
    ['an empty host', { host: '' }],
    ['a host with a line end', { host: 'a\r\nX: y' }],
    ['an invalid host', { host: 'a/b' }],
    ['two Hosts', { headers: { Host: ['a', 'b'] } }],
    ['a target without a slash', { target: 'chat' }],
    ['an empty target', { target: '' }],
    ['an absolute target', { target: 'http://a/' }],
    ['a target with a line end', { target: '/\r\nX: y' }],
    ['a target with a space', { target: '/a b' }],
    ['a target with a fragment (§3)', { target: '/a#b' }],
    ['a target beyond ASCII', { target: '/caf\xe9' }],
    ['a target that becomes a line end (CVE-2016-2216)', { target: '/\u010d\u010a' }],
    ['an origin with a line end', { origin: 'http://a\r\nX: y' }],
    ['a subprotocol twice', { subprotocols: ['a', 'b', 'a'] }],
    ['an empty subprotocol', { subprotocols: [''] }],
    ['a subprotocol that is not a token', { subprotocols: ['a b'] }],
    ['an extension that is not a token', { extensions: [{ name: 'a b', parameters: [] }] }],
    ['a parameter that is not a token', { extensions: [{ name: 'a', parameters: [['b;', true]] }] }],
    ['Connection', { headers: { Connection: 'close' } }],
    ['Upgrade', { headers: { upgrade: 'h2c' } }],
    ['Sec-WebSocket-Key', { headers: { 'Sec-WebSocket-Key': SAMPLE_KEY } }],
    ['Sec-WebSocket-Extensions', { headers: { 'Sec-WebSocket-Extensions': 'x' } }],
    ['Content-Length', { headers: { 'Content-Length': '5' } }],
    ['Transfer-Encoding', { headers: { 'Transfer-Encoding': 'chunked' } }],
  ])('throws RangeError on %s', (_, options) => {
    expect(() => handshake(options as Partial<ClientHandshakeOptions>)).toThrow(RangeError);
    expect(() => handshake(options as Partial<ClientHandshakeOptions>)).toThrow(/ must (be|contain|not contain) /);
  });

  test.each<[unknown, string]>([
    [{ host: 'a/b' }, 'host must be `host[:port]`, got "a/b"'],
    [{ headers: { Host: '' } }, 'headers["Host"] must be `host[:port]`, got ""'],
    [{ origin: 'a\n' }, 'origin must be a string of printable characters'],
    [{ headers: { Host: ['a', 'b'] } }, 'headers must contain Host only once, got 2 lines'],
  ])('names the received value: %o', (options, message) => {
    expect(() => handshake(options as Partial<ClientHandshakeOptions>)).toThrow(message);
  });

  test('throws RangeError for an invalid key', () => {
    expect(() => new ClientHandshake(OPTIONS, 'x')).toThrow(RangeError);
  });

  test('throws RangeError for an invalid limit', () => {
    expect(() => handshake({ maxHeadSize: 0 })).toThrow(RangeError);
  });
});

describe('a refused handshake', () => {
  test('is reported with status, headers, body and hint', () => {
    const text = 'HTTP/1.1 404 Not Found\r\nX-A: b\r\nContent-Length: 5\r\n\r\nhelloHTTP/1.1 200 OK\r\n';
    const { outcome } = readEverySplit(
      () => handshake(),
      text,
      () => false,
    );
    expect(outcome).toBeInstanceOf(HandshakeError);
    const error = outcome as HandshakeError;
    expect(error).toMatchObject({ phase: 'response', fault: 'peer', status: 404 });
    expect(error.headers.lines).toEqual([
      ['X-A', 'b'],
      ['Content-Length', '5'],
    ]);
    expect(error.body).toBe('hello');
    expect(error.hint).toContain('path');
  });

  test('has its head before its body arrives, so that the body of a redirect need not be read', () => {
    const client = handshake();
    expect(client.response).toBeUndefined();
    expect(client.receive(bytesOf('HTTP/1.1 302 Found\r\nLocation: /x\r\n\r\nsee'))).toBeUndefined();
    expect(client.response).toMatchObject({ status: 302 });
    expect(client.response!.headers.get('location')).toBe('/x');
  });

  test('without a length ends with the connection', () => {
    const client = handshake();
    expect(client.receive(bytesOf('HTTP/1.1 500 Oops\r\n\r\nhel'))).toBeUndefined();
    expect(client.receive(bytesOf('lo'))).toBeUndefined();
    const error = client.end();
    expect(error).toMatchObject({ status: 500, summary: 'the server answered 500 Oops' });
    expect(error.body).toBe('hello');
    expect(client.rest).toHaveLength(0);
  });

  test('shows its reason phrase without control characters', () => {
    const error = handshake().receive(bytesOf('HTTP/1.1 500 a\x9bb\r\nContent-Length: 0\r\n\r\n')) as HandshakeError;
    expect(error.summary).toBe('the server answered 500 a\\u009bb');
  });

  test('is reported when 1 MiB of its body has arrived', () => {
    const client = handshake();
    client.receive(bytesOf('HTTP/1.1 500 Oops\r\n\r\n'));
    const mebibyte = new Uint8Array(1024 * 1024);
    expect(client.receive(mebibyte.subarray(1))).toBeUndefined();
    expect((client.receive(mebibyte) as HandshakeError).body).toHaveLength(1024 * 1024);
  });

  test('includes the first bytes of a response that is not HTTP', () => {
    const error = handshake().receive(bytesOf('SSH-2.0-x\r\nmore')) as HandshakeError;
    expect(error.body).toBe('SSH-2.0-x\r\n');
    expect(error.status).toBeUndefined();
    const long = handshake().receive(bytesOf(`${'x'.repeat(100)}\r\n`)) as HandshakeError;
    expect(long.body).toHaveLength(64);
  });

  test.each([
    ['nothing', '', /before a response arrived/],
    ['half a head', 'HTTP/1.1 101 Switch', /before the response was complete/],
    ['an interim response', 'HTTP/1.1 100 Continue\r\n\r\n', /before the response was complete/],
  ])('whose connection ends after %s', (_, text, message) => {
    const client = handshake();
    expect(client.receive(bytesOf(text))).toBeUndefined();
    const error = client.end();
    expect(error.message).toMatch(message);
    expect(error.hint).toBeDefined();
    expect(() => client.receive(bytesOf('x'))).toThrow(TypeError);
  });

  test('with a 101 that is not valid carries its status and headers', () => {
    const error = handshake().receive(bytesOf(response({ set: { Upgrade: 'x' } }))) as HandshakeError;
    expect(error.status).toBe(101);
    expect(error.headers.lines[0]).toEqual(['Upgrade', 'x']);
    expect(error.body).toHaveLength(0);
  });
});

test('end() after the agreement does nothing', () => {
  const client = handshake();
  client.receive(bytesOf(response()));
  expect(client.end()).toBeInstanceOf(HandshakeError);
});

test('later changes to the arrays of the caller have no effect', () => {
  const subprotocols = ['a'];
  const client = handshake({ subprotocols });
  subprotocols.push('chat');
  const outcome = client.receive(bytesOf(response({ add: ['Sec-WebSocket-Protocol: chat'] })));
  expect(outcome).toBeInstanceOf(HandshakeError);
});

test.each([
  ['an agreement', response()],
  ['a fault', '\n'],
  ['a refusal', 'HTTP/1.1 404 x\r\nContent-Length: 0\r\n\r\n'],
])('throws for bytes after %s', (_, text) => {
  const client = handshake();
  expect(client.receive(bytesOf(text))).toBeDefined();
  expect(() => client.receive(bytesOf('x'))).toThrow(/handshake is over/);
});
