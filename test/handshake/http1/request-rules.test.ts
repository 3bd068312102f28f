/** The parts of upgrade-request.ts that bytes do not reach; the rules themselves are in server-rules.test.ts. */
import { describe, expect, test } from 'vitest';
import { judgeRequest } from '../../../src/handshake/http1/request-rules.js';
import { type ParsedRequest, requestHeadOf } from '../../../src/handshake/http1/request-summary.js';
import { Refusal } from '../../../src/handshake/refusal.js';
import { UpgradePolicy } from '../../../src/handshake/upgrade-policy.js';
import { SAMPLE_KEY } from '../../helpers/sample-heads.js';

const rawHeaders = [
  ...['Host', 'localhost:9001', 'Connection', 'keep-alive, Upgrade', 'Upgrade', 'websocket'],
  ...['Sec-WebSocket-Key', SAMPLE_KEY, 'Sec-WebSocket-Version', '13'],
];
const parsed: ParsedRequest = { method: 'GET', url: '/chat?a=b', httpVersion: '1.1', rawHeaders };

const judge = (changes: Partial<ParsedRequest>) =>
  judgeRequest(requestHeadOf({ ...parsed, ...changes }), new UpgradePolicy());

describe('a request that node:http has parsed', () => {
  test('is accepted by the same rules', () => {
    expect(judge({})).toMatchObject({ path: '/chat', query: 'a=b', host: 'localhost:9001', key: SAMPLE_KEY });
  });

  test.each<[string, Partial<ParsedRequest>, number]>([
    ['HTTP/1.0', { httpVersion: '1.0' }, 400],
    ['HTTP/2', { httpVersion: '2.0' }, 505],
    ['no Host', { rawHeaders: rawHeaders.slice(2) }, 400],
    ['two Hosts, of which `headers` would show one', { rawHeaders: [...rawHeaders, 'host', 'localhost:9001'] }, 400],
    ['two keys', { rawHeaders: [...rawHeaders, 'sec-websocket-key', SAMPLE_KEY] }, 400],
    ['POST', { method: 'POST' }, 405],
    ['a body that Node passes as `head`', { rawHeaders: [...rawHeaders, 'Content-Length', '5'] }, 400],
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

  test('ws CVE-2024-37890: headers that a host dropped beyond its limit are missing, not null', () => {
    const outcome = judge({ rawHeaders: rawHeaders.slice(0, 4) });
    expect(outcome).toMatchObject({ status: 426 });
  });

  test('refuses a path, an Origin and a host with a text for the operator that names them and the option', () => {
    const policy = new UpgradePolicy({ path: '/chat', origins: ['https://b'], hosts: ['a'] });
    const detailOf = (changes: Partial<ParsedRequest>) =>
      (judgeRequest(requestHeadOf({ ...parsed, ...changes }), policy) as Refusal).detail;
    expect(detailOf({ url: '/other' })).toBe(
      'The path "/other" is not the option path, "/chat" (Host "localhost:9001", no Origin).',
    );
    expect(detailOf({ url: '/', rawHeaders: [...rawHeaders, 'Origin', 'https://c'] })).toContain('Origin "https://c")');
    expect(detailOf({ rawHeaders: [...rawHeaders, 'Origin', 'https://c'] })).toMatch(
      /^Origin "https:\/\/c" .* option origins, .*\(Host "localhost:9001"\)/,
    );
    expect(detailOf({})).toMatch(/^The host "localhost:9001" .* option hosts, /);
  });

  test('keeps the error of the function `origins` for the server, even in response to HEAD', () => {
    const policy = new UpgradePolicy({
      origins: () => {
        throw new Error('oops');
      },
    });
    const outcome = judgeRequest(
      requestHeadOf({ ...parsed, rawHeaders: [...rawHeaders, 'Origin', 'http://a'] }),
      policy,
    );
    expect(outcome).toMatchObject({ status: 500, error: { code: 'WS101_HANDLER_FAILED', cause: { message: 'oops' } } });
    expect((outcome as Refusal).forHead()).toMatchObject({ error: { code: 'WS101_HANDLER_FAILED' } });
    expect(judge({ rawHeaders: [] })).toMatchObject({ error: undefined });
  });

  test('answers HEAD without a body', () => {
    expect(judge({ method: 'HEAD' })).toMatchObject({ status: 405, answersHead: true });
  });

  test('refuses a method other than HEAD with a body, and with only the headers of its status', () => {
    expect(judge({ method: 'POST' })).toMatchObject({ status: 405, answersHead: false });
    expect((judge({ rawHeaders: [] }) as Refusal).headers.lines).toEqual([]);
  });
});
