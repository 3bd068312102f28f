import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { HandshakeError, type HandshakeErrorDetails } from '../../src/errors.js';
import { encodeClosePayload, encodeFrame, OPCODE } from '../../src/framing/index.js';
import { WireTrace } from '../../src/wire/index.js';
import type { TracedTransport } from '../../src/wire/transport-section.js';
import { widthOf } from '../../src/wire/width.js';

const KEY = 'dGhlIHNhbXBsZSBub25jZQ==';
const ACCEPT = 's3pPLMBiTxaQ9kYGzzhZRbK+xOo=';
const TRANSPORT: TracedTransport = {
  localAddress: '127.0.0.1',
  localPort: 51_234,
  remoteAddress: '127.0.0.1',
  remotePort: 9_001,
};
const START = Date.UTC(2031, 0, 5, 10, 20, 30, 123);

const head = (...lines: string[]): Uint8Array => Buffer.from([...lines, '', ''].join('\r\n'), 'latin1');
const REQUEST = head(
  'GET /chat HTTP/1.1',
  'Host: 127.0.0.1:9001',
  'Upgrade: websocket',
  'Connection: Upgrade',
  `Sec-WebSocket-Key: ${KEY}`,
  'Sec-WebSocket-Version: 13',
);
const AGREEMENT = head(
  'HTTP/1.1 101 Switching Protocols',
  'Upgrade: websocket',
  'Connection: Upgrade',
  `Sec-WebSocket-Accept: ${ACCEPT}`,
);
const close = (role: 'client' | 'server', code?: number, reason?: string): Uint8Array =>
  encodeFrame(role, OPCODE.CLOSE, encodeClosePayload(code, reason));

interface Stage {
  readonly trace: WireTrace;
  readonly lines: string[];
  /** The time on the clock, in milliseconds since the start. */
  elapsed: number;
}

function stage(transport: TracedTransport = TRANSPORT): Stage {
  const lines: string[] = [];
  const set: Stage = {
    lines,
    elapsed: 0,
    trace: new WireTrace({ write: line => lines.push(line), now: () => START + set.elapsed }),
  };
  set.trace.connected(transport);
  return set;
}

function opened(): Stage {
  const set = stage();
  set.trace.sent(REQUEST);
  set.trace.received(AGREEMENT);
  return set;
}

const DATE = '2031-01-05 10:20:30.123 UTC';
const heading = (title: string, date = DATE): string =>
  `${title} ${'─'.repeat(98 - title.length - date.length)} ${date}`;

const AT_80_COLUMNS = String.raw`
1  TCP connection ────────────────────────────────── 2031-01-05 10:20:30.123 UTC
             client       127.0.0.1:51234
             server       127.0.0.1:9001
             TLS          none              anyone on the path can read it

2  Opening handshake ─────────────────────────────── 2031-01-05 10:20:30.123 UTC
  0.000000 → GET /chat HTTP/1.1             a WebSocket starts as an HTTP GET
           → Host: 127.0.0.1:9001           the server this is meant for
           → Upgrade: websocket             asks to switch to WebSocket
           → Connection: Upgrade            Upgrade applies to this hop only
           → Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==
                                            16 random bytes, new every time
           → Sec-WebSocket-Version: 13      RFC 6455 is version 13
           →                                the empty line ends the head
  0.000000 ← HTTP/1.1 101 Switching Protocols
                                            accepted: frames follow this head
           ← Upgrade: websocket             agrees to switch to WebSocket
           ← Connection: Upgrade            Upgrade applies to this hop only
           ← Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=
                                            computed from Key: see below
           ←                                the empty line ends the head

             Accept is computed from Key and a fixed GUID (§1.3, §4.2.2):
             base64(SHA-1("dGhlIHNhbXBsZSBub25jZQ==" +
               "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
             = s3pPLMBiTxaQ9kYGzzhZRbK+xOo=: correct

3  Frames ────────────────────────────────────────── 2031-01-05 10:20:30.123 UTC
             FIN RSV opcode       MASK   length key      payload (unmasked)
  0.000000 ←  1  000 text           0         5          "hello"
  0.000000 ←  1  000 text           0        41
                 "{\"type\":\"greeting\",\"text\":\"hello, world\"}"
  0.000000 ←  1  000 text           0       508
                 "beginxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"…"xxxxxxxxxxxxxxxxend"

4  Closing handshake ─────────────────────────────── 2031-01-05 10:20:30.123 UTC
  0.000000 ←  1  000 close          0         2          1000 (normal closure)
  0.000000 →  1  000 close          1         2 <key> 1000 (normal closure)
  0.000000 ← FIN: the server sends nothing more
  0.000000 → FIN: the client sends nothing more
  0.000000   clean: both sides sent a Close frame, the server first
             the server ended TCP first, as it should (§7.1.1), then the client`
  .split('\n')
  .slice(1);

