import { describe, expect, test } from 'vitest';
import { acceptRequest, encodeRefusal } from '../../../src/handshake/http1/responses.js';
import { ServerHandshake } from '../../../src/handshake/http1/server-handshake.js';
import type { AcceptOptions } from '../../../src/handshake/negotiation.js';
import { Refusal, type RefusalOptions, textOfStatus } from '../../../src/handshake/refusal.js';
import { type HeadChanges, request, SAMPLE_ACCEPT } from '../../helpers/sample-heads.js';
import { bytesOf } from './segmentation.js';

function accept(changes: HeadChanges, options?: AcceptOptions): string {
  const outcome = new ServerHandshake().receive(bytesOf(request(changes)));
  if (outcome === undefined || outcome instanceof Refusal) throw new Error(`refused: ${outcome?.body}`);
  return Buffer.from(acceptRequest(outcome, options)).toString('latin1');
}

const text = (status: number, options?: RefusalOptions) =>
  Buffer.from(encodeRefusal(new Refusal(status, options))).toString('utf8');

describe('acceptRequest()', () => {
  test('returns the response of RFC 6455 §1.3 [4.2.2-12] [4.2.2-i3] [4.2.2-i4] [4.2.2-i5] [4.2.2-i6] [4.2.2-9] [11.3.3-1]', () => {
    expect(accept({})).toBe(
      `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${SAMPLE_ACCEPT}\r\n\r\n`,
    );
  });

  test('sends 100 before 101 if the client expects it (RFC 9110 §7.8)', () => {
    expect(accept({ add: ['Expect: 100-continue'] })).toMatch(
      /^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 101 Switching Protocols\r\nUpgrade/,
    );
  });

  test('names the subprotocol, the extensions and the headers that were agreed [4.2.2-i7] [4.2.2-i8] [11.3.2-2] [11.3.4-2]', () => {
    const text = accept(
      { add: ['Sec-WebSocket-Protocol: a, b', 'Sec-WebSocket-Extensions: x, y; z'] },
      {
        subprotocol: 'b',
        extensions: [
          {
            name: 'y',
            parameters: [
              ['z', '1'],
              ['w', true],
            ],
          },
        ],
        headers: { 'Set-Cookie': ['a=b', 'c=d'], 'X-Latin': 'caf\xe9' },
      },
    );
    expect(text).toContain('\r\nSec-WebSocket-Protocol: b\r\nSec-WebSocket-Extensions: y; z=1; w\r\n');
    expect(text.match(/Sec-WebSocket-(?:Protocol|Extensions)/g)).toHaveLength(2);
    expect(text).toContain('\r\nSet-Cookie: a=b\r\nSet-Cookie: c=d\r\nX-Latin: caf\xe9\r\n\r\n');
  });
});

describe('encodeRefusal()', () => {
  test.each([
    [400, 'Bad Request'],
    [401, 'Unauthorized'],
    [403, 'Forbidden'],
    [404, 'Not Found'],
    [405, 'Method Not Allowed'],
    [408, 'Request Timeout'],
    [414, 'URI Too Long'],
    [417, 'Expectation Failed'],
    [426, 'Upgrade Required'],
    [429, 'Too Many Requests'],
    [431, 'Request Header Fields Too Large'],
    [500, 'Internal Server Error'],
    [503, 'Service Unavailable'],
    [505, 'HTTP Version Not Supported'],
  ])('returns a complete response for %i', (status, reason) => {
    const [head = '', body = ''] = text(status).split('\r\n\r\n');
    expect(head).toMatch(new RegExp(`^HTTP/1\\.1 ${status} ${reason}\r\nConnection: close`));
    expect(head).toContain('\r\nContent-Type: text/plain; charset=utf-8');
    expect(head).toContain(`\r\nContent-Length: ${Buffer.byteLength(body)}`);
    expect(body).toBe(textOfStatus(status));
    expect(body).toMatch(/^\S.*\.\n$/);
  });

  test('answers 405 with Allow (RFC 9110 §15.5.6)', () => {
    expect(text(405)).toContain('\r\nAllow: GET\r\n');
    expect(text(405, { headers: { allow: 'GET, PUT' } }).match(/allow: .*/gi)).toEqual(['allow: GET, PUT']);
  });

  test('answers 426 with the protocol and the version to upgrade to (RFC 6455 §4.4, RFC 9110 §7.8) [4.2.2-6] [4.4-1]', () => {
    const response = text(426);
    expect(response).toContain('\r\nConnection: close, Upgrade\r\n');
    expect(response).toContain('\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n');
  });

  test('sends the status, reason, headers and body that the application chose', () => {
    const response = text(302, {
      reason: 'Elsewhere',
      body: 'ä',
      headers: { Location: '/x', 'content-type': 'text/html' },
    });
    expect(response).toBe(
      'HTTP/1.1 302 Elsewhere\r\nConnection: close\r\nContent-Length: 2\r\nLocation: /x\r\ncontent-type: text/html\r\n\r\nä',
    );
  });

  test('sends an unregistered status without a reason phrase', () => {
    expect(text(499)).toMatch(/^HTTP\/1\.1 499 \r\n.*\r\n\r\nRefused with status 499\.\n$/s);
  });

  test('never sends the detail', () => {
    expect(text(403, { detail: 'the secret' })).toBe(text(403));
    expect(new Refusal(403, { detail: 'the secret' }).detail).toBe('the secret');
    expect(new Refusal(403).detail).toBe('This connection is not allowed.');
  });

  test('sends an empty body on request', () => {
    expect(text(403, { body: '' })).toMatch(/\r\nContent-Length: 0\r\n\r\n$/);
  });

  test('sends the head alone in answer to HEAD, without a Content-Length (RFC 9110 §8.6, §9.3.2)', () => {
    const refusal = new Refusal(404, { body: 'x' }).forHead();
    expect(Buffer.from(encodeRefusal(refusal)).toString('latin1')).toBe(
      'HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n',
    );
  });

  test('keeps the Upgrade header of the application in a 426', () => {
    expect(text(426, { headers: { Upgrade: 'h2c' } }).match(/^Upgrade: .*$/gm)).toEqual(['Upgrade: h2c']);
  });
});
