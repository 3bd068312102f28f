import { describe, expect, test } from 'vitest';
import type { Http1UpgradeRequest } from '../../../src/handshake/http1/request-rules.js';
import { encodeRefusal } from '../../../src/handshake/http1/responses.js';
import { ServerHandshake } from '../../../src/handshake/http1/server-handshake.js';
import { Refusal } from '../../../src/handshake/refusal.js';
import { UpgradePolicy } from '../../../src/handshake/upgrade-policy.js';
import { type HeadChanges, request, SAMPLE_KEY } from '../../helpers/sample-heads.js';
import { bytesOf, readEverySplit } from './segmentation.js';

function accepted(changes: HeadChanges = {}): Http1UpgradeRequest {
  const outcome = new ServerHandshake().receive(bytesOf(request(changes)));
  if (outcome === undefined || outcome instanceof Refusal) throw new Error(`refused: ${outcome?.body}`);
  return outcome;
}

describe('ServerHandshake', () => {
  test('reads the request of RFC 6455 §1.2', () => {
    const text = [
      'GET /chat HTTP/1.1',
      'Host: server.example.com',
      'Upgrade: websocket',
      'Connection: Upgrade',
      `Sec-WebSocket-Key: ${SAMPLE_KEY}`,
      'Origin: http://example.com',
      'Sec-WebSocket-Protocol: chat, superchat',
      'Sec-WebSocket-Version: 13',
      '\r\n',
    ].join('\r\n');
    const { outcome, rest } = readEverySplit(() => new ServerHandshake({ origins: ['http://example.com'] }), text);
    expect(outcome).toEqual({
      method: 'GET',
      target: '/chat',
      path: '/chat',
      query: '',
      host: 'server.example.com',
      headers: (outcome as Http1UpgradeRequest).headers,
      origin: 'http://example.com',
      key: SAMPLE_KEY,
      subprotocols: ['chat', 'superchat'],
      extensions: [],
      expectsContinue: false,
    });
    expect(rest).toBe('');
  });

  test('has the head of a request that was read, even if it is refused', () => {
    const handshake = new ServerHandshake();
    expect(handshake.head).toBeUndefined();
    expect(handshake.receive(bytesOf(request({ line: 'POST /chat HTTP/1.1' })))).toBeInstanceOf(Refusal);
    expect(handshake.head).toMatchObject({ method: 'POST', target: '/chat' });
  });

  test('has no head of a request that is malformed', () => {
    const handshake = new ServerHandshake();
    expect(handshake.receive(bytesOf('no request\r\n\r\n'))).toBeInstanceOf(Refusal);
    expect(handshake.head).toBeUndefined();
  });

  test('takes path, query and host from an absolute-form target, not from Host (RFC 9112 §3.2.2)', () => {
    expect(accepted({ line: 'GET http://Other.example:81?a=/b?c HTTP/1.1' })).toMatchObject({
      target: 'http://Other.example:81?a=/b?c',
      path: '/',
      query: 'a=/b?c',
      host: 'Other.example:81',
    });
  });

  test('lists what the client offers over several lines [9.1-3] [11.3.2-1] [11.3.4-1]', () => {
    const { subprotocols, extensions } = accepted({
      add: [
        'Sec-WebSocket-Protocol: a',
        'Sec-WebSocket-Extensions: x; y="z"',
        'sec-websocket-protocol: b',
        'sec-websocket-extensions: w',
      ],
    });
    expect(subprotocols).toEqual(['a', 'b']);
    expect(extensions).toEqual([
      { name: 'x', parameters: [['y', 'z']] },
      { name: 'w', parameters: [] },
    ]);
  });

  test('ignores unknown headers, and returns all headers (§4.2.1) [4.2.1-i10]', () => {
    const { headers } = accepted({ add: ['Cookie: a=b', 'Authorization: Basic x', 'X-Whatever: 1', 'X-Whatever: 2'] });
    expect(headers.get('cookie')).toBe('a=b');
    expect(headers.get('authorization')).toBe('Basic x');
    expect(headers.all('x-whatever')).toEqual(['1', '2']);
  });

  test('returns the bytes after the head unchanged', () => {
    const early = '\x81\x85\0\0\0\0hello\r\n\r\nGET / HTTP/1.1\r\n\r\n';
    expect(readEverySplit(() => new ServerHandshake(), request() + early).rest).toBe(early);
  });

  test('drops all bytes after a refused head, including a second request', () => {
    const handshake = new ServerHandshake();
    expect(handshake.receive(bytesOf(request({ line: 'POST / HTTP/1.1' }) + request()))).toBeInstanceOf(Refusal);
    expect(handshake.rest).toHaveLength(0);
  });

  test('throws for bytes after its outcome', () => {
    const handshake = new ServerHandshake();
    handshake.receive(bytesOf(request()));
    expect(() => handshake.receive(bytesOf('x'))).toThrow(TypeError);
    const refused = new ServerHandshake();
    refused.receive(bytesOf('\n'));
    expect(() => refused.receive(bytesOf('x'))).toThrow(/handshake is over/);
  });

  test('answers HEAD without a body (RFC 9110 §9.3.2)', () => {
    const outcome = new ServerHandshake().receive(bytesOf(request({ line: 'HEAD / HTTP/1.1' }))) as Refusal;
    expect(outcome.answersHead).toBe(true);
    const text = Buffer.from(encodeRefusal(outcome)).toString();
    expect(text).toMatch(/^HTTP\/1\.1 405 .*\r\n\r\n$/s);
    expect(text).not.toContain('Content-Length');
  });

  test('names its version even if the key of another version is malformed (RFC 6455 §4.4) [4.4-1]', () => {
    const text = request({ set: { 'Sec-WebSocket-Key': 'x', 'Sec-WebSocket-Version': '25' } });
    const outcome = new ServerHandshake().receive(bytesOf(text)) as Refusal;
    expect([outcome.status, outcome.headers.get('Sec-WebSocket-Version')]).toEqual([400, '13']);
  });

  test('shares one policy among connections', () => {
    const policy = new UpgradePolicy({ path: '/chat' });
    expect(new ServerHandshake({}, policy).receive(bytesOf(request()))).toMatchObject({ path: '/chat' });
    expect(new ServerHandshake({}, policy).receive(bytesOf(request({ line: 'GET / HTTP/1.1' })))).toMatchObject({
      status: 404,
    });
  });

  test.each([
    ['maxHeadSize', 0],
    ['maxHeadSize', Number.NaN],
    ['maxHeaderLines', 1.5],
    ['maxHeaderLines', -1],
  ])('refuses the limit %s = %s', (name, value) => {
    expect(() => new ServerHandshake({ [name]: value })).toThrow(RangeError);
  });

  test('refuses a limit that is not a number', () => {
    const refused = expect(() => new ServerHandshake({ maxHeadSize: '1000' as never }));
    refused.toThrow(TypeError);
    refused.toThrow('maxHeadSize must be a number, got "1000"');
  });
});
