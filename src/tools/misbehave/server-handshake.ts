/** What servers do wrong in the opening handshake (RFC 6455 §4.2.2, and what §4.1 says a client must check). */
import { Buffer } from 'node:buffer';
import { CLOSE_CODE } from '../../framing/close-code.js';
import { encodeFrame } from '../../framing/frame-encoder.js';
import { OPCODE } from '../../framing/opcode.js';
import { acceptOf } from '../../handshake/http1/key.js';
import { closeFrame } from './frame-bytes.js';
import { add, addMebibyte, type Head, headBytes, replace, useOddCase } from './head.js';
import type { KindRow, KindRows } from './kind.js';
import type { Peer } from './peer.js';

const FAIL = 'fails the connection: the response is not valid';
const TIME_OUT = 'gives up after its own timeout';

/** The key of the example in RFC 6455 §1.3. */
const ANOTHER_KEY = 'dGhlIHNhbXBsZSBub25jZQ==';

/** A row: answers with a 101 that `change` has broken, and then behaves. */
function answers(section: string, does: string, expected: string, change: (head: Head, peer: Peer) => void): KindRow {
  return {
    by: 'server',
    section,
    does,
    expected,
    run: async peer => {
      await peer.handshake(head => change(head, peer));
      await peer.converse();
    },
  };
}

/** A row: answers with these bytes. */
function responds(section: string, does: string, expected: string, bytes: string | Uint8Array): KindRow {
  return {
    by: 'server',
    section,
    does,
    expected,
    run: async peer => {
      await peer.readHead();
      await peer.write(bytes);
      peer.end();
      await peer.drain();
    },
  };
}

/** Sends a correct 101 and frames in one segment. */
async function opensWith(peer: Peer, ...frames: Uint8Array[]): Promise<void> {
  await peer.readUpgrade();
  const head = Buffer.from(headBytes(peer.correctHead()), 'latin1');
  peer.opened();
  await peer.write(Buffer.concat([head, ...frames]));
}

