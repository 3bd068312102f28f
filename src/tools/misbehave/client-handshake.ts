/** What clients do wrong in the opening handshake (RFC 6455 §4.1, and what §4.2.1 says a server must check). */
import { Buffer } from 'node:buffer';
import { CLOSE_CODE } from '../../framing/close-code.js';
import { encodeFrame } from '../../framing/frame-encoder.js';
import { OPCODE } from '../../framing/opcode.js';
import { closeFrame } from './frame-bytes.js';
import { add, addMebibyte, type Head, headBytes, replace, useOddCase } from './head.js';
import type { KindRow, KindRows } from './kind.js';

const REFUSE_400 = 'refuses the request with 400';
const REFUSE_HEAD = 'refuses the request with 400 or 431';
const TIME_OUT = 'gives up after its own timeout, and answers 408 or ends TCP';

/** A row: sends a request that `change` has broken, and closes the connection if the server accepts. */
function requests(section: string, does: string, expected: string, change: (head: Head) => void): KindRow {
  return {
    by: 'client',
    section,
    does,
    expected,
    run: async peer => {
      await peer.handshake(change);
      await peer.conclude();
      await peer.converse();
    },
  };
}

/** A row: sends bytes that are no request. */
function opens(section: string, does: string, expected: string, bytes: string | Uint8Array): KindRow {
  return {
    by: 'client',
    section,
    does,
    expected,
    run: async peer => {
      await peer.write(bytes);
      await peer.readResponse();
    },
  };
}

