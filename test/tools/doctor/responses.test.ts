import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { server } from '../../cli/servers.js';
import { answering, causeAt, examine, page, QUICK, type SeenRequest, switching, tcpServer } from './servers.js';

const HTML = '<!doctype html><title>Welcome</title><p>Hello';

describe('a response that is not a 101', () => {
  test.each([
    ['200 OK', HTML, ['Content-Type: text/html'], 'plain-response'],
    ['200 OK', '', ['Content-Type: text/event-stream'], 'event-stream'],
    ['200 OK', '', ['Content-Type: application/grpc'], 'grpc'],
    ['200 OK', 'Welcome to SockJS!\n', [], 'sockjs'],
    ['301 Moved Permanently', '', ['Location: https://127.0.0.1/chat'], 'redirect-to-tls'],
    ['302 Found', '', ['Location: /login?next=/chat'], 'redirect-to-login'],
    ['308 Permanent Redirect', '', ['Location: /chat/'], 'redirect-loop'],
    ['307 Temporary Redirect', '', ['Location: ws://127.0.0.1:1/other'], 'redirect'],
    ['302 Found', '', ['Location: http://10.0.0.1/captive-portal'], 'captive-portal'],
    ['400 Bad Request', 'The plain HTTP request was sent to HTTPS port', [], 'tls-port'],
    ['400 Bad Request', 'No required SSL certificate was sent', ['Server: nginx'], 'client-certificate'],
    ['400 Bad Request', 'Can "Upgrade" only to "WebSocket".', [], 'upgrade-lost'],
    ['400 Bad Request', 'Missing or invalid Sec-WebSocket-Key header', [], 'header-lost'],
    ['400 Bad Request', '{"code":0,"message":"Transport unknown"}', [], 'socket.io'],
    ['400 Bad Request', '{"code":1,"message":"Session ID unknown"}', [], 'socket.io-session'],
    ['400 Bad Request', '<h1>400</h1>', [], 'bad-request'],
    ['401 Unauthorized', '', ['WWW-Authenticate: Basic realm="chat"'], 'unauthorized'],
    ['403 Forbidden', 'Origin not allowed', [], 'origin-refused'],
    ['403 Forbidden', 'Blocked request. This host ("x") is not allowed.', [], 'host-refused'],
    ['403 Forbidden', 'go away', [], 'forbidden'],
    ['403 Forbidden', HTML, ['cf-mitigated: challenge', 'Server: cloudflare'], 'bot-challenge'],
    ['404 Not Found', 'no such page', [], 'path-not-found'],
    ['404 Not Found', '{"detail":"Not Found"}', ['Server: uvicorn'], 'path-not-found'],
    ['404 Not Found', '404 page not found\n', [], 'path-not-found'],
    ['404 Not Found', '<pre>Cannot GET /chat</pre>', ['X-Powered-By: Express'], 'no-upgrade-handler'],
    ['404 Not Found', HTML, ['Server: gunicorn'], 'no-websocket-server'],
    ['403 Forbidden', '', ['Server: envoy'], 'upgrade-not-enabled'],
    ['403 Forbidden', '', ['Server: uvicorn'], 'forbidden'],
    ['403 Forbidden', 'error code: 1020', ['Server: cloudflare'], 'web-firewall'],
    ['400 Bad Request', 'Bad Request\n', ['Sec-Websocket-Version: 13'], 'upgrade-lost'],
    ['400 Bad Request', '{"error":"missing parameter: room"}', ['Content-Type: application/json'], 'bad-request'],
    ['404 Not Found', '', ['Server: SimpleHTTP/0.6 Python/3.11'], 'no-websocket-server'],
    ['405 Method Not Allowed', '', ['Allow: POST'], 'method-not-allowed'],
    ['408 Request Timeout', '', [], 'request-timeout'],
    ['413 Content Too Large', '', [], 'too-large'],
    ['414 URI Too Long', '', [], 'url-too-long'],
    ['421 Misdirected Request', '', [], 'misdirected'],
    ['426 Upgrade Required', '', ['Sec-WebSocket-Version: 8, 7'], 'version-unsupported'],
    ['426 Upgrade Required', '', ['Upgrade: h2c', 'Connection: Upgrade'], 'other-upgrade'],
    ['426 Upgrade Required', '', ['Upgrade: websocket', 'Connection: Upgrade'], 'upgrade-lost'],
    ['429 Too Many Requests', '', ['Retry-After: 30'], 'rate-limited'],
    ['431 Request Header Fields Too Large', '', [], 'headers-too-large'],
    ['500 Internal Server Error', 'boom', [], 'server-error'],
    ['501 Not Implemented', '', [], 'not-implemented'],
    ['502 Bad Gateway', HTML, ['Server: nginx'], 'bad-gateway'],
    ['503 Service Unavailable', 'no healthy upstream', ['Server: envoy'], 'unavailable'],
    ['504 Gateway Timeout', '', ['Server: awselb/2.0'], 'gateway-timeout'],
    ['505 HTTP Version Not Supported', '', [], 'http-version'],
    ['511 Network Authentication Required', '', [], 'captive-portal'],
    ['525 SSL Handshake Failed', '', ['Server: cloudflare'], 'origin-tls'],
    ['418 I am a teapot', '', [], 'refused'],
  ])('%s %j %j: %s', async (status, body, headers, id) => {
    const report = await examine(await answering(page(status, body, ...headers)));
    expect(report.diagnoses.map(diagnosis => diagnosis.id)).toEqual([id]);
    expect(report.diagnoses[0]!.cause).not.toMatch(/undefined|\.$/);
    expect(report.diagnoses[0]!.advice).toMatch(/[.:]$/);
  });

  test.each([
    ['{"error":{"message":"no such room"}}', 'no such room'],
    ['<html><head><title>403 Forbidden</title></head><p>Members <b>only</b>, please', 'Members only, please'],
    ['<title>Staff entrance</title><p>Go away', 'Staff entrance'],
    ['x'.repeat(1_000), `${'x'.repeat(120)}…`],
  ])('%.60j is quoted in words', async (body, words) => {
    const { diagnoses } = await examine(await answering(page('403 Forbidden', body)));
    expect(diagnoses[0]!.cause).toContain(`"${words}"`);
  });

  test('a compressed error page is read', async () => {
    const body = gzipSync('Origin not allowed').toString('latin1');
    const head = ['HTTP/1.1 403 Forbidden', 'Content-Encoding: gzip', `Content-Length: ${body.length}`, '', body];
    expect(await causeAt(await answering(head.join('\r\n')))).toBe('origin-refused');
  });

  test('early hints and 100 Continue before the response do no harm', async () => {
    const url = await answering((request, socket) => {
      socket.write('HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n');
      socket.write(switching(request));
      return undefined;
    });
    const report = await examine(url, { limits: { pong: 50, close: 50 } });
    expect(report.facts.response).toMatchObject({ status: 101, reason: 'Switching Protocols' });
    expect(report.diagnoses[0]!.id).toBe('silent');
  });

  test('a redirect without end', async () => {
    expect(await causeAt(await answering(page('302 Found', '', 'Location: /chat')))).toMatch(
      /redirect-loop|path-slash/,
    );
  });

  test('the clock of the server is wrong', async () => {
    const report = await examine(await answering(page('404 Not Found', '', 'Date: Tue, 01 Jan 2019 00:00:00 GMT')));
    expect(report.diagnoses.map(({ id }) => id)).toEqual(['path-not-found', 'clock-skew']);
  });
});

