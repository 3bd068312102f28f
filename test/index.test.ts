import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { exportsOf } from '../scripts/api/exports.js';
import * as framing from '../src/framing/index.js';
import * as handshake from '../src/handshake/index.js';
import * as root from '../src/index.js';
import * as protocol from '../src/protocol/index.js';
import * as streams from '../src/streams/index.js';
import * as websocket from '../src/websocket/index.js';
import * as ws from '../src/ws/index.js';

/** Returns the types that an entry point exports: the names that do not exist at run time. */
function typesOf(file: string, values: object): string[] {
  const path = `src/${file}`;
  expect(readFileSync(new URL(`../${path}`, import.meta.url), 'utf8')).not.toMatch(/export \*/);
  const names = exportsOf(path).map(({ name }) => name);
  return names.filter(name => !(name in values)).sort();
}

// Every exported name is a promise. List an added name in CHANGELOG.md. Remove a name only in a major version.
describe('the public surface', () => {
  test('ws101', () => {
    expect(Object.keys(root).sort()).toEqual([
      'BackpressureError',
      'CLOSE_CODE',
      'CONNECTION_DEFAULTS',
      'ConnectionClosedError',
      'ConnectionLostError',
      'HandlerError',
      'HandshakeError',
      'HeaderFields',
      'ProtocolError',
      'Refusal',
      'WebSocket',
      'WebSocketConnection',
      'WebSocketError',
      'WebSocketServer',
      'agentDial',
      'connect',
      'createPair',
      'dial',
      'prepareMessage',
      'reconnecting',
      'startTls',
      'transportOf',
    ]);
    expect(typesOf('index.ts', root)).toEqual([
      'Authorize',
      'AuthorizeOptions',
      'BroadcastOptions',
      'CertificateInfo',
      'CloseDiagnostic',
      'CloseInfo',
      'ClosePayload',
      'ConnectOptions',
      'ConnectionEvents',
      'ConnectionFailure',
      'ConnectionInit',
      'ConnectionOptions',
      'ConnectionSettings',
      'Denial',
      'Destination',
      'Diagnostics',
      'Dial',
      'DialOptions',
      'ErrorCode',
      'ErrorDiagnostic',
      'Fault',
      'FrameDiagnostic',
      'HandleUpgradeOptions',
      'HandshakeDiagnostic',
      'HandshakeErrorDetails',
      'HandshakeOutcome',
      'HandshakePhase',
      'HandshakeResponse',
      'HeaderInput',
      'HeaderLine',
      'HeartbeatOptions',
      'Message',
      'MessageDiagnostic',
      'MessageIterator',
      'MessageSource',
      'MessageStream',
      'MessagesOptions',
      'NetworkStatus',
      'OriginRule',
      'PairOptions',
      'PendingRequest',
      'PerAttempt',
      'PerMessageDeflateOptions',
      'PlainRequest',
      'PlainResponse',
      'PreparedMessage',
      'ProxyOptions',
      'QueuePolicy',
      'ReconnectAttempt',
      'Reconnectable',
      'ReconnectingClient',
      'ReconnectingEnd',
      'ReconnectingEvents',
      'ReconnectingOptions',
      'ReconnectingState',
      'RefusalOptions',
      'RefusedRequest',
      'Respond',
      'ResponseHeaders',
      'SendOptions',
      'SendStreamOptions',
      'Sendable',
      'ServerCloseOptions',
      'ServerEvents',
      'ServerOptions',
      'ServerRequest',
      'SocketOptions',
      'TlsInfo',
      'Transport',
      'TransportInfo',
      'TypedMessage',
      'UnsentMessage',
      'UpgradeRequest',
      'Violation',
      'ViolationCode',
      'WaitOptions',
      'WebSocketInit',
      'WebSocketLike',
      'WireTap',
    ]);
  });

  test('ws101/framing', () => {
    expect(Object.keys(framing).sort()).toEqual([
      'CLOSE_CODE',
      'FrameDecoder',
      'FrameEncoder',
      'MessageAssembler',
      'OPCODE',
      'OutputBuffer',
      'ProtocolError',
      'RSV1',
      'RSV2',
      'RSV3',
      'Utf8Validator',
      'VIOLATION',
      'WebSocketError',
      'closeCodeName',
      'encodeClosePayload',
      'encodeFrame',
      'isCloseCodeOnWire',
      'isControl',
      'isViolation',
      'maskInPlace',
      'maskTo',
      'opcodeName',
      'parseClosePayload',
    ]);
    expect(typesOf('framing/index.ts', framing)).toEqual([
      'ClosePayload',
      'Failure',
      'FrameDecoderOptions',
      'FrameHeader',
      'FrameSink',
      'MessageLimits',
      'MessageSink',
      'Opcode',
      'Violation',
      'ViolationCode',
    ]);
  });

  test('ws101/handshake', () => {
    expect(Object.keys(handshake).sort()).toEqual([
      'ClientHandshake',
      'DEFAULT_MAX_HEADER_LINES',
      'DEFAULT_MAX_HEAD_SIZE',
      'HeaderFields',
      'Refusal',
      'ServerHandshake',
      'UpgradePolicy',
      'acceptOf',
      'acceptRequest',
      'acceptanceHeaders',
      'checkSubprotocols',
      'createKey',
      'encodeRefusal',
      'encodeRequestHead',
      'encodeResponseHead',
      'isKey',
      'judgeRequest',
      'negotiate',
      'parseExtensions',
      'parseRequestTarget',
      'parseSubprotocols',
      'refusePath',
      'requestHeadOf',
      'selectSubprotocol',
      'serializeExtensions',
      'summarizeRequest',
    ]);
    expect(typesOf('handshake/index.ts', handshake)).toEqual([
      'AcceptOptions',
      'AddressedRequest',
      'Agreement',
      'ClientHandshakeOptions',
      'ExtensionOffer',
      'ExtensionParameter',
      'HeadLimits',
      'HeaderInput',
      'HeaderLine',
      'Http1UpgradeRequest',
      'OriginRule',
      'ParsedRequest',
      'RefusalOptions',
      'RequestHead',
      'RequestSummary',
      'RequestTarget',
      'ResponseHead',
      'ServerHandshakeOptions',
      'UpgradePolicyOptions',
      'UpgradeRequest',
    ]);
  });

  test('ws101/protocol', () => {
    expect(Object.keys(protocol).sort()).toEqual([
      'CLOSE_CODE',
      'Protocol',
      'ProtocolError',
      'WebSocketError',
      'releaseOutput',
    ]);
    expect(typesOf('protocol/index.ts', protocol)).toEqual([
      'ClosePayload',
      'ProtocolHandler',
      'ProtocolOptions',
      'Role',
      'State',
      'Violation',
      'ViolationCode',
    ]);
  });

  test('ws101/streams', () => {
    expect(Object.keys(streams)).toEqual(['toDuplex']);
    expect(typesOf('streams/index.ts', streams)).toEqual(['DuplexOptions']);
  });

  test('ws101/websocket', () => {
    expect(Object.keys(websocket).sort()).toEqual([
      'CloseEvent',
      'ErrorEvent',
      'WebSocket',
      'WebSocketError',
      'WebSocketStream',
    ]);
    expect(typesOf('websocket/index.ts', websocket)).toEqual([
      'BinaryType',
      'CloseEventInit',
      'ErrorEventInit',
      'WebSocketCloseInfo',
      'WebSocketEventMap',
      'WebSocketInit',
      'WebSocketOpenInfo',
      'WebSocketStreamOptions',
    ]);
  });

  test('ws101/ws', () => {
    expect(Object.keys(ws).sort()).toEqual([
      'PerMessageDeflate',
      'Receiver',
      'Sender',
      'Server',
      'WebSocket',
      'WebSocketServer',
      'createWebSocketStream',
      'default',
      'extension',
      'subprotocol',
    ]);
    const { default: main, ...names } = ws;
    expect(Object.entries(names).filter(([name, value]) => Reflect.get(main, name) !== value)).toEqual([]);
  });

  test('package.json lists exactly these entry points', () => {
    const { exports } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
    expect(Object.keys(exports)).toEqual([
      '.',
      './framing',
      './handshake',
      './protocol',
      './streams',
      './tools',
      './websocket',
      './ws',
      './wire',
      './package.json',
    ]);
  });
});
