/** The rules as requests meet them are in server-rules.test.ts. */
import { describe, expect, it } from 'vitest';
import { hostJudge, isSameServer, originJudge, parseOrigin } from '../../src/handshake/origin.js';

describe('parseOrigin (RFC 6454 §7.1)', () => {
  it.each([
    ['http://a', { scheme: 'http', host: 'a', port: 80 }],
    ['HTTPS://A.Example', { scheme: 'https', host: 'a.example', port: 443 }],
    ['https://a:80', { scheme: 'https', host: 'a', port: 80 }],
    ['http://[::1]:3000', { scheme: 'http', host: '[::1]', port: 3000 }],
    ['moz-extension://a-b', { scheme: 'moz-extension', host: 'a-b', port: undefined }],
  ])('%s', (text, origin) => {
    expect(parseOrigin(text)).toEqual(origin);
  });

  it.each([
    '',
    'null',
    'a',
    '//a',
    '://a',
    'http:a',
    'http://',
    'http://a/',
    'http://a?',
    'http://a#',
    'http://u@a',
    '1http://a',
    'ht tp://a',
    'http://a b',
  ])('not %j', text => {
    expect(parseOrigin(text)).toBeUndefined();
  });
});

describe('isSameServer', () => {
  const page = (text: string) => parseOrigin(text)!;

  it.each([
    ['http://a', undefined, true],
    ['https://a', undefined, true],
    ['https://a', 443, true],
    ['http://a', 80, true],
    ['http://a:8080', 8080, true],
    ['https://a:8080', 8080, true],
    ['http://a', 443, false],
    ['http://a', 8080, false],
    ['http://a:8080', undefined, false],
    ['http://b', undefined, false],
    ['app://a', undefined, false],
    ['app://a:9', 9, true],
  ])('a page of %s at port %s: %s', (origin, port, same) => {
    expect(isSameServer(page(origin), { host: 'a', port })).toBe(same);
  });
});

const SERVER = { host: 'a', port: 8080 };

describe('originJudge', () => {
  it('does not look where all may connect', () => {
    expect(originJudge('*')(['anything', 'at all'], SERVER)).toBe(true);
  });

  it('lets no two Origins pass', () => {
    expect(originJudge(undefined)(['http://a:8080', 'http://a:8080'], SERVER)).toBe(false);
    expect(originJudge(['http://b'])(['http://b', 'http://b'], SERVER)).toBe(false);
  });

  it('says which entry of a list is none', () => {
    expect(() => originJudge(['http://b', 'http://c/d'])).toThrow(/each of origins .* got "http:\/\/c\/d"/);
  });
});

describe('hostJudge', () => {
  it('takes an entry without a port for all ports', () => {
    const judge = hostJudge(['B', '[::1]:9']);
    expect(judge({ host: 'b', port: undefined })).toBe(true);
    expect(judge({ host: 'b', port: 1 })).toBe(true);
    expect(judge({ host: '[::1]', port: 9 })).toBe(true);
    expect(judge({ host: '[::1]', port: undefined })).toBe(false);
    expect(judge(SERVER)).toBe(false);
  });

  it('lets all pass where there is no list, and none where it is empty', () => {
    expect(hostJudge(undefined)(SERVER)).toBe(true);
    expect(hostJudge([])(SERVER)).toBe(false);
  });
});
