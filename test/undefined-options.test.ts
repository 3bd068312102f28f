import http from 'node:http';
import { describe, expect, expectTypeOf, test } from 'vitest';
import { exportsOf } from '../scripts/api/exports.js';
import { DIAL_OPTION_NAMES } from '../src/client/dial.js';
import { CONNECT_OPTION_NAMES, resolveConnectOptions } from '../src/client/options.js';
import { parseProxy } from '../src/client/proxy/proxy.js';
import { RECONNECTING_OPTION_NAMES, resolveReconnectingOptions } from '../src/client/reconnecting/options.js';
import { checkSocketOptions, SOCKET_OPTION_NAMES } from '../src/client/socket-options.js';
import { isStreamWanted } from '../src/connection/messages-options.js';
import { CONNECTION_OPTION_NAMES, resolveConnectionOptions } from '../src/connection/options.js';
import { sendModeOf } from '../src/connection/payload.js';
import { signalOf } from '../src/connection/wait.js';
import type { FrameDecoderOptions } from '../src/framing/index.js';
import { UpgradePolicy, type UpgradePolicyOptions } from '../src/handshake/index.js';
import * as root from '../src/index.js';
import { PERMESSAGE_DEFLATE_OPTION_NAMES, resolvePerMessageDeflate } from '../src/permessage-deflate/options.js';
import type { ProtocolOptions } from '../src/protocol/index.js';
import { SERVER_OPTION_NAMES } from '../src/server/options.js';
import { resolveServerOptions } from '../src/server/settings.js';
import { resolveCloseOptions } from '../src/server/shutdown.js';

/** The optional properties of `T` that may be missing, but not undefined. */
type Strict<T> = {
  [name in keyof T]-?: Record<string, never> extends Pick<T, name>
    ? undefined extends Required<T>[name]
      ? never
      : name
    : never;
}[keyof T];

/** Every type of options that `ws101` exports. `context` is left out where undefined is a mistake. */
interface OptionTypes {
  AuthorizeOptions: root.AuthorizeOptions;
  BroadcastOptions: root.BroadcastOptions;
  ConnectOptions: root.ConnectOptions;
  ConnectionInit: root.ConnectionInit;
  ConnectionOptions: root.ConnectionOptions;
  DialOptions: root.DialOptions;
  HandleUpgradeOptions: Omit<root.HandleUpgradeOptions, 'context'>;
  HandshakeErrorDetails: root.HandshakeErrorDetails;
  HeartbeatOptions: root.HeartbeatOptions;
  MessagesOptions: root.MessagesOptions;
  PairOptions: root.PairOptions;
  PerMessageDeflateOptions: root.PerMessageDeflateOptions;
  ProxyOptions: root.ProxyOptions;
  ReconnectingOptions: root.ReconnectingOptions;
  RefusalOptions: root.RefusalOptions;
  SendOptions: root.SendOptions;
  SendStreamOptions: root.SendStreamOptions;
  ServerCloseOptions: root.ServerCloseOptions;
  ServerOptions: root.ServerOptions;
  SocketOptions: root.SocketOptions;
  WaitOptions: root.WaitOptions;
  WebSocketInit: root.WebSocketInit;
}