describe('WireTrace', () => {
  test('shows the TCP connection, the opening handshake, the frames and the closing handshake', () => {
    const set = opened();
    const hello = encodeFrame('client', OPCODE.TEXT, 'hello');
    const goodbye = close('client', 1000, 'bye');
    set.elapsed = 1.5;
    set.trace.sent(hello);
    set.elapsed = 2.25;
    set.trace.received(encodeFrame('server', OPCODE.TEXT, 'hello'));
    set.elapsed = 1_000;
    set.trace.sent(goodbye);
    set.trace.received(close('server', 1000));
    set.trace.ended('remote');
    set.trace.ended('local');
    set.trace.closed();
    const keyOf = (frame: Uint8Array): string => Buffer.from(frame.subarray(2, 6)).toString('hex');
    expect(set.lines).toEqual([
      heading('1  TCP connection'),
      '             client       127.0.0.1:51234',
      '             server       127.0.0.1:9001',
      '             TLS          none                                  anyone on the path can read it',
      '',
      heading('2  Opening handshake'),
      '  0.000000 → GET /chat HTTP/1.1                                 a WebSocket starts as an HTTP GET',
      '           → Host: 127.0.0.1:9001                               the server this is meant for',
      '           → Upgrade: websocket                                 asks to switch to WebSocket',
      '           → Connection: Upgrade                                Upgrade applies to this hop only',
      `           → Sec-WebSocket-Key: ${KEY}        16 random bytes, new every time`,
      '           → Sec-WebSocket-Version: 13                          RFC 6455 is version 13',
      '           →                                                    the empty line ends the head',
      '  0.000000 ← HTTP/1.1 101 Switching Protocols                   accepted: frames follow this head',
      '           ← Upgrade: websocket                                 agrees to switch to WebSocket',
      '           ← Connection: Upgrade                                Upgrade applies to this hop only',
      `           ← Sec-WebSocket-Accept: ${ACCEPT} computed from Key: see below`,
      '           ←                                                    the empty line ends the head',
      '',
      '             Accept is computed from Key and a fixed GUID (§1.3, §4.2.2):',
      `             base64(SHA-1("${KEY}" + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))`,
      `             = ${ACCEPT}: correct`,
      '',
      heading('3  Frames'),
      '             FIN RSV opcode       MASK   length key      payload (unmasked)',
      `  0.001500 →  1  000 text           1         5 ${keyOf(hello)} "hello"`,
      '  0.002250 ←  1  000 text           0         5          "hello"',
      '',
      heading('4  Closing handshake', '2031-01-05 10:20:31.123 UTC'),
      `  1.000000 →  1  000 close          1         5 ${keyOf(goodbye)} 1000 (normal closure), "bye"`,
      '  1.000000 ←  1  000 close          0         2          1000 (normal closure)',
      '  1.000000 ← FIN: the server sends nothing more',
      '  1.000000 → FIN: the client sends nothing more',
      '  1.000000   clean: both sides sent a Close frame, the client first',
      '             the server ended TCP first, as it should (§7.1.1), then the client',
    ]);
  });

  const certificate = {
    subject: `CN=${'long.example.'.repeat(12)}`,
    issuer: 'C=US, O=An Organization With A Long Name, CN=An Authority With A Longer Name Still',
    validFrom: 'Jan  1 00:00:00 2031 GMT',
    validTo: 'Jan  1 00:00:00 2032 GMT',
    fingerprint: 'AB:'.repeat(32).slice(0, -1),
  };
  const tls = { version: 'TLSv1.3', cipher: 'TLS_CHACHA20_POLY1305_SHA256', alpn: 'http/1.1', authorized: true };

  /** Traces a connection in which everything is long. */
  function everything(columns: number): string[] {
    const lines: string[] = [];
    const play = (transport: TracedTransport, act: (trace: WireTrace) => void) => {
      const write = (line: string) => lines.push(line);
      const trace = new WireTrace({ write, now: () => START, columns: () => columns });
      trace.connected(transport);
      trace.sent(
        Buffer.concat([REQUEST.subarray(0, -2), head(`Cookie: ${'a=b; '.repeat(300)}`, `X: ${'日本'.repeat(300)}`)]),
      );
      act(trace);
    };
    play(TRANSPORT, trace => {
      trace.received(AGREEMENT);
      for (const text of [
        'x'.repeat(1_000),
        '日本語 🎉'.repeat(30),
        '\u202e'.repeat(90),
        '{"short":"payload of 33 columns"}',
      ]) {
        trace.received(encodeFrame('server', OPCODE.TEXT, text));
      }
      trace.received(encodeFrame('server', OPCODE.BINARY, new Uint8Array(1_000)));
      trace.sent(encodeFrame('client', OPCODE.PONG, 'x'.repeat(125)));
      trace.received(close('server', 1009, '"'.repeat(123)));
      trace.sent(close('client', 1007));
      trace.sent(Uint8Array.of(0x81));
      trace.received(Uint8Array.of(0xd3, 0x80, 1, 2, 3, 4));
      trace.ended('remote');
      trace.ended('local');
      trace.closed();
    });
    play({ ...TRANSPORT, tls: { ...tls, certificate } }, trace => {
      trace.received(head('HTTP/1.1 101 Switching Protocols', `Sec-WebSocket-Accept: ${'z'.repeat(60)}`));
      trace.closed(new Error(`connect ECONNREFUSED ${'/very/long/path'.repeat(10)}`));
    });
    play(TRANSPORT, trace => {
      trace.received(head('HTTP/1.1 403 Forbidden', 'WWW-Authenticate: Basic'));
      trace.received(Buffer.from('A refusal in many words. '.repeat(30)));
      trace.closed(new Error('it failed'));
    });
    return lines;
  }

  test.each([60, 72, 79, 80, 81, 96, 97, 100, 120, 140, 250])('stays within %i columns', columns => {
    for (const line of everything(columns)) expect(widthOf(line), line).toBeLessThanOrEqual(columns);
  });

  test('uses at least 60 columns', () => {
    const withoutKeys = (lines: string[]) => lines.map(line => line.replace(/[0-9a-f]{8}$/, ''));
    expect(withoutKeys(everything(1))).toEqual(withoutKeys(everything(60)));
  });

  test('in 80 columns, moves notes to the left or below, and long payloads below', () => {
    const lines: string[] = [];
    const write = (line: string) => lines.push(line);
    const trace = new WireTrace({ write, now: () => START, columns: () => 80 });
    trace.connected(TRANSPORT);
    trace.sent(REQUEST);
    trace.received(AGREEMENT);
    trace.received(encodeFrame('server', OPCODE.TEXT, 'hello'));
    trace.received(encodeFrame('server', OPCODE.TEXT, '{"type":"greeting","text":"hello, world"}'));
    trace.received(encodeFrame('server', OPCODE.TEXT, `begin${'x'.repeat(500)}end`));
    trace.received(close('server', 1000));
    trace.sent(close('client', 1000));
    trace.ended('remote');
    trace.ended('local');
    trace.closed();
    expect(lines.map(line => line.replace(/1 {9}2 [0-9a-f]{8}/, '1         2 <key>'))).toEqual(AT_80_COLUMNS);
  });

  test('shows the same however the bytes are cut', () => {
    const toServer = Buffer.concat([
      REQUEST,
      encodeFrame('client', OPCODE.TEXT, 'fragment é', false),
      encodeFrame('client', OPCODE.PING, 'ping'),
      encodeFrame('client', OPCODE.CONTINUATION, 'x'.repeat(300)),
      close('client', 1000),
    ]);
    const interim = head('HTTP/1.1 103 Early Hints', 'Link: </style.css>');
    const conversations = [
      Buffer.concat([
        interim,
        AGREEMENT,
        encodeFrame('server', OPCODE.BINARY, new Uint8Array(70_000).fill(255)),
        close('server', 1000),
      ]),
      Buffer.concat([
        AGREEMENT,
        encodeFrame('server', OPCODE.TEXT, Buffer.from('ab\xffcd', 'latin1')),
        close('server'),
      ]),
      Buffer.concat([AGREEMENT, Uint8Array.of(0x82, 126, 0, 4, 1, 2, 3, 4)]),
      Buffer.concat([AGREEMENT, encodeFrame('server', OPCODE.TEXT, 'cut off').subarray(0, 5)]),
      Buffer.concat([head('HTTP/1.1 404 Not Found', 'Server: x'), Buffer.from('no such page\n'.repeat(60))]),
      Buffer.from('SSH-2.0-OpenSSH_9.2\r\nmore'),
    ];
    const show = (fromServer: Uint8Array, cut: (bytes: Uint8Array) => Uint8Array[]): string[] => {
      const { trace, lines } = stage();
      for (const piece of cut(toServer)) trace.sent(piece);
      for (const piece of cut(fromServer)) trace.received(piece);
      trace.ended('remote');
      trace.closed();
      return lines;
    };
    fc.assert(
      fc.property(
        fc.constantFrom(...conversations),
        fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 1, maxLength: 30 }),
        (fromServer, sizes) => {
          const cut = (bytes: Uint8Array): Uint8Array[] => {
            const pieces: Uint8Array[] = [];
            let at = 0;
            for (const size of sizes) {
              pieces.push(bytes.subarray(at, at + size));
              at += size;
            }
            return [...pieces, bytes.subarray(at)];
          };
          expect(show(fromServer, cut)).toEqual(show(fromServer, bytes => [bytes]));
        },
      ),
    );
    for (const fromServer of conversations) {
      const byteByByte = (bytes: Uint8Array): Uint8Array[] => Array.from(bytes, byte => Uint8Array.of(byte));
      expect(show(fromServer, byteByByte)).toEqual(show(fromServer, bytes => [bytes]));
    }
  });
});

