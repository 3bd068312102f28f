import { describe, expect, it } from 'vitest';
import {
  headerOf,
  proveAccept,
  requestHeaderNote,
  requestLineNote,
  responseHeaderNote,
  statusLineNote,
  statusOf,
} from '../../src/wire/head-notes.js';

describe('notes beside the opening handshake', () => {
  it.each([
    ['HTTP/1.1 101 Switching Protocols', 101],
    ['HTTP/1.1 404', 404],
    ['HTTP/1.1 4040', undefined],
    ['SSH-2.0-OpenSSH_9.2', undefined],
  ])('the status of %j is %s', (line, status) => {
    expect(statusOf(line)).toBe(status);
  });

  it.each([
    [undefined, 'not HTTP: not a WebSocket server'],
    [101, 'accepted: frames follow this head'],
    [100, 'interim: another response follows'],
    [200, 'plain HTTP, not a WebSocket'],
    [302, 'redirected: see Location'],
    [404, 'refused by the server'],
    [502, 'the server or a proxy failed'],
  ])('status %s: %s', (status, note) => {
    expect(statusLineNote(status)).toBe(note);
  });

  it('explains each header of a request that WebSocket needs (§4.1)', () => {
    for (const name of ['host', 'upgrade', 'connection', 'sec-websocket-key', 'sec-websocket-version', 'origin']) {
      expect(requestHeaderNote(name), name).not.toBe('');
    }
    expect(requestHeaderNote('cookie')).toBe('');
    expect(requestLineNote('GET / HTTP/1.1')).not.toBe('');
    expect(requestLineNote('POST / HTTP/1.1')).toBe('');
  });

  it('says of Upgrade and Connection in a 101 whether they agree (§4.1)', () => {
    expect(responseHeaderNote('upgrade', 'WebSocket', 101)).toBe('agrees to switch to WebSocket');
    expect(responseHeaderNote('upgrade', 'h2c', 101)).toBe('wrong: must be websocket');
    expect(responseHeaderNote('connection', 'keep-alive, Upgrade', 101)).toBe('Upgrade applies to this hop only');
    expect(responseHeaderNote('connection', 'close', 101)).toBe('wrong: must contain Upgrade');
    expect(responseHeaderNote('server', 'x', 101)).toBe('');
  });

  it('explains what goes with a refusal (§4.4)', () => {
    expect(responseHeaderNote('sec-websocket-version', '13', 426)).toBe('the versions the server speaks');
    expect(responseHeaderNote('upgrade', 'websocket', 426)).toBe('the protocols the server speaks');
    expect(responseHeaderNote('content-length', '0', 404)).toBe('');
  });

  it('reads a header line', () => {
    expect(headerOf('Sec-WebSocket-Key:  x ')).toEqual(['sec-websocket-key', 'x']);
    expect(headerOf('no header')).toEqual(['', '']);
  });

  it('fits beside its line in 100 columns', () => {
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

describe('how Accept follows from Key (§4.2.2)', () => {
  const key = 'dGhlIHNhbXBsZSBub25jZQ==';
  const expected = 's3pPLMBiTxaQ9kYGzzhZRbK+xOo=';

  it('is said with the values of the handshake', () => {
    const proof = proveAccept(key, expected, expected);
    expect(proof.lines[1]).toBe(`base64(SHA-1("${key}" + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))`);
    expect(proof).toMatchObject({ verdict: `= ${expected}: correct`, isRight: true });
  });

  it('is wrong where the server says something else, or nothing', () => {
    expect(proveAccept(key, 'abc', expected)).toMatchObject({
      verdict: `= ${expected}, but the server sent abc: wrong`,
      isRight: false,
    });
    expect(proveAccept(key, undefined, expected).verdict).toBe(`= ${expected}, but the server sent none: wrong`);
  });
});
