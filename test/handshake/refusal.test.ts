import { describe, expect, it } from 'vitest';
import { encodeRefusal, Refusal, type RefusalOptions, textOfStatus } from '../../src/handshake/refusal.js';

const text = (status: number, options?: RefusalOptions) =>
  Buffer.from(encodeRefusal(new Refusal(status, options))).toString('utf8');

describe('encodeRefusal', () => {
  it.each([
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
  ])('gives a complete response for %i', (status, reason) => {
    const [head = '', body = ''] = text(status).split('\r\n\r\n');
    expect(head).toMatch(new RegExp(`^HTTP/1\\.1 ${status} ${reason}\r\nConnection: close`));
    expect(head).toContain('\r\nContent-Type: text/plain; charset=utf-8');
    expect(head).toContain(`\r\nContent-Length: ${Buffer.byteLength(body)}`);
    expect(body).toBe(textOfStatus(status));
    expect(body).toMatch(/^\S.*\.\n$/);
  });

  it('answers 405 with Allow (RFC 9110 §15.5.6)', () => {
    expect(text(405)).toContain('\r\nAllow: GET\r\n');
    expect(text(405, { headers: { allow: 'GET, PUT' } }).match(/allow: .*/gi)).toEqual(['allow: GET, PUT']);
  });

  it('answers 426 with what to upgrade to (RFC 6455 §4.4, RFC 9110 §7.8) [4.2.2-6] [4.4-1]', () => {
    const response = text(426);
    expect(response).toContain('\r\nConnection: close, Upgrade\r\n');
    expect(response).toContain('\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n');
  });

  it('sends what the application gives for a status of its choice', () => {
    const response = text(302, {
      reason: 'Elsewhere',
      body: 'ä',
      headers: { Location: '/x', 'content-type': 'text/html' },
    });
    expect(response).toBe(
      'HTTP/1.1 302 Elsewhere\r\nConnection: close\r\nContent-Length: 2\r\nLocation: /x\r\ncontent-type: text/html\r\n\r\nä',
    );
  });

  it('has no reason phrase and a plain text for a status that nobody registered', () => {
    expect(text(499)).toMatch(/^HTTP\/1\.1 499 \r\n.*\r\n\r\nRefused with status 499\.\n$/s);
  });

  it('never sends the detail, which is for the operator', () => {
    expect(text(403, { detail: 'the secret' })).toBe(text(403));
    expect(new Refusal(403, { detail: 'the secret' }).detail).toBe('the secret');
    expect(new Refusal(403).detail).toBe('This connection is not allowed.');
  });

  it('sends an empty body where that is asked for', () => {
    expect(text(403, { body: '' })).toMatch(/\r\nContent-Length: 0\r\n\r\n$/);
  });
});

describe('Refusal', () => {
  it.each([100, 101, 200, 204, 299, 304, 600, 400.5, Number.NaN])('does not refuse with %s', status => {
    expect(() => new Refusal(status)).toThrow(RangeError);
  });

  it.each<[string, unknown]>([
    ['a Connection header', { headers: { Connection: 'keep-alive' } }],
    ['a Content-Length header', { headers: { 'Content-Length': '1' } }],
    ['a Transfer-Encoding header', { headers: { 'transfer-encoding': 'chunked' } }],
    ['a header with a line end', { headers: { 'X-A': 'a\nb' } }],
    ['a reason with a line end', { reason: 'a\r\nb' }],
    ['a reason that is no string', { reason: 1 }],
    ['a body that is no string', { body: 1 }],
    ['a detail that is no string', { detail: 1 }],
  ])('throws TypeError on %s', (_, options) => {
    expect(() => new Refusal(403, options as RefusalOptions)).toThrow(TypeError);
  });

  it.each([300, 303, 305, 599])('refuses with %s', status => {
    expect(new Refusal(status).status).toBe(status);
  });

  it('sends the head alone in answer to HEAD, without a Content-Length (RFC 9110 §8.6, §9.3.2)', () => {
    const refusal = new Refusal(404, { body: 'x' }).forHead();
    expect(Buffer.from(encodeRefusal(refusal)).toString('latin1')).toBe(
      'HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n',
    );
  });

  it('keeps all but the body in answer to HEAD', () => {
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