describe('a further attempt with one change shows the cause', () => {
  const unless = (isRight: (request: SeenRequest) => boolean, otherwise: string) =>
    answering((request, socket) => {
      if (!isRight(request)) return otherwise;
      socket.write(switching(request));
      return undefined;
    });

  test.each([
    ['slash', 'path-slash', ({ path }: SeenRequest) => path === '/chat/'],
    ['path', 'wrong-path', ({ path }: SeenRequest) => path === '/ws'],
    ['path', 'socket.io', ({ path }: SeenRequest) => path.startsWith('/socket.io/?EIO=4')],
    [
      'own-origin',
      'origin-refused',
      ({ header }: SeenRequest) => header('Origin')?.startsWith('http://127.0.0.1') === true,
    ],
    ['user-agent', 'user-agent-refused', ({ header }: SeenRequest) => header('User-Agent') !== undefined],
    ['host', 'host-refused', ({ header }: SeenRequest) => header('Host') === 'localhost'],
  ])('%s: %s', async (change, id, isRight) => {
    const report = await examine(await unless(isRight, page('404 Not Found')));
    expect(report.diagnoses.map(diagnosis => diagnosis.id)).toEqual([id]);
    expect(report.facts.retries!.at(-1)).toMatchObject({ change, isOpen: true });
  });

  test.each([
    ['mqtt', { 'Sec-WebSocket-Protocol': 'mqtt' }, '--subprotocol mqtt'],
    ['none', {}, '--subprotocol NAME'],
  ])('a subprotocol is missing; the server answers with %s', async (_, changes, advice) => {
    const url = await answering((request, socket) => {
      if (request.header('Sec-WebSocket-Protocol')?.includes('mqtt') !== true) return '';
      socket.write(switching(request, changes));
      return undefined;
    });
    const [diagnosis] = (await examine(url)).diagnoses;
    expect(diagnosis).toMatchObject({ id: 'subprotocol-needed', advice: expect.stringContaining(advice) });
  });

  test('a chain of redirects is followed to its end', async () => {
    const url = await answering((request, socket) => {
      if (request.path !== '/c') return page('302 Found', '', `Location: ${request.path === '/b' ? '/c' : '/b'}`);
      socket.write(switching(request));
      return undefined;
    });
    const [diagnosis] = (await examine(url)).diagnoses;
    expect(diagnosis).toMatchObject({ id: 'redirect', advice: expect.stringContaining(`Use ${new URL('/c', url)}. `) });
  });

  test('a 101 that comes in pieces is slow if its last piece is late', async () => {
    const url = await answering((request, socket) => {
      const head = switching(request);
      socket.write(head.slice(0, 20));
      setTimeout(() => socket.write(head.slice(20)), 300);
      return undefined;
    });
    expect((await examine(url, { limits: { pong: 50, close: 50 } })).facts.response!.time).toBeGreaterThan(250);
  });

  test('the Origin of the request is refused', async () => {
    const url = await unless(({ header }) => header('Origin') === undefined, page('403 Forbidden'));
    const report = await examine(url, { origin: 'https://example.com' });
    expect(report.diagnoses[0]).toMatchObject({
      id: 'origin-refused',
      cause: expect.stringContaining('https://example.com'),
    });
  });

  test('the subprotocol is refused', async () => {
    const url = await unless(({ header }) => header('Sec-WebSocket-Protocol') === undefined, page('400 Bad Request'));
    expect(await causeAt(url, { subprotocols: ['mqtt'] })).toBe('subprotocol-refused');
  });

  test('the offer of compression breaks the server', async () => {
    const url = await unless(({ header }) => header('Sec-WebSocket-Extensions') === undefined, page('500 Oops'));
    expect(await causeAt(url, { perMessageDeflate: true })).toBe('compression-refused');
  });

  test('the same request succeeds the second time', async () => {
    let count = 0;
    const url = await unless(() => ++count > 1, page('502 Bad Gateway'));
    expect(await causeAt(url)).toBe('intermittent');
  });

  test('there are no further attempts at a server that limits the rate', async () => {
    let count = 0;
    const url = await unless(() => ++count < 0, page('429 Too Many Requests'));
    await examine(url);
    expect(count).toBe(1);
  });
});

