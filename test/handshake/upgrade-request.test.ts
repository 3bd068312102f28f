/** The parts of upgrade-request.ts that bytes do not reach; the rules themselves are in server-rules.test.ts. */
import { describe, expect, it } from 'vitest';
import { HeaderFields } from '../../src/handshake/http-head.js';
import { Refusal } from '../../src/handshake/refusal.js';
import {
  judgeRequest,
  type ParsedRequest,
  requestHeadOf,
  UpgradePolicy,
  type UpgradePolicyOptions,
} from '../../src/handshake/upgrade-request.js';
import { SAMPLE_KEY } from './requests.js';

const rawHeaders = [
  ...['Host', 'localhost:9001', 'Connection', 'keep-alive, Upgrade', 'Upgrade', 'websocket'],
  ...['Sec-WebSocket-Key', SAMPLE_KEY, 'Sec-WebSocket-Version', '13'],
];
const parsed: ParsedRequest = { method: 'GET', url: '/chat?a=b', httpVersion: '1.1', rawHeaders };

const judge = (changes: Partial<ParsedRequest>) =>
  judgeRequest(requestHeadOf({ ...parsed, ...changes }), new UpgradePolicy());

describe('a request that node:http has parsed', () => {
  it('passes by the same rules', () => {
    expect(judge({})).toMatchObject({ path: '/chat', query: 'a=b', host: 'localhost:9001', key: SAMPLE_KEY });
  });

  it.each<[string, Partial<ParsedRequest>, number]>([
    ['HTTP/1.0', { httpVersion: '1.0' }, 400],
    ['HTTP/2', { httpVersion: '2.0' }, 505],
    ['no Host', { rawHeaders: rawHeaders.slice(2) }, 400],
    ['two Hosts, of which `headers` would show one', { rawHeaders: [...rawHeaders, 'host', 'localhost:9001'] }, 400],
    ['two keys', { rawHeaders: [...rawHeaders, 'sec-websocket-key', SAMPLE_KEY] }, 400],
    ['POST', { method: 'POST' }, 405],
    ['a body that node hands over as `head`', { rawHeaders: [...rawHeaders, 'Content-Length', '5'] }, 400],
    ['a chunked body', { rawHeaders: [...rawHeaders, 'Transfer-Encoding', 'chunked'] }, 400],
    ['a space in the target', { url: '/a b' }, 400],
    ['no url', { url: undefined }, 400],
    ['no method', { method: undefined }, 405],
    ['no headers', { rawHeaders: [] }, 400],
    ['half a header', { rawHeaders: ['Host'] }, 400],
  ])('%s: refused with %i', (_, changes, status) => {
    const outcome = judge(changes);
    expect(outcome).toBeInstanceOf(Refusal);
    expect(outcome).toMatchObject({ status });
  });

  it('ws CVE-2024-37890: headers that a host dropped beyond its limit are missing, not null', () => {
    const outcome = judge({ rawHeaders: rawHeaders.slice(0, 4) });
    expect(outcome).toMatchObject({ status: 426 });
  });

  it('answers HEAD without a body', () => {
    expect(judge({ method: 'HEAD' })).toMatchObject({ status: 405, answersHead: true });
  });

  it('refuses with a body, and with no header but those of its status, what is not HEAD', () => {
    expect(judge({ method: 'POST' })).toMatchObject({ status: 405, answersHead: false });
    expect((judge({ rawHeaders: [] }) as Refusal).headers.lines).toEqual([]);
  });

  it('keeps a repeated header as the lines that it came in', () => {
    const { headers } = requestHeadOf({ ...parsed, rawHeaders: ['A', '1', 'a', '2'] });
    expect(headers).toBeInstanceOf(HeaderFields);
    expect(headers.lines).toEqual([
      ['A', '1'],
      ['a', '2'],
    ]);
  });
});

describe('UpgradePolicy', () => {
  it.each<[string, object]>([
    ['a path without a slash', { path: 'chat' }],
    ['a path with a query', { path: '/chat?a' }],
    ['a path with a fragment', { path: '/chat#a' }],
    ['a path with a space', { path: '/a b' }],
    ['an empty path', { path: '' }],
    ['a path that is no string', { path: 1 }],
    ['an origin with a path', { origins: ['http://a/'] }],
    ['an origin without a scheme', { origins: ['a.example'] }],
    ['an origin that is no string', { origins: [1] }],
    ['origins that are no array', { origins: 'http://a' }],
    ['a host with a scheme', { hosts: ['http://a'] }],
    ['a host that is no string', { hosts: [null] }],
    ['hosts that are no array', { hosts: 'a' }],
  ])('throws TypeError on %s', (_, options) => {
    const create = () => new UpgradePolicy(options as UpgradePolicyOptions);
    expect(create).toThrow(TypeError);
    expect(create).toThrow(new RegExp(`\\b${Object.keys(options)[0]} must be .*, got `));
  });
});