describe('WireTrace, section 1: the TCP connection', () => {
  const linesOf = (transport: TracedTransport): string[] => stage(transport).lines.slice(1, -2);

  test('shows IPv6 addresses in brackets', () => {
    expect(linesOf({ ...TRANSPORT, localAddress: '::1', remoteAddress: '::1' }).slice(0, 2)).toEqual([
      '             client       [::1]:51234',
      '             server       [::1]:9001',
    ]);
  });

  test('shows the path of a Unix domain socket', () => {
    expect(linesOf({ remoteAddress: '/run/app.sock' }).slice(0, 2)).toEqual([
      '             client       (no address)',
      '             server       /run/app.sock',
    ]);
  });

  const fingerprint = Array.from({ length: 32 }, (_, i) => i.toString(16).padStart(2, '0').toUpperCase()).join(':');
  const tls = { version: 'TLSv1.3', cipher: 'TLS_AES_256_GCM_SHA384', alpn: 'http/1.1', authorized: true };

  test('shows the TLS version, the cipher and the certificate, with escapes', () => {
    const certificate = {
      subject: 'CN=example\x1b[31m',
      issuer: 'CN=our CA',
      validFrom: 'Jan  1 00:00:00 2031 GMT',
      validTo: 'Jan  1 00:00:00 2032 GMT',
      fingerprint,
    };
    expect(linesOf({ ...TRANSPORT, tls: { ...tls, certificate } }).slice(2)).toEqual([
      '             TLS          TLSv1.3, TLS_AES_256_GCM_SHA384, ALPN http/1.1',
      '             verified     yes',
      '             certificate  CN=example\\x1b[31m',
      '               issued by  CN=our CA',
      '               valid      Jan  1 00:00:00 2031 GMT to Jan  1 00:00:00 2032 GMT',
      '               SHA-256    00:01:02:03:04:05:06:07:08:09:0A:0B:0C:0D:0E:0F:',
      '                          10:11:12:13:14:15:16:17:18:19:1A:1B:1C:1D:1E:1F',
    ]);
  });

  test('shows that a certificate was not verified, or that there is none', () => {
    expect(linesOf({ ...TRANSPORT, tls: { ...tls, alpn: '', authorized: false } }).slice(2)).toEqual([
      '             TLS          TLSv1.3, TLS_AES_256_GCM_SHA384',
      '             verified     no: the server may be an impostor',
    ]);
  });
});

