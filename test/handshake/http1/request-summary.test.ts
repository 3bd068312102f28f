import { expect, test } from 'vitest';
import { HeaderFields } from '../../../src/handshake/header-fields.js';
import { requestHeadOf, summarizeRequest } from '../../../src/handshake/http1/request-summary.js';

const parsed = { method: 'GET', url: '/chat?a=b', httpVersion: '1.1' };
const summaryOf = (url: string, rawHeaders: string[] = []) =>
  summarizeRequest(requestHeadOf({ ...parsed, url, rawHeaders }));

test('keeps the lines of a repeated header of node:http', () => {
  const { headers } = requestHeadOf({ ...parsed, rawHeaders: ['A', '1', 'a', '2'] });
  expect(headers).toBeInstanceOf(HeaderFields);
  expect(headers.lines).toEqual([
    ['A', '1'],
    ['a', '2'],
  ]);
});

test('summarizes a valid request', () => {
  expect(summaryOf('/chat?a=b', ['Host', 'a:1', 'Origin', 'http://b'])).toMatchObject({
    method: 'GET',
    target: '/chat?a=b',
    path: '/chat',
    query: 'a=b',
    host: 'a:1',
    origin: 'http://b',
  });
});

test('summarizes a malformed request as far as it goes', () => {
  expect(summaryOf('*', ['Host', 'a b', 'Host', 'c'])).toMatchObject({
    target: '*',
    path: undefined,
    query: undefined,
    host: 'a b, c',
    origin: undefined,
  });
  expect(summaryOf('/').host).toBeUndefined();
});

test('takes the host of an absolute target, not of Host', () => {
  expect(summaryOf('wss://b:2/', ['Host', 'a']).host).toBe('b:2');
});