export const SERVER_HANDSHAKE_KINDS: KindRows = {
  'wrong-accept': answers('§4.1', 'sends an Accept that no key has', FAIL, head =>
    replace(head, 'Sec-WebSocket-Accept', 'Sec-WebSocket-Accept: AAAAAAAAAAAAAAAAAAAAAAAAAAA='),
  ),
  'accept-for-another-key': answers('§4.1', 'sends the Accept of another key, as a cache does', FAIL, head =>
    replace(head, 'Sec-WebSocket-Accept', `Sec-WebSocket-Accept: ${acceptOf(ANOTHER_KEY)}`),
  ),
  'accept-is-key': answers('§4.1', 'sends back the key as Accept', FAIL, (head, peer) =>
    replace(head, 'Sec-WebSocket-Accept', `Sec-WebSocket-Accept: ${peer.headers?.get('Sec-WebSocket-Key')}`),
  ),
  'no-accept': answers('§4.1', 'sends no Accept', FAIL, head => replace(head, 'Sec-WebSocket-Accept')),
  'accept-twice': answers('§11.3.3', 'sends the correct Accept twice', FAIL, head => {
    add(head, ...head.lines.filter(line => line.startsWith('Sec-WebSocket-Accept:')));
  }),
  'no-upgrade-header': answers('§4.1', 'sends a 101 without Upgrade', FAIL, head => replace(head, 'Upgrade')),
  'wrong-upgrade': answers('§4.1', 'sends a 101 with Upgrade: h2c', FAIL, head =>
    replace(head, 'Upgrade', 'Upgrade: h2c'),
  ),
  'no-connection-header': answers('§4.1', 'sends a 101 without Connection', FAIL, head => replace(head, 'Connection')),
  'wrong-connection': answers('§4.1', 'sends a 101 with Connection: keep-alive', FAIL, head =>
    replace(head, 'Connection', 'Connection: keep-alive'),
  ),
  'http-1.0-101': answers('RFC 9110 §7.8', 'sends its 101 in HTTP/1.0, which has none', FAIL, head => {
    head.startLine = 'HTTP/1.0 101 Switching Protocols';
  }),
  'chunked-101': answers(
    'RFC 9112 §6.1',
    'sends a 101 with Transfer-Encoding: chunked, as some proxies do',
    'ignores the header, or fails the connection',
    head => add(head, 'Transfer-Encoding: chunked'),
  ),
  'content-length-101': answers(
    'RFC 9110 §8.6',
    'sends a 101 with Content-Length: 5',
    'ignores the header, or fails the connection',
    head => add(head, 'Content-Length: 5'),
  ),
  'two-101s': answers(
    '§4.2.2',
    'sends its 101 twice, as two upgrade listeners on one server do',
    'fails the connection with 1002: the second one is not a frame',
    head => {
      const second = headBytes(head).replace(/\r\n\r\n$/, '');
      head.startLine = `${second}\r\n\r\n${head.startLine}`;
    },
  ),
  'unoffered-subprotocol': answers('§4.1', 'answers with the subprotocol unoffered.example', FAIL, head =>
    replace(head, 'Sec-WebSocket-Protocol', 'Sec-WebSocket-Protocol: unoffered.example'),
  ),
  'no-subprotocol': answers(
    '§4.2.2',
    'answers with no subprotocol, whatever was offered',
    'opens without one, or fails the connection as browsers do if it offered any',
    head => replace(head, 'Sec-WebSocket-Protocol'),
  ),
  'two-subprotocols': answers('§11.3.4', 'answers with two subprotocols in one line', FAIL, (head, peer) => {
    const [first = 'a.example'] = peer.offered('Sec-WebSocket-Protocol');
    replace(head, 'Sec-WebSocket-Protocol', `Sec-WebSocket-Protocol: ${first}, ${first}`);
  }),
  'subprotocol-twice': answers('§11.3.4', 'answers with two lines of a subprotocol', FAIL, (head, peer) => {
    const [first = 'a.example'] = peer.offered('Sec-WebSocket-Protocol');
    const line = `Sec-WebSocket-Protocol: ${first}`;
    replace(head, 'Sec-WebSocket-Protocol', line, line);
  }),
  'unoffered-extension': answers('§4.1', 'answers with the extension x-unoffered', FAIL, head =>
    add(head, 'Sec-WebSocket-Extensions: x-unoffered'),
  ),
  'bad-extension-syntax': answers('§9.1', 'answers with an extension that breaks the grammar', FAIL, head =>
    add(head, 'Sec-WebSocket-Extensions: permessage-deflate; ='),
  ),
  'unoffered-deflate': answers(
    '§4.1',
    'answers with permessage-deflate',
    'fails the connection, unless it offered permessage-deflate',
    head => add(head, 'Sec-WebSocket-Extensions: permessage-deflate'),
  ),
  'bad-deflate-parameters': answers(
    'RFC 7692 §7.1',
    'answers with permessage-deflate and server_max_window_bits=7',
    FAIL,
    head => add(head, 'Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=7'),
  ),
  'unknown-deflate-parameter': answers(
    'RFC 7692 §7.1',
    'answers with permessage-deflate and a parameter that does not exist',
    FAIL,
    head => add(head, 'Sec-WebSocket-Extensions: permessage-deflate; unknown'),
  ),
  'deflate-twice': answers('RFC 7692 §7', 'answers with permessage-deflate twice', FAIL, head =>
    add(head, 'Sec-WebSocket-Extensions: permessage-deflate, permessage-deflate'),
  ),
  'extensions-twice': answers('§11.3.2', 'answers with two lines of permessage-deflate', FAIL, head => {
    const line = 'Sec-WebSocket-Extensions: permessage-deflate';
    add(head, line, line);
  }),
  'folded-header': answers(
    'RFC 9112 §5.2',
    'continues a header on a second line, which is obsolete',
    'reads it as one line, or fails the connection',
    head => add(head, 'X-Folded: first', ' second'),
  ),
  'header-without-colon': answers('RFC 9112 §5', 'sends a header line without a colon', FAIL, head =>
    add(head, 'no colon here'),
  ),
  'control-in-header': answers('RFC 9110 §5.5', 'sends a header with a NUL', FAIL, head => add(head, 'X-Nul: a\0b')),
  'huge-head': answers(
    '§10.4',
    'sends a head of 1 MiB',
    'gives up once the head exceeds its limit, or opens',
    addMebibyte,
  ),

  'bare-lf': {
    by: 'server',
    section: 'RFC 9112 §2.2',
    does: 'ends the lines of its 101 with LF alone',
    expected: 'reads it as CRLF, or fails the connection',
    run: async peer => {
      await peer.readUpgrade();
      peer.opened();
      await peer.write(headBytes(peer.correctHead()).replaceAll('\r', ''));
      await peer.converse();
    },
  },
  'endless-100': {
    by: 'server',
    section: 'RFC 9110 §15.2',
    does: 'answers 100 Continue again and again',
    expected: 'gives up at a limit of size or time',
    run: async peer => {
      await peer.readUpgrade();
      const forever = async () => {
        for (;;) await peer.write('HTTP/1.1 100 Continue\r\n\r\n'.repeat(100));
      };
      await Promise.all([peer.drain(), forever()]);
    },
  },

  // Legal responses that some clients reject
  'odd-case': answers('§4.1', 'writes header names and tokens in unusual case, which is legal', 'opens', useOddCase),
  'no-reason-phrase': answers('RFC 9112 §4', 'sends a 101 without reason phrase, which is legal', 'opens', head => {
    head.startLine = 'HTTP/1.1 101 ';
  }),
  'early-hints': answers('RFC 8297 §2', 'sends a 103 before its 101, which is legal', 'skips it and opens', head => {
    head.startLine = `HTTP/1.1 103 Early Hints\r\nLink: </style.css>\r\n\r\n${head.startLine}`;
  }),
  'frame-with-101': {
    by: 'server',
    section: '§4.1',
    does: 'sends a message in the same segment as its 101, which is legal',
    expected: 'opens and receives "early"',
    run: async peer => {
      await opensWith(peer, encodeFrame('server', OPCODE.TEXT, 'early'));
      await peer.converse();
    },
  },
  'all-at-once': {
    by: 'server',
    section: '§4.1',
    does: 'sends its 101, a message, a Close frame and the end of TCP at once, which is legal',
    expected: 'opens, receives "last", and reports 1000',
    run: async peer => {
      const close = closeFrame('server', CLOSE_CODE.NORMAL_CLOSURE);
      await opensWith(peer, encodeFrame('server', OPCODE.TEXT, 'last'), close);
      peer.end();
      await peer.converse({ close: () => {} });
    },
  },

  // No HTTP at all
  'not-http': responds('§4.1', 'answers as an SSH server', FAIL, 'SSH-2.0-OpenSSH_9.6\r\n'),
  'tls-alert': responds(
    '§4.1',
    'answers with a TLS alert, as a TLS server does on a ws: url',
    FAIL,
    Uint8Array.of(0x15, 0x03, 0x01, 0x00, 0x02, 0x02, 0x46),
  ),
  'http-2-settings': responds(
    '§4.1',
    'answers with HTTP/2 frames, as a server without HTTP/1.1 does',
    FAIL,
    Buffer.from('000006040000000000000300000064000008070000000000000000000000000001', 'hex'),
  ),
  'empty-response': responds('§4.1', 'ends TCP without an answer', FAIL, ''),
  'cut-mid-head': responds(
    '§4.1',
    'ends TCP in the middle of its 101',
    FAIL,
    'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConn',
  ),
  'reset-before-101': {
    by: 'server',
    section: '§4.1',
    does: 'resets the connection instead of an answer',
    expected: 'fails the connection',
    run: async peer => {
      await peer.readHead();
      peer.reset();
    },
  },

  // Pace
  'accept-late': {
    by: 'server',
    section: '§4.1',
    does: 'waits 5 seconds (`delay`) before its 101',
    expected: 'opens, or gives up after its own timeout',
    run: async peer => {
      await peer.readUpgrade();
      await peer.wait(peer.options.delay ?? 5_000);
      await peer.write(headBytes(peer.correctHead()));
      peer.opened();
      await peer.converse();
    },
  },
  'ignore-everything': {
    by: 'server',
    section: '§4.1',
    does: 'accepts TCP and never answers',
    expected: TIME_OUT,
    run: peer => peer.drain(),
  },
  'slow-head': {
    by: 'server',
    section: '§4.1',
    does: 'sends a head without an end, a byte per second (`delay`)',
    expected: `${TIME_OUT}, for the whole handshake: each byte must not extend it`,
    run: async peer => {
      await peer.readHead();
      await peer.write('HTTP/1.1 101 Switching Protocols\r\nX-Slow: ');
      await Promise.all([peer.drain(), peer.trickle(peer.options.delay ?? 1_000)]);
    },
  },
};