describe('WireTrace, section 2: the opening handshake', () => {
  /** Returns the lines after the request. */
  function respond(...chunks: Array<Uint8Array | string>): string[] {
    const { trace, lines } = stage();
    trace.sent(REQUEST);
    const before = lines.length;
    for (const chunk of chunks) trace.received(typeof chunk === 'string' ? Buffer.from(chunk) : chunk);
    trace.closed();
    return lines.slice(before);
  }

  test('reports a wrong Sec-WebSocket-Accept', () => {
    const lines = respond(head('HTTP/1.1 101 Switching Protocols', 'Sec-WebSocket-Accept: abc'), 'more', 'and more');
    expect(lines.slice(lines.indexOf('') + 1)).toEqual([
      '             Accept is computed from Key and a fixed GUID (§1.3, §4.2.2):',
      `             base64(SHA-1("${KEY}" + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))`,
      `             = ${ACCEPT}, but the server sent abc: wrong`,
      '             wrong: Upgrade is missing (§4.1)',
      '             wrong: Connection is missing (§4.1)',
      '           ← moreand more',
      '',
      heading('4  Closing handshake'),
      '  0.000000   the opening handshake failed: there was no WebSocket connection to close',
      '             the client ended TCP without waiting for the server',
    ]);
  });

  test('shows a refusal with its headers and its body, and no section 3', () => {
    expect(respond(head('HTTP/1.1 404 Not Found', 'Content-Length: 15'), 'not\x1b[2J\nhere\r\n')).toEqual([
      '  0.000000 ← HTTP/1.1 404 Not Found                             refused by the server',
      '           ← Content-Length: 15',
      '           ←                                                    the empty line ends the head',
      '           ← not\\x1b[2J',
      '           ← here',
      '',
      heading('4  Closing handshake'),
      '  0.000000   the opening handshake failed: there was no WebSocket connection to close',
      '             the client ended TCP without waiting for the server',
    ]);
  });

  test('shows only the start of a long body', () => {
    const lines = respond(head('HTTP/1.1 200 OK'), 'x'.repeat(10_000), 'y'.repeat(10_000));
    const body = lines.slice(2, lines.indexOf(''));
    expect(body.join('').match(/x/g)).toHaveLength(512);
    expect(body.at(-1)).toBe('           ← …                                                  the body continues');
    const manyLines = respond(head('HTTP/1.1 200 OK'), 'x\n'.repeat(10));
    expect(manyLines.filter(line => line.endsWith('← x'))).toHaveLength(8);
  });

  test('shows interim responses and the final one (RFC 9110 §15.2)', () => {
    const lines = respond(head('HTTP/1.1 100 Continue'), Buffer.concat([head('HTTP/1.1 103 Early Hints'), AGREEMENT]));
    expect(lines.filter(line => line.includes('HTTP/1.1'))).toEqual([
      '  0.000000 ← HTTP/1.1 100 Continue                              interim: another response follows',
      '  0.000000 ← HTTP/1.1 103 Early Hints                           interim: another response follows',
      '  0.000000 ← HTTP/1.1 101 Switching Protocols                   accepted: frames follow this head',
    ]);
  });

  test('says what else is wrong with a 101', () => {
    const { trace, lines } = stage();
    trace.sent(REQUEST);
    const more = ['Sec-WebSocket-Protocol: chat', 'Content-Length: 0', '', ''];
    trace.received(Buffer.concat([AGREEMENT.subarray(0, -2), Buffer.from(more.join('\r\n'))]));
    expect(lines).toContain('             wrong: Sec-WebSocket-Protocol: chat: the client did not offer it (§4.1)');
    expect(lines.join('\n')).toContain('wrong: Content-Length: 0: a 101 has no body');
  });

  test('shows what is not HTTP', () => {
    expect(respond('SSH-2.0-OpenSSH_9.2\r\n')[0]).toBe(
      '  0.000000 ← SSH-2.0-OpenSSH_9.2                                not HTTP: not a WebSocket server',
    );
  });

  test('shows a head that was cut off', () => {
    expect(respond('HTTP/1.1 101 Switch').slice(0, 2)).toEqual([
      '  0.000000 ← HTTP/1.1 101 Switch                                accepted: frames follow this head',
      '           ← …                                                  cut off',
    ]);
  });

  test('breaks long lines, and puts a note below if there is no room', () => {
    const offers = 'Sec-WebSocket-Protocol: chat.example.org, superchat.example.org';
    const { trace, lines } = stage();
    trace.sent(head('GET / HTTP/1.1', offers, `Cookie: ${'x'.repeat(100)}`));
    const rows = lines.slice(lines.findIndex(line => line.includes('Protocol')));
    expect(rows.slice(0, 4)).toEqual([
      `           → ${offers}`,
      `${' '.repeat(64)}the subprotocols offered`,
      `           → Cookie: ${'x'.repeat(79)}`,
      `           →   ${'x'.repeat(21)}`,
    ]);
  });

  test('omits the middle of a line that takes more than three rows, and shows its length', () => {
    const { trace, lines } = stage();
    trace.sent(head('GET / HTTP/1.1', `Cookie: ${'x'.repeat(500)}yz`, `X-Long: ${'x'.repeat(5_000)}`));
    const rows = lines.filter(line => /→.*x/.test(line));
    expect(rows).toHaveLength(6);
    expect(rows.slice(0, 3).join('')).toContain(' …(510 bytes in all)… ');
    expect(rows[2]).toMatch(/xyz$/);
    expect(rows.slice(3).join('')).toMatch(/x …\(5008 bytes in all\)$/);
  });

  test('shows at most 128 lines of a head', () => {
    const lines = respond(head('HTTP/1.1 200 OK', ...Array.from({ length: 200 }, (_, i) => `X-${i}: y`)));
    expect(lines.filter(line => line.includes('X-'))).toHaveLength(127);
    expect(lines.filter(line => line.includes('more lines, not shown'))).toHaveLength(1);
  });
});