describe('an option may be undefined, with exactOptionalPropertyTypes too:', () => {
  test('the types say so', () => {
    expectTypeOf<Strict<{ a: 1; b?: 1; c?: 1 | undefined }>>().toEqualTypeOf<'b'>();
    expectTypeOf<{ [name in keyof OptionTypes]: Strict<OptionTypes[name]> }[keyof OptionTypes]>().toBeNever();
    expectTypeOf<Strict<FrameDecoderOptions>>().toBeNever();
    expectTypeOf<Strict<ProtocolOptions>>().toBeNever();
    expectTypeOf<Strict<UpgradePolicyOptions>>().toBeNever();
  });

  test('no type of options is missing here', () => {
    const names = exportsOf('src/index.ts').map(({ name }) => name);
    const listed: { readonly [name in keyof OptionTypes]: true } = {
      AuthorizeOptions: true,
      BroadcastOptions: true,
      ConnectOptions: true,
      ConnectionInit: true,
      ConnectionOptions: true,
      DialOptions: true,
      HandleUpgradeOptions: true,
      HandshakeErrorDetails: true,
      HeartbeatOptions: true,
      MessagesOptions: true,
      PairOptions: true,
      PerMessageDeflateOptions: true,
      ProxyOptions: true,
      ReconnectingOptions: true,
      RefusalOptions: true,
      SendOptions: true,
      SendStreamOptions: true,
      ServerCloseOptions: true,
      ServerOptions: true,
      SocketOptions: true,
      WaitOptions: true,
      WebSocketInit: true,
    };
    expect(names.filter(name => /(Options|Init|Details)$/.test(name)).sort()).toEqual(Object.keys(listed).sort());
  });

  /** Returns undefined options with these names. */
  function undefinedOptions(names: object): object {
    return Object.fromEntries(Object.keys(names).map(name => [name, undefined]));
  }

  const NOTHING: object = {};
  const server = http.createServer();

  test.each<[type: string, names: object, resolve: (options: object) => unknown]>([
    ['ConnectOptions', CONNECT_OPTION_NAMES, resolveConnectOptions],
    ['ConnectionOptions', CONNECTION_OPTION_NAMES, resolveConnectionOptions],
    ['DialOptions', DIAL_OPTION_NAMES, resolveConnectOptions],
    ['HeartbeatOptions', { interval: true, timeout: true }, given => resolveHeartbeat(given)],
    ['MessagesOptions', { stream: true }, isStreamWanted],
    ['PerMessageDeflateOptions', PERMESSAGE_DEFLATE_OPTION_NAMES, given => resolvePerMessageDeflate(given, 'server')],
    ['ProxyOptions', { tls: true, headers: true }, given => parseProxy({ url: 'http://a', ...given })],
    ['ReconnectingOptions', RECONNECTING_OPTION_NAMES, resolveReconnectingOptions],
    [
      'RefusalOptions',
      { reason: true, body: true, headers: true, detail: true },
      given => new root.Refusal(403, given),
    ],
    ['SendOptions', { type: true, compress: true }, given => sendModeOf(given, true)],
    ['ServerCloseOptions', { code: true, reason: true, timeout: true }, given => resolveCloseOptions(given, 1)],
    [
      'ServerOptions',
      SERVER_OPTION_NAMES,
      given => {
        const { chooseSubprotocol, policy, ...settings } = resolveServerOptions({ ...given, server });
        return settings;
      },
    ],
    ['SocketOptions', SOCKET_OPTION_NAMES, given => checkSocketOptions(given)],
    ['UpgradePolicyOptions', { path: true, origins: true, hosts: true }, given => new UpgradePolicy(given).path],
    ['WaitOptions', { signal: true }, signalOf],
  ])('%s resolve as if nothing was passed', (_, names, resolve) => {
    expect(resolve(undefinedOptions(names))).toEqual(resolve(NOTHING));
  });

  test('PairOptions resolve as if nothing was passed', async () => {
    const [client, other] = root.createPair(undefinedOptions({ client: 1, server: 1, context: 1, subprotocol: 1 }));
    expect(other.context).toBeUndefined();
    expect((await client.close(1000)).code).toBe(1000);
  });

  test('BroadcastOptions resolve as if nothing was passed', () => {
    const silent = new root.WebSocketServer({ noServer: true });
    expect(silent.broadcast('a', undefinedOptions({ to: 1, filter: 1 }))).toBe(0);
  });
});

function resolveHeartbeat(given: object): unknown {
  const message = () => '';
  return { ...resolveReconnectingOptions({ heartbeat: { message, ...given } }).heartbeat, message: undefined };
}
