import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { diagnose, type Facts, type SessionFacts } from '../../../src/wire/index.js';

const OPEN: SessionFacts = { subprotocol: '', openFor: 2_000, messages: 1 };
const TARGET: NonNullable<Facts['target']> = {
  href: 'wss://example.com/chat',
  secure: true,
  hostname: 'example.com',
  port: 443,
  path: '/chat',
};

const ids = (facts: Facts): readonly string[] => diagnose(facts).map(({ id }) => id);

describe('diagnose()', () => {
  test('finds nothing without facts, and nothing in a healthy session', () => {
    expect(diagnose({})).toEqual([]);
    expect(diagnose({ target: TARGET, session: OPEN })).toEqual([]);
  });

  test('says what failed if no rule knows it', () => {
    const failure = { phase: 'response', summary: 'something new' } as const;
    expect(diagnose({ failure, response: undefined })[0]).toMatchObject({ severity: 'problem' });
  });

  test('puts problems before warnings', () => {
    const addresses = [
      { address: '2001:db8::1', family: 6, outcome: 'timeout', time: 1_000 },
      { address: '192.0.2.1', family: 4, outcome: 'connected', time: 10 },
    ] as const;
    const facts: Facts = {
      target: TARGET,
      addresses,
      session: { ...OPEN, endedDuring: 'listen', openFor: 10, serverClose: { code: 1011, reason: '' } },
    };
    expect(ids(facts)).toEqual(['closed-1011', 'ipv6-dead']);
  });

  test('names the proxy that answered, and gives its lines', () => {
    const response = {
      version: '1.1',
      status: 502,
      reason: 'Bad Gateway',
      headers: [['Server', 'nginx/1.22']],
      body: '',
    } as const;
    expect(diagnose({ target: TARGET, response, failure: { phase: 'response', summary: '502' } })[0]).toMatchObject({
      id: 'bad-gateway',
      product: 'nginx',
      fixes: { nginx: expect.stringContaining('proxy_pass') },
    });
  });

  test.each([
    [60_000, 'nginx proxy_read_timeout, AWS ALB'],
    [59_900, 'nginx proxy_read_timeout, AWS ALB'],
    [100_200, 'Cloudflare'],
    [55_000, 'Heroku'],
    [350_000, 'AWS NLB'],
  ])('a connection that is cut after %d ms without traffic: %s', (lasted, name) => {
    const session: SessionFacts = { ...OPEN, endedDuring: 'idle', idle: { asked: 400_000, lasted }, stop: 'fin' };
    const [diagnosis] = diagnose({ target: TARGET, session });
    expect(diagnosis).toMatchObject({ id: 'idle-timeout', cause: expect.stringContaining(name) });
  });

  test.each([
    [4401, '', 'credentials'],
    [4000, 'rate limit exceeded', 'less often'],
    [4003, 'authentication timeout', 'first message'],
    [1008, 'origin not allowed', 'Origin'],
    [4406, '', 'subprotocol'],
    [4999, '', 'documentation'],
  ])('advice on close code %d %j: %s', (code, reason, words) => {
    const session: SessionFacts = { ...OPEN, endedDuring: 'listen', openFor: 5, serverClose: { code, reason } };
    expect(diagnose({ target: TARGET, session })[0]!.advice).toContain(words);
  });

  test.each([
    [20, 'cut-after-message'],
    [900, 'cut-off'],
  ])('an end %d ms after the test message: %s', (endedAfter, id) => {
    const session: SessionFacts = { ...OPEN, endedDuring: 'message', endedAfter, stop: 'fin' };
    expect(ids({ target: TARGET, session })).toEqual([id]);
  });

  test('a connection that was used and then closed normally is no problem', () => {
    const session: SessionFacts = {
      ...OPEN,
      openFor: 60_000,
      endedDuring: 'listen',
      serverClose: { code: 1001, reason: '' },
    };
    expect(diagnose({ target: TARGET, session })).toEqual([]);
  });

  test.each([
    ['CERT_HAS_EXPIRED', 'certificate-expired', 'expired on 2021-01-01'],
    ['ERR_TLS_CERT_ALTNAME_INVALID', 'certificate-wrong-name', 'is for other.example'],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', 'certificate-self-signed', 'self-signed'],
    ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'certificate-unknown-authority', '"Some CA"'],
  ])('%s: %s', (code, id, words) => {
    const chain = [
      { subject: 'a', issuer: 'Some CA', validFrom: 0, validTo: Date.UTC(2021, 0, 1), names: ['other.example'] },
    ];
    const facts: Facts = { now: Date.UTC(2026, 0, 1), target: TARGET, tls: { code, chain } };
    expect(diagnose(facts)[0]).toMatchObject({ id, cause: expect.stringContaining(words) });
  });

  test('every cause is one sentence without a full stop, and every advice ends with one or with a colon before lines', () => {
    const statuses = Array.from({ length: 300 }, (_, i) => 300 + i);
    for (const status of statuses) {
      const response = { version: '1.1', status, reason: 'R', headers: [], body: '' };
      for (const { cause, advice, fixes } of diagnose({
        target: TARGET,
        request: { headers: [] },
        response,
        failure: { phase: 'response', summary: String(status) },
      })) {
        expect(cause).not.toMatch(/\.$|undefined|\. [A-Z]/);
        expect(advice).toMatch(fixes === undefined ? /\.$/ : /[.:]$/);
      }
    }
  });
});

test('docs/doctor.md lists every cause', () => {
  const folder = new URL('../../../src/wire/diagnosis/', import.meta.url);
  const source = readdirSync(folder)
    .map(file => readFileSync(new URL(file, folder), 'utf8'))
    .join('\n');
  const calls = Array.from(source.matchAll(/(?:problem|warning)\(\s*'([\w.-]+)'/g), ([, id]) => id!);
  const rows = Array.from(source.matchAll(/\[\s*\d{3},\s*\[\s*'([a-z-]+)'/g), ([, id]) => id!);
  const page = readFileSync(new URL('../../../docs/doctor.md', import.meta.url), 'utf8');
  const listed = Array.from(page.split('## Causes')[1]!.matchAll(/`([\w.-]+)`/g), ([, id]) => id!);
  expect(calls.length).toBeGreaterThan(100);
  expect(rows.length).toBeGreaterThan(10);
  expect([...calls, ...rows].filter(id => !listed.includes(id))).toEqual([]);
});