describe('WireTrace, section 3: the frames', () => {
  function received(...frames: Uint8Array[]): string[] {
    const { trace, lines } = opened();
    const before = lines.length;
    for (const frame of frames) trace.received(frame);
    return lines.slice(before);
  }

  test('shows each opcode', () => {
    expect(
      received(
        encodeFrame('server', OPCODE.TEXT, 'a"\x1b', false),
        encodeFrame('server', OPCODE.CONTINUATION, ''),
        encodeFrame('server', OPCODE.BINARY, Uint8Array.of(0, 255)),
        encodeFrame('server', OPCODE.PING, 'keepalive'),
        encodeFrame('server', OPCODE.PONG, Uint8Array.of(0, 1)),
      ),
    ).toEqual([
      '  0.000000 ←  0  000 text           0         3          "a\\"\\x1b"',
      '  0.000000 ←  1  000 continuation   0         0',
      '  0.000000 ←  1  000 binary         0         2          00 ff',
      '  0.000000 ←  1  000 ping           0         9          "keepalive"',
      '  0.000000 ←  1  000 pong           0         2          00 01',
    ]);
  });

  test('shows the rule that a frame breaks, with its section (§7.1.7)', () => {
    const text = encodeFrame('server', OPCODE.TEXT, 'fine');
    expect(received(text, Uint8Array.of(0xd3, 0x80, 1, 2, 3, 4), text).slice(1)).toEqual([
      '  0.000000 ←  1  101 reserved 0x3   1         0 01020304',
      '             wrong: a reserved bit is set, but no extension uses it (§5.2, at byte 6)',
      '             the receiver fails the connection with 1002; nothing after this is decoded (§7.1.7)',
    ]);
  });

  test('does not start section 4 for a Close frame that breaks a rule', () => {
    const lines = received(encodeFrame('server', OPCODE.CLOSE, Uint8Array.of(3, 0xed)));
    expect(lines.slice(0, 2)).toEqual([
      '  0.000000 ←  1  000 close          0         2          03 ed',
      '             wrong: the close code must not be used on the wire (§7.4, at byte 0)',
    ]);
  });

  test('shows what the end of TCP cut off', () => {
    const { trace, lines } = opened();
    trace.sent(Uint8Array.of(0x81));
    trace.received(encodeFrame('server', OPCODE.CLOSE, encodeClosePayload(1000, 'bye')).subarray(0, 4));
    const before = lines.length;
    trace.closed();
    expect(lines.slice(before)).toEqual([
      '           → cut off: a frame header',
      '  0.000000 ←  1  000 close          0         5          03 e8 …',
      '             cut off: 2 of 5 bytes of payload',
      '',
      heading('4  Closing handshake'),
      '  0.000000   not clean: neither side sent a Close frame',
      '             the client ended TCP without waiting for the server',
    ]);
  });

  test('counts times from the TCP connection', () => {
    const set = opened();
    set.elapsed = 61_001.25;
    set.trace.received(encodeFrame('server', OPCODE.PING, ''));
    expect(set.lines.at(-1)).toBe(' 61.001250 ←  1  000 ping           0         0');
  });
});

