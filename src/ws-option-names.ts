/**
 * Hints for the option names of the package `ws` 8, for users who migrate from it. docs/coming-from-ws.md has the same
 * rows.
 *
 * Options with the same name here are not listed. A name in single quotes is an option of this package.
 */
import type { OptionHints } from './option-names.js';

/** Options of both `new WebSocket()` and `new WebSocketServer()` in `ws`. */
const WS_COMMON_OPTIONS: OptionHints = {
  allowSynchronousEvents: 'not needed, since several messages may always be emitted in one turn',
  maxBufferedChunks: "not needed, since 'maxMessageSize' and 'maxUnreadBytes' limit the memory of received data",
  maxPayload: "use 'maxMessageSize'",
  maxPendingAutoPongs: 'not needed, since only the latest Ping is kept if pongs have to wait (RFC 6455 §5.5.3)',
  protocol: "use 'subprotocols'",
  protocols: "use 'subprotocols'",
  skipUTF8Validation: 'not available, since text must be valid UTF-8 (RFC 6455 §8.1)',
};

/** Options of node:tls, which are at the top level in `ws`. */
const TLS_OPTIONS: OptionHints = Object.fromEntries(
  [
    'ALPNProtocols',
    'ca',
    'cert',
    'checkServerIdentity',
    'ciphers',
    'clientCertEngine',
    'crl',
    'dhparam',
    'ecdhCurve',
    'honorCipherOrder',
    'key',
    'maxVersion',
    'minDHSize',
    'minVersion',
    'passphrase',
    'pfx',
    'pskCallback',
    'rejectUnauthorized',
    'requestCert',
    'secureContext',
    'secureOptions',
    'secureProtocol',
    'servername',
    'session',
    'sessionIdContext',
    'sigalgs',
  ].map(name => [name, `use 'tls.${name}'`]),
);

const PLACE = 'the url says where to connect';

/** Options of `new WebSocket()` in `ws`, and those that it passes on to http.request(). */
export const WS_CLIENT_OPTIONS: OptionHints = {
  ...WS_COMMON_OPTIONS,
  ...TLS_OPTIONS,
  agent: "use 'dial' with agentDial(agent), or 'proxy'",
  auth: "write it into the url (wss://user:password@host/), or use 'headers'",
  autoSelectFamily: "use 'socket.family' for one address family only",
  autoSelectFamilyAttemptTimeout: "use 'socket.attemptDelay'",
  createConnection: "use 'dial'",
  defaultPort: PLACE,
  family: "use 'socket.family'",
  finishRequest: "use 'headers'",
  followRedirects: "use 'maxRedirects', which is 0 by default",
  generateMask: 'not needed, since each frame gets a new random masking key (RFC 6455 §5.3)',
  host: PLACE,
  hostname: PLACE,
  keepAlive: "use 'socket.keepAlive'",
  localAddress: "use 'socket.localAddress'",
  localPort: "use 'socket.localPort'",
  lookup: "use 'socket.lookup'",
  maxHeaderSize: "use 'maxHeadSize'",
  method: 'not needed, since the request is always GET (RFC 6455 §4.1)',
  path: PLACE,
  port: PLACE,
  protocolVersion: 'not needed, since the version is always 13 (RFC 6455 §4.1)',
  socketPath: 'write it into the url: ws+unix:/path/of.sock:/chat',
  timeout: "use 'handshakeTimeout'",
};

/** Options of `new WebSocketServer()` in `ws`. */
export const WS_SERVER_OPTIONS: OptionHints = {
  ...WS_COMMON_OPTIONS,
  ...TLS_OPTIONS,
  clientTracking: 'not needed, since server.clients always holds the open connections',
  handleProtocols: "use 'subprotocols', which may be a function",
  verifyClient: "use 'authorize'",
  WebSocket: 'not available, since the class of connections is fixed; keep your data in connection.context',
};

/** Options of `send()` in `ws`. */
export const WS_SEND_OPTIONS: OptionHints = {
  binary: "use 'type'",
  fin: 'not available; sendStream() sends a message in fragments',
  mask: 'not needed, since a client always masks and a server never does (RFC 6455 §5.1)',
};

/** Options of `perMessageDeflate` in `ws`. */
export const WS_DEFLATE_OPTIONS: OptionHints = {
  concurrencyLimit: 'not needed, since at most 10 messages are compressed or inflated on the thread pool at once',
  isServer: 'not needed, since each end knows its role',
  maxPayload: "use 'maxMessageSize', beside 'perMessageDeflate'",
  zlibDeflateOptions: "use 'perMessageDeflate.level' and 'perMessageDeflate.memLevel'",
  zlibInflateOptions: "not needed, since 'maxMessageSize' limits the memory for inflating",
};
