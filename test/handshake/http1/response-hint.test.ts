/** What each response and each foreign protocol is taken for is in client-rules.test.ts. */
import { expect, test } from 'vitest';
import { HeaderFields } from '../../../src/handshake/header-fields.js';
import { hintOfOpening, hintOfResponse } from '../../../src/handshake/http1/response-hint.js';
import { bytesOf } from './segmentation.js';

test('every status has a hint of one line', () => {
  for (let status = 200; status < 1000; status++) {
    const head = { version: '1.1', status, reason: '', headers: new HeaderFields() };
    expect(hintOfResponse(head, new Uint8Array(0))).toMatch(/^[^\n]{10,300}$/);
  }
});

test('a hint contains no control characters of the server', () => {
  const headers = new HeaderFields([['Location', '\x9b31m']]);
  expect(hintOfResponse({ version: '1.1', status: 301, reason: '', headers }, new Uint8Array(0))).toContain(
    '\\u009b31m',
  );
});

test.each([
  [200, /right\? .*proxy_http_version 1\.1;.*HTTP\/1\.0/],
  [401, /credentials.*; .*HTTP\/1\.0.*proxy_http_version 1\.1;/],
])('%i over HTTP/1.0 mentions the proxy too, and its configuration only once', (status, hint) => {
  const head = { version: '1.0', status, reason: '', headers: new HeaderFields() };
  const text = hintOfResponse(head, new Uint8Array(0));
  expect(text).toMatch(hint);
  expect(text.match(/proxy_http_version/g)).toHaveLength(1);
});

test.each([400, 426])('%i says which headers a proxy must pass on', status => {
  const head = { version: '1.1', status, reason: '', headers: new HeaderFields() };
  expect(hintOfResponse(head, new Uint8Array(0))).toMatch(/proxy_http_version 1\.1;.*Upgrade/);
});

test.each([
  [300, '', /a redirect without a Location header/],
  [399, '', /a redirect/],
  [400, 'The plain HTTP request was sent to HTTPS port', /try wss/],
  [403, 'see https://a.example/', /does not allow/],
])('%i with the body %j', (status, body, hint) => {
  const head = { version: '1.1', status, reason: '', headers: new HeaderFields() };
  expect(hintOfResponse(head, bytesOf(body))).toMatch(hint);
});

test.each([
  ['\x15', /TLS/],
  ['\x16\x03\x01', /TLS/],
  ['* OK IMAP4rev1', /mail/],
  ['220-ftp', /FTP/],
  ['HTTP/1.1 OK', /malformed/],
  ['-ERR unknown command', /not HTTP/],
  ['', /not HTTP/],
])('%j is recognized', (opening, hint) => {
  expect(hintOfOpening(bytesOf(opening))).toMatch(hint);
});