describe('something else than an HTTP response', () => {
  test.each([
    ['SSH-2.0-OpenSSH_9.6\r\n', 'SSH'],
    ['220 mail.example.com ESMTP Postfix\r\n', 'SMTP'],
    ["-ERR unknown command 'GET'\r\n", 'Redis'],
    ['\x00\x00\x12\x04\x00\x00\x00\x00\x00\x00', 'HTTP/2'],
    ['\x15\x03\x01\x00\x02\x02\x0a', 'TLS'],
    ['J\x00\x00\x00\x0a8.0.36\x00', 'MySQL'],
    ['\x81\x05hello', 'WebSocket frames'],
    ['<html>hello</html>', 'without a head'],
  ])('%j is recognized', async (bytes, name) => {
    const report = await examine(await answering(bytes));
    expect(report.diagnoses).toHaveLength(1);
    expect(report.diagnoses[0]!.cause).toContain(name);
  });

  test('a banner that comes before the request is recognized', async () => {
    const port = await tcpServer(socket => void socket.write('SSH-2.0-dropbear\r\n'));
    expect(await causeAt(`ws://127.0.0.1:${port}/`)).toBe('other-protocol');
  });

  test.each([
    ['', 'connection-cut'],
    ['hello, is it me?', 'not-http'],
    ['HTTP/1.1 101 Switching Protocols\r\nUpgrade: webso', 'head-incomplete'],
    ['HTTP/1.1 101 Switching Protocols\nUpgrade: websocket\n\n', 'response-malformed'],
    [`HTTP/1.1 200 OK\r\nSet-Cookie: ${'x'.repeat(20_000)}\r\n\r\n`, 'response-too-large'],
  ])('%.60j: %s', async (bytes, id) => {
    expect(await causeAt(await answering(bytes))).toBe(id);
  });

  test('a server that does not answer', async () => {
    const port = await tcpServer(() => {});
    const report = await examine(`ws://127.0.0.1:${port}/`, { limits: { step: 100, retry: 100 } });
    expect(report.diagnoses.map(({ id }) => id)).toEqual(['no-response']);
    // It does not use up the whole time.
    expect(report.time).toBeLessThan(QUICK.timeout! / 2);
  });
});