describe('WireTrace, section 4: the closing handshake', () => {
  /** Returns the lines on the closing handshake and on TCP. */
  function verdicts(play: (trace: WireTrace) => void): string[] {
    const { trace, lines } = opened();
    play(trace);
    return lines.slice(-2).map(line => line.slice(13));
  }

  test('starts with the first Close frame, and contains the later frames', () => {
    const { trace, lines } = opened();
    trace.received(close('server', 1001));
    trace.sent(encodeFrame('client', OPCODE.TEXT, 'last words'));
    trace.sent(close('client'));
    const act = lines.slice(lines.indexOf(heading('4  Closing handshake')) + 1);
    expect(act.map(line => line.slice(57))).toEqual(['1001 (going away)', '"last words"', '(no code)']);
    expect(lines.filter(line => line.startsWith('4 '))).toHaveLength(1);
  });

  test('shows a long reason on a line of its own', () => {
    const { trace, lines } = opened();
    trace.received(close('server', 4001, 'x'.repeat(30)));
    expect(lines.slice(-2)).toEqual([
      '  0.000000 ←  1  000 close          0        32          4001 (private use),',
      `                 reason "${'x'.repeat(30)}"`,
    ]);
  });

  test('says which side closed and which side ended TCP', () => {
    expect(
      verdicts(trace => {
        trace.sent(close('client', 1000));
        trace.ended('local');
        trace.closed();
      }),
    ).toEqual([
      'not clean: the client sent a Close frame, the server did not',
      'the client ended TCP first; the server did not',
    ]);
    expect(
      verdicts(trace => {
        trace.received(close('server', 1000));
        trace.sent(close('client', 1000));
        trace.received(close('server', 1000));
        trace.ended('remote');
        trace.closed();
      }),
    ).toEqual([
      'clean: both sides sent a Close frame, the server first',
      'the server ended TCP first, as it should (§7.1.1); the client did not',
    ]);
    expect(
      verdicts(trace => {
        trace.ended('remote');
        trace.ended('local');
        trace.closed();
      }),
    ).toEqual(['not clean: neither side sent a Close frame', 'the server ended TCP first, then the client']);
  });

  test('says that TCP broke if an opening handshake failed because of it, and only then', () => {
    const ended = (details: HandshakeErrorDetails): string | undefined =>
      verdicts(trace => trace.closed(new HandshakeError('it failed', details)))[1];
    expect(ended({ phase: 'response', fault: 'peer' })).toBe('the client ended TCP without waiting for the server');
    expect(ended({ phase: 'response', fault: 'network' })).toBe('TCP failed: it failed');
    expect(ended({ phase: 'response', fault: 'network', cause: new Error('read ECONNRESET') })).toBe(
      'TCP failed: read ECONNRESET',
    );
  });

  test('says what broke TCP, with escapes', () => {
    expect(verdicts(trace => trace.closed(new Error('read ECONNRESET')))).toEqual([
      'not clean: neither side sent a Close frame',
      'TCP failed: read ECONNRESET',
    ]);
    expect(verdicts(trace => trace.closed(new TypeError('')))[1]).toBe('TCP failed: TypeError');
    expect(verdicts(trace => trace.closed(new Error('\x1b[2J')))[1]).toBe('TCP failed: \\x1b[2J');
  });
});

describe('WireTrace colors', () => {
  test('are those of the option paint', () => {
    const lines: string[] = [];
    const mark = (name: string) => (text: string) => `<${name}>${text}</${name}>`;
    const paint = {
      heading: mark('heading'),
      note: mark('note'),
      client: mark('client'),
      server: mark('server'),
      good: mark('good'),
      bad: mark('bad'),
    };
    const trace = new WireTrace({ write: line => lines.push(line), now: () => START, paint });
    trace.connected(TRANSPORT);
    trace.sent(REQUEST);
    trace.received(AGREEMENT);
    trace.closed(new Error('gone'));
    expect(lines[0]).toBe(`<heading>${heading('1  TCP connection')}</heading>`);
    expect(lines).toContain(
      `<note>  0.000000</note> <client>→</client> GET /chat HTTP/1.1${' '.repeat(33)}<note>a WebSocket starts as an HTTP GET</note>`,
    );
    expect(lines).toContain(`<note>          </note>   <good>= ${ACCEPT}: correct</good>`);
    expect(lines.at(-1)).toBe('<note>          </note>   <bad>TCP failed: gone</bad>');
  });
});