export const CLIENT_HANDSHAKE_KINDS: KindRows = {
  'wrong-version': requests('§4.4', 'asks for version 8', 'answers 426 with Sec-WebSocket-Version: 13', head =>
    replace(head, 'Sec-WebSocket-Version', 'Sec-WebSocket-Version: 8'),
  ),
  'no-version': requests('§4.2.1', 'sends no Sec-WebSocket-Version', 'refuses the request with 400 or 426', head =>
    replace(head, 'Sec-WebSocket-Version'),
  ),
  'two-versions': requests('§11.3.5', 'sends two Sec-WebSocket-Versions', 'refuses the request with 400 or 426', head =>
    add(head, 'Sec-WebSocket-Version: 13'),
  ),
  'short-key': requests('§4.2.1', 'sends a key of 8 bytes', REFUSE_400, head =>
    replace(head, 'Sec-WebSocket-Key', 'Sec-WebSocket-Key: AQIDBAUGBwg='),
  ),
  'bad-base64-key': requests('§4.2.1', 'sends a key that is not base64', REFUSE_400, head =>
    replace(head, 'Sec-WebSocket-Key', 'Sec-WebSocket-Key: not_base64_not_base64!=='),
  ),
  'no-key': requests('§4.2.1', 'sends no key', REFUSE_400, head => replace(head, 'Sec-WebSocket-Key')),
  'two-keys': requests('§11.3.1', 'sends two keys', REFUSE_400, head =>
    add(head, 'Sec-WebSocket-Key: AQIDBAUGBwgJCgsMDQ4PEA=='),
  ),
  'no-host': requests('RFC 9112 §3.2', 'sends no Host', REFUSE_400, head => replace(head, 'Host')),
  'two-hosts': requests('RFC 9112 §3.2', 'sends two Hosts', REFUSE_400, head => add(head, 'Host: other.example')),
  'lower-http-version': requests('§4.2.1', 'sends its request in HTTP/1.0', 'does not accept it', head => {
    head.startLine = head.startLine.replace('HTTP/1.1', 'HTTP/1.0');
  }),
  'higher-http-version': requests(
    '§4.1',
    'names HTTP/2.0 in its request line',
    'refuses the request with 505',
    head => {
      head.startLine = head.startLine.replace('HTTP/1.1', 'HTTP/2.0');
    },
  ),
  post: requests('§4.1', 'sends POST', 'refuses the request with 400 or 405', head => {
    head.startLine = head.startLine.replace('GET', 'POST');
  }),
  'no-upgrade-header': requests('§4.2.1', 'sends no Upgrade', 'does not accept it, and may serve a page', head =>
    replace(head, 'Upgrade'),
  ),
  'wrong-upgrade': requests('§4.2.1', 'sends Upgrade: h2c', 'does not accept it, and may serve a page', head =>
    replace(head, 'Upgrade', 'Upgrade: h2c'),
  ),
  'no-connection-header': requests('§4.2.1', 'sends no Connection', 'does not accept it, and may serve a page', head =>
    replace(head, 'Connection'),
  ),
  'fragment-in-target': requests('§3', 'sends a request target with a fragment', REFUSE_400, head => {
    head.startLine = 'GET /#fragment HTTP/1.1';
  }),
  'bad-target': requests('RFC 9112 §3.2', 'sends a request target without a slash', REFUSE_400, head => {
    head.startLine = 'GET chat HTTP/1.1';
  }),
  'bad-subprotocol': requests('§4.1', 'offers a subprotocol that is not a token', REFUSE_400, head =>
    add(head, 'Sec-WebSocket-Protocol: a b'),
  ),
  'subprotocol-twice': requests('§4.1', 'offers the same subprotocol twice', REFUSE_400, head =>
    add(head, 'Sec-WebSocket-Protocol: chat, chat'),
  ),
  'bad-extension-syntax': requests(
    '§9.1',
    'offers an extension that breaks the grammar',
    `${REFUSE_400}, or accepts without extensions`,
    head => add(head, 'Sec-WebSocket-Extensions: permessage-deflate; ='),
  ),
  'bad-deflate-parameters': requests(
    'RFC 7692 §7.1',
    'offers permessage-deflate with server_max_window_bits=99',
    'accepts without the extension, or refuses the request with 400',
    head => add(head, 'Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=99'),
  ),
  'cross-origin': requests(
    '§10.2',
    'sends Origin: https://evil.example, as a browser does for a foreign page',
    'refuses the request with 403, unless it serves every origin',
    head => add(head, 'Origin: https://evil.example'),
  ),
  body: requests('§4.1', 'sends a body of 5 bytes', REFUSE_400, head => add(head, 'Content-Length: 5')),
  'chunked-body': requests('§4.1', 'announces a chunked body', REFUSE_400, head =>
    add(head, 'Transfer-Encoding: chunked'),
  ),
  'space-before-colon': requests('RFC 9112 §5.1', 'sends a header with a space before the colon', REFUSE_400, head =>
    add(head, 'X-Space : value'),
  ),
  'folded-header': requests('RFC 9112 §5.2', 'continues a header on a second line', REFUSE_400, head =>
    add(head, 'X-Folded: first', ' second'),
  ),
  'control-in-header': requests('RFC 9110 §5.5', 'sends a header with a NUL', REFUSE_400, head =>
    add(head, 'X-Nul: a\0b'),
  ),
  'bare-lf': {
    by: 'client',
    section: 'RFC 9112 §2.2',
    does: 'ends its lines with LF alone',
    expected: `${REFUSE_400}, or reads it as CRLF`,
    run: async peer => {
      await peer.write(headBytes(peer.correctHead()).replaceAll('\r', ''));
      await peer.readResponse();
      await peer.conclude();
      await peer.converse();
    },
  },
  'huge-head': requests('§10.4', 'sends a head of 1 MiB', REFUSE_HEAD, addMebibyte),
  'many-headers': requests('§10.4', 'sends 5,000 header lines', REFUSE_HEAD, head =>
    add(head, ...Array.from({ length: 5_000 }, () => 'X: y')),
  ),
  'huge-target': requests('§10.4', 'sends a request target of 64 KiB', 'refuses the request with 414 or 431', head => {
    head.startLine = `GET /${'x'.repeat(65_536)} HTTP/1.1`;
  }),
  'odd-case': requests('§4.2.1', 'writes header names and tokens in unusual case, which is legal', 'opens', useOddCase),
  'frame-before-101': {
    by: 'client',
    section: '§4.1',
    does: 'sends a message and a Close frame before the response',
    expected: 'never reads it as HTTP; reads it as frames after its 101, or refuses the request',
    run: async peer => {
      const frames = [encodeFrame('client', OPCODE.TEXT, 'early'), closeFrame('client', CLOSE_CODE.NORMAL_CLOSURE)];
      await peer.write(Buffer.concat([Buffer.from(headBytes(peer.correctHead())), ...frames]));
      await peer.readResponse();
      await peer.converse({ close: () => {} });
    },
  },
  'not-http': opens('§4.2.1', 'sends a line that is not HTTP', 'refuses it with 400, or ends TCP', 'hello\r\n\r\n'),
  'tls-hello': opens(
    '§4.2.1',
    'begins a TLS handshake, as for a wss: url',
    'ends TCP, or refuses it with 400',
    Buffer.concat([
      Buffer.from('160301002c010000280303', 'hex'),
      Buffer.alloc(32),
      Buffer.from('000002c02f0100', 'hex'),
    ]),
  ),
  'http-2-preface': opens(
    '§4.2.1',
    'speaks HTTP/2 at once',
    'ends TCP, or refuses it with 400 or 505',
    'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0',
  ),
  'send-nothing': {
    by: 'client',
    section: '§4.2.1',
    does: 'connects and sends nothing',
    expected: TIME_OUT,
    run: peer => peer.readResponse(),
  },
  'cut-mid-head': {
    by: 'client',
    section: '§4.2.1',
    does: 'ends TCP in the middle of its request',
    expected: 'ends TCP too',
    run: async peer => {
      await peer.write('GET / HTTP/1.1\r\nHost: exa');
      peer.end();
      await peer.readResponse();
    },
  },
  'slow-head': {
    by: 'client',
    section: '§4.2.1',
    does: 'sends a head without an end, a byte per second (`delay`), as Slowloris does',
    expected: `${TIME_OUT}: each byte must not extend it`,
    run: async peer => {
      await peer.write('GET / HTTP/1.1\r\nX-Slow: ');
      await Promise.all([peer.readResponse(), peer.trickle(peer.options.delay ?? 1_000)]);
    },
  },
};