describe('a 101 that is not valid', () => {
  const sha1 = (text: string) => createHash('sha1').update(text);
  const key = (request: SeenRequest) => request.header('Sec-WebSocket-Key')!;

  test.each([
    ['upgrade-missing', () => ({ Upgrade: undefined })],
    ['upgrade-wrong', () => ({ Upgrade: 'h2c' })],
    ['connection-missing', () => ({ Connection: undefined })],
    ['connection-missing', () => ({ Connection: 'keep-alive' })],
    ['accept-missing', () => ({ 'Sec-WebSocket-Accept': undefined })],
    ['accept-repeated', () => ({ 'Sec-WebSocket-Accept': ['a', 'b'] })],
    ['accept-wrong', () => ({ 'Sec-WebSocket-Accept': 's3pPLMBiTxaQ9kYGzzhZRbK+xOo=' })],
    ['subprotocol-not-offered', () => ({ 'Sec-WebSocket-Protocol': 'mqtt' })],
    ['extension-not-offered', () => ({ 'Sec-WebSocket-Extensions': 'permessage-deflate' })],
    ['extensions-malformed', () => ({ 'Sec-WebSocket-Extensions': 'a;;b' })],
  ])('%s', async (id, changes) => {
    const url = await answering((request, socket) => {
      socket.write(switching(request, changes()));
      return undefined;
    });
    expect((await examine(url)).diagnoses.map(diagnosis => diagnosis.id)).toEqual([id]);
  });

  test.each([
    ['is the key, unchanged', (request: SeenRequest) => key(request)],
    ['was computed without the GUID', (request: SeenRequest) => sha1(key(request)).digest('base64')],
    [
      'is the hash in hex',
      (request: SeenRequest) => sha1(`${key(request)}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('hex'),
    ],
    [
      'was computed with the GUID in lower case',
      (request: SeenRequest) => sha1(`${key(request)}258eafa5-e914-47da-95ca-c5ab0dc85b11`).digest('base64'),
    ],
  ])('a wrong Sec-WebSocket-Accept is explained: it %s', async (text, accept) => {
    const url = await answering((request, socket) => {
      socket.write(switching(request, { 'Sec-WebSocket-Accept': accept(request) }));
      return undefined;
    });
    expect((await examine(url)).diagnoses[0]!.cause).toContain(text);
  });

  test.each([
    'permessage-deflate; server_max_window_bits=7',
    'permessage-deflate; client_max_window_bits=20',
    'permessage-deflate; server_no_context_takeover; server_no_context_takeover',
    'permessage-deflate; wrong',
  ])('%s: the parameters are not allowed', async extensions => {
    const url = await answering((request, socket) => {
      const isOffered = request.header('Sec-WebSocket-Extensions') !== undefined;
      socket.write(switching(request, isOffered ? { 'Sec-WebSocket-Extensions': extensions } : {}));
      return undefined;
    });
    expect(await causeAt(url, { perMessageDeflate: true })).toBe('deflate-parameters');
  });

  test('a subprotocol that was asked for and not answered is a problem, because browsers close', async () => {
    const report = await examine(await server(() => {}), { subprotocols: ['chat'] });
    expect(report.diagnoses.map(({ id }) => id)).toEqual(['subprotocol-unanswered']);
  });
});
