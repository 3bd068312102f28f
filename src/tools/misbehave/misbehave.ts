import { once } from 'node:events';
import net, { type AddressInfo, type Socket } from 'node:net';
import { invalidType, invalidValue } from '../../errors.js';
import { checkOptionNames, type OptionNames } from '../../option-names.js';
import type { KindRow } from './kind.js';
import { rowOf } from './kinds.js';
import type { MisbehaveOptions, PeerReport } from './options.js';
import { Peer } from './peer.js';
import { Over } from './tcp-end.js';

/** Options of misbehave(). */
export interface MisbehaveServerOptions extends MisbehaveOptions {
  /** The address to listen on. Default 127.0.0.1. */
  readonly host?: string | undefined;
  /** The port to listen on. Default 0: a free one. */
  readonly port?: number | undefined;
}

/** A server that misbehaves. */
export interface MisbehavingServer extends AsyncDisposable {
  /** For example `ws://127.0.0.1:50000`. */
  readonly url: string;
  readonly port: number;
  /** Stops listening, and destroys every connection. */
  close(): Promise<void>;
}

/** A client that misbehaves. */
export interface MisbehavingClient extends AsyncDisposable {
  /** Resolves when the connection has ended. Never rejects. */
  readonly report: Promise<PeerReport>;
  /** Destroys the connection. */
  close(): Promise<void>;
}

const OPTION_NAMES: OptionNames<MisbehaveOptions> = {
  code: true,
  reason: true,
  delay: true,
  count: true,
  onReport: true,
};

const SERVER_OPTION_NAMES: OptionNames<MisbehaveServerOptions> = { ...OPTION_NAMES, host: true, port: true };

/** The greatest value of each number. */
const LIMITS = [
  ['code', 0xffff],
  ['delay', 2 ** 31 - 1],
  ['count', 2 ** 31 - 1],
] as const;

/**
 * Starts a server that does one thing wrong, and everything else right, to test what clients do about it.
 *
 * It agrees to the first subprotocol offered, echoes messages, answers Pings and Close frames, and accepts every path, Origin and Host: all
 * but what its kind does.
 *
 * @param kind a name in MISBEHAVE_KINDS
 * @throws {TypeError | RangeError} if there is no such kind, or an option is wrong. An error of Node if it cannot listen
 */
export async function misbehave(kind: string, options: MisbehaveServerOptions = {}): Promise<MisbehavingServer> {
  const row = rowOf(kind, 'server');
  checkOptions(options, SERVER_OPTION_NAMES, row);
  const { host = '127.0.0.1', port = 0 } = options;
  const sockets = new Set<Socket>();
  const server = net.createServer({ allowHalfOpen: true }, socket => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    void run(row, new Peer(socket, 'server', options));
  });
  server.listen({ host, port });
  await once(server, 'listening');
  const address = server.address() as AddressInfo;
  const close = async (): Promise<void> => {
    for (const socket of sockets) socket.destroy();
    await new Promise<void>(resolve => server.close(() => resolve()));
  };
  return {
    url: `ws://${host.includes(':') ? `[${host}]` : host}:${address.port}`,
    port: address.port,
    close,
    [Symbol.asyncDispose]: close,
  };
}

/**
 * Connects to a server and does one thing wrong, and everything else right. Resolves when TCP is connected.
 *
 * @param kind a name in MISBEHAVE_KINDS
 * @param url a ws: or http: url
 * @throws {TypeError | RangeError} if there is no such kind, or an argument is wrong. An error of Node if it cannot
 *   connect
 */
export async function misbehavingClient(
  kind: string,
  url: string | URL,
  options: MisbehaveOptions = {},
): Promise<MisbehavingClient> {
  const row = rowOf(kind, 'client');
  checkOptions(options, OPTION_NAMES, row);
  const { hostname, port, host, pathname, search } = parseUrl(String(url));
  const socket = net.connect({
    host: hostname.replace(/^\[|\]$/g, ''),
    port: port === '' ? 80 : Number(port),
    allowHalfOpen: true,
  });
  await once(socket, 'connect');
  const peer = new Peer(socket, 'client', options, { host, resource: `${pathname}${search}` });
  const report = run(row, peer);
  const close = async (): Promise<void> => {
    socket.destroy();
    await report;
  };
  return { report, close, [Symbol.asyncDispose]: close };
}

function parseUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol === 'ws:' || url?.protocol === 'http:') return url;
  throw invalidValue('url', 'a ws: or http: url', text);
}

function checkOptions(options: MisbehaveOptions, names: Readonly<Record<string, true>>, row: KindRow): void {
  checkOptionNames(options, names);
  for (const [name, max] of LIMITS) {
    const value = options[name];
    if (value === undefined) continue;
    if (typeof value !== 'number') throw invalidType(name, 'a number', value);
    if (!Number.isInteger(value) || value < 0 || value > max) {
      throw invalidValue(name, `an integer from 0 to ${max}`, value);
    }
  }
  row.check?.(options);
}

async function run(row: KindRow, peer: Peer): Promise<PeerReport> {
  try {
    await row.run(peer);
  } catch (error) {
    if (!(error instanceof Over)) throw error;
  }
  await peer.finish();
  const { report } = peer;
  peer.options.onReport?.(report);
  return report;
}
