import { describe, expect, test } from 'vitest';
import {
  headerOf,
  proveAccept,
  requestHeaderNote,
  requestLineNote,
  responseHeaderNote,
  statusLineNote,
  statusOf,
} from '../../src/wire/head-notes.js';

describe('notes on the opening handshake', () => {
  test.each([
    ['HTTP/1.1 101 Switching Protocols', 101],
    ['HTTP/1.1 404', 404],
    ['HTTP/1.1 4040', undefined],
    ['SSH-2.0-OpenSSH_9.2', undefined],
  ])('%j has status %s', (line, status) => {
    expect(statusOf(line)).toBe(status);
  });

  test.each([
    [undefined, 'not HTTP: not a WebSocket server'],
    [101, 'accepted: frames follow this head'],
    [100, 'interim: another response follows'],
    [200, 'plain HTTP, not a WebSocket'],
    [302, 'redirected: see Location'],
    [404, 'refused by the server'],
    [502, 'the server or a proxy failed'],
  ])('for status %s: %s', (status, note) => {
    expect(statusLineNote(status)).toBe(note);
  });

  test('explain each header of a request that WebSocket requires (§4.1)', () => {
    for (const name of ['host', 'upgrade', 'connection', 'sec-websocket-key', 'sec-websocket-version', 'origin']) {
      expect(requestHeaderNote(name), name).not.toBe('');
    }
    expect(requestHeaderNote('cookie')).toBe('');
    expect(requestLineNote('GET / HTTP/1.1')).not.toBe('');
    expect(requestLineNote('POST / HTTP/1.1')).toBe('');
  });

  test('say whether Upgrade and Connection in a 101 are correct (§4.1)', () => {
    expect(responseHeaderNote('upgrade', 'WebSocket', 101)).toBe('agrees to switch to WebSocket');
    expect(responseHeaderNote('upgrade', 'h2c', 101)).toBe('wrong: must be websocket');
    expect(responseHeaderNote('connection', 'keep-alive, Upgrade', 101)).toBe('Upgrade applies to this hop only');
    expect(responseHeaderNote('connection', 'close', 101)).toBe('wrong: must contain Upgrade');
    expect(responseHeaderNote('server', 'x', 101)).toBe('');
  });

  test('explain the headers of a refusal (§4.4)', () => {
    expect(responseHeaderNote('sec-websocket-version', '13', 426)).toBe('the versions the server speaks');
    expect(responseHeaderNote('upgrade', 'websocket', 426)).toBe('the protocols the server speaks');
    expect(responseHeaderNote('content-length', '0', 404)).toBe('');
  });

  test('headerOf() returns the name and the value of a header line', () => {
    expect(headerOf('Sec-WebSocket-Key:  x ')).toEqual(['sec-websocket-key', 'x']);
    expect(headerOf('no header')).toEqual(['', '']);
  });

  test('fit next to their lines in 100 columns', () => {
    const statuses = [undefined, 100, 101, 200, 302, 404, 502].map(statusLineNote);
    const names = ['host', 'upgrade', 'connection', 'origin', 'location', 'www-authenticate'].concat(
      ['key', 'version', 'protocol', 'extensions', 'accept'].map(name => `sec-websocket-${name}`),
    );
    const headers = names.flatMap(name => [
      requestHeaderNote(name),
      responseHeaderNote(name, '', 101),
      responseHeaderNote(name, '', 404),
    ]);
    for (const note of [...statuses, ...headers, requestLineNote('GET ')])
      expect(note.length, note).toBeLessThanOrEqual(36);
  });
});

describe('proveAccept() (§4.2.2)', () => {
  const key = 'dGhlIHNhbXBsZSBub25jZQ==';
  const expected = 's3pPLMBiTxaQ9kYGzzhZRbK+xOo=';

  test('shows the computation with the values of the handshake', () => {
    const proof = proveAccept(key, expected, expected);
    expect(proof.lines[1]).toBe(`base64(SHA-1("${key}" + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))`);
    expect(proof).toMatchObject({ verdict: `= ${expected}: correct`, isRight: true });
  });

  test('reports a wrong or missing Accept', () => {
    expect(proveAccept(key, 'abc', expected)).toMatchObject({
      verdict: `= ${expected}, but the server sent abc: wrong`,
      isRight: false,
    });
    expect(proveAccept(key, undefined, expected).verdict).toBe(`= ${expected}, but the server sent none: wrong`);
  });
});
