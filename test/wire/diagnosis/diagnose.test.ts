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

  const refused = (status: number, body = '', headers: NonNullable<Facts['response']>['headers'] = []): Facts => ({
    target: { ...TARGET, href: 'ws://example.com/chat', secure: false },
    request: { headers: [['Sec-WebSocket-Key', 'dGhlIHNhbXBsZSBub25jZQ==']] },
    response: { version: '1.1', status, reason: '', headers, body },
    failure: { phase: 'response', summary: String(status) },
  });

  test.each([
    [503, '', [['Retry-After', '30']], 'unavailable', 'asks to wait 30 s.'],
    [
      503,
      '',
      [['Retry-After', 'Wed, 21 Oct 2026 07:28:00 GMT']],
      'unavailable',
      'until Wed, 21 Oct 2026 07:28:00 GMT.',
    ],
    [403, '{"message":"jwt expired"}', [], 'forbidden', 'Authorization'],
    [403, 'Your IP is not allowed', [], 'forbidden', 'address'],
    [403, 'nothing for you', [], 'forbidden', '--origin'],
    [
      200,
      '<title>Request Rejected</title>The requested URL was rejected. Your support ID is: 1',
      [],
      'web-firewall',
      'rule',
    ],
    [200, 'the web application firewall of our shop', [], 'plain-response', 'path'],
    [200, '<title>Sign in to use the Wi-Fi</title>', [], 'captive-portal', 'log in'],
    [302, '', [['Location', 'http://10.0.0.1/login']], 'redirect', 'captive portal'],
    [302, '', [['Location', 'http://login.example/login']], 'redirect-to-login', 'Cookie'],
    [200, '', [['Sec-WebSocket-Accept', 's3pPLMBiTxaQ9kYGzzhZRbK+xOo=']], 'upgrade-invalid', '101'],
    // HAProxy adds Sec-WebSocket-Accept to it.
    [
      426,
      '',
      [
        ['Connection', 'Upgrade'],
        ['Upgrade', 'websocket'],
        ['Sec-WebSocket-Accept', 's3pPLMBiTxaQ9kYGzzhZRbK+xOo='],
      ],
      'upgrade-lost',
      'proxy',
    ],
  ] as const)('%d %j %j: %s, %s', (status, body, headers, id, words) => {
    expect(diagnose(refused(status, body, headers))[0]).toMatchObject({ id, advice: expect.stringContaining(words) });
  });

  test('Socket.IO of another version, if the path names one', () => {
    const facts = refused(400, '{"code":5,"message":"Unsupported protocol version"}');
    const target = { ...facts.target!, path: '/socket.io/?EIO=3&transport=websocket' };
    expect(diagnose(facts)[0]!.cause).toContain('its path needs');
    expect(diagnose({ ...facts, target })[0]!.cause).toContain('another version');
  });

  test('a 101 computed from no key blames what lost the key, and a 101 of a draft its age', () => {
    const upgrade = [
      ['Upgrade', 'websocket'],
      ['Connection', 'Upgrade'],
    ] as const;
    const empty = refused(101, '', [...upgrade, ['Sec-WebSocket-Accept', 'Kfh9QIsMVZcl6xEPYxPHzW8SZ8w=']]);
    expect(diagnose(empty)[0]).toMatchObject({ id: 'accept-wrong', advice: expect.stringContaining('proxy') });
    expect(ids(refused(101, '', [...upgrade, ['Sec-WebSocket-Location', 'ws://a/']]))).toEqual(['version-unsupported']);
    expect(ids(refused(101, '', upgrade))).toEqual(['accept-missing']);
  });

  test.each([
    ['ERROR: unknown command\n', 'timeout', 'not-http'],
    ['ERROR\r\n', 'fin', 'other-protocol'],
    ['GET /chat HTTP/1.1\r\n', 'timeout', 'other-protocol'],
    ['HTTP/1.1 100 Continue\r\n\r\n', 'timeout', 'no-response'],
    ['HTTP/1.1 100 Continue\r\n\r\n', 'fin', 'connection-cut'],
    ['HTTP/1.1 100 Continue\r\n', 'timeout', 'head-incomplete'],
    ['HTTP/1.1 101 Switching\r\n', 'timeout', 'head-incomplete'],
  ] as const)('first bytes %j, then %s: %s', (text, stop, id) => {
    const failure = { phase: 'response', summary: 'no response', stop, opening: Buffer.from(text, 'latin1') } as const;
    expect(ids({ target: TARGET, failure })).toEqual([id]);
  });

  test.each([
    ['MESSAGE_TOO_BIG', '827f0000010000000000', 'in the reverse order they mean 65536'],
    ['MESSAGE_TOO_BIG', '8a0161827f0000010000000000', 'in the reverse order they mean 65536'],
    ['LENGTH_SIGN_BIT', '827fff010000000000ff', 'cannot be the length'],
    ['MESSAGE_TOO_BIG', '827f0000000001000001', 'maxMessageSize'],
    ['INVALID_COMPRESSED_DATA', '8a0161c10d789ccb48cdc9c907', 'raw DEFLATE'],
    ['INVALID_COMPRESSED_DATA', 'c10d1f8b0800', 'raw DEFLATE'],
    ['INVALID_COMPRESSED_DATA', 'c10d789dcb48', 'turn compression off'],
    ['RESERVED_OPCODE', '0d0a8100', 'follows the empty line'],
  ] as const)('%s in %s: %s', (code, start, words) => {
    const violation = {
      from: 'server',
      code,
      message: code,
      section: '§5.2',
      start: Buffer.from(start, 'hex'),
    } as const;
    expect(diagnose({ target: TARGET, session: { ...OPEN, violation } })[0]!.advice).toContain(words);
  });

  test('text that is not UTF-8 may be compressed without RSV1, if compression was agreed on', () => {
    const violation = {
      from: 'server',
      code: 'INVALID_UTF8',
      message: '',
      section: '§8.1',
      start: Buffer.of(0x81),
    } as const;
    const adviceWith = (headers: NonNullable<Facts['response']>['headers']) =>
      diagnose({
        session: { ...OPEN, violation },
        response: { ...refused(101).response!, headers },
      }).find(({ id }) => id === 'violation-invalid-utf8')?.advice;
    const upgrade = [
      ['Upgrade', 'websocket'],
      ['Connection', 'Upgrade'],
      ['Sec-WebSocket-Accept', 'x'],
    ] as const;
    expect(adviceWith([...upgrade, ['Sec-WebSocket-Extensions', 'permessage-deflate']])).toContain('RSV1');
    expect(adviceWith(upgrade)).not.toContain('RSV1');
  });

  test('a close code of the application says why the test message was refused', () => {
    const refusedWith = (code: number) =>
      diagnose({
        target: TARGET,
        session: { ...OPEN, endedDuring: 'message', endedAfter: 5, serverClose: { code, reason: '' } },
      })[0]!.cause;
    expect(refusedWith(4401)).toContain('not authorized');
    expect(refusedWith(1003)).toContain('does not accept this test message');
  });

  test('a gateway that gave up is not also called slow', () => {
    const facts = refused(504);
    expect(ids({ ...facts, response: { ...facts.response!, time: 60_000 } })).toEqual(['gateway-timeout']);
  });

  test('a certificate without subjectAltName', () => {
    const own = {
      subject: 'example.com',
      issuer: 'CA',
      validFrom: 0,
      validTo: Date.UTC(2030, 0, 1),
      names: ['example.com'],
    };
    expect(ids({ target: TARGET, tls: { chain: [own] }, session: OPEN })).toEqual([]);
    expect(ids({ target: TARGET, tls: { chain: [{ ...own, names: [] }] }, session: OPEN })).toEqual([
      'certificate-without-names',
    ]);
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
