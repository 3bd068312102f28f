import { isIP } from 'node:net';
import type { Duplex } from 'node:stream';
import { URL } from 'node:url';
import type { HandshakeError } from '../../errors.js';
import type { Destination } from '../url.js';
import { ExactReader } from './exact-reader.js';
import type { ProxyServer } from './proxy.js';
import { proxyRefused } from './proxy-error.js';

const VERSION = 5;
/** RFC 1928 §3: authentication methods. */
const METHOD = { NONE: 0, PASSWORD: 2, NOT_ACCEPTABLE: 0xff } as const;
const CONNECT = 1;
/** RFC 1928 §5: types of addresses. */
const ADDRESS = { IPV4: 1, NAME: 3, IPV6: 4 } as const;

/** The replies of a proxy, from 1 (RFC 1928 §6). */
const REPLIES: ReadonlyArray<readonly [reply: string, hint?: string]> = [
  ['general failure'],
  ['not allowed by its rules', 'the proxy does not allow this host or this port'],
  ['network unreachable'],
  ['host unreachable', 'the proxy cannot reach the server. With socks5h:// the proxy looks up the host name'],
  ['connection refused', 'nothing listens at this port of the server'],
  ['TTL expired'],
  ['command not supported', 'the proxy does not support CONNECT'],
  ['address type not supported', 'try socks5h:// instead of socks5://, or the other way round'],
];

/**
 * Asks a SOCKS5 proxy for a tunnel to the destination: CONNECT (RFC 1928), with user and password if there are any
 * (RFC 1929).
 *
 * @param duplex a connection to the proxy
 * @param host the name or the address that the proxy connects to
 * @throws {HandshakeError} if the proxy refuses, or any error of the connection
 */
export async function openSocks5Tunnel(
  duplex: Duplex,
  proxy: ProxyServer,
  destination: Destination,
  host: string,
  signal: AbortSignal,
): Promise<void> {
  // The length is one byte: a longer name would be read as another name and another port.
  if (Buffer.byteLength(host) > 255) {
    const what = 'cannot be asked for this host: SOCKS5 allows a name of at most 255 bytes (RFC 1928 §5)';
    throw proxyRefused(what, proxy, destination, { fault: 'caller' });
  }
  const reader = new ExactReader(duplex, signal);
  const refused = (what: string, hint?: string) => proxyRefused(what, proxy, destination, { hint });
  try {
    await authenticate(duplex, reader, proxy, refused);
    duplex.write(Buffer.concat([Buffer.from([VERSION, CONNECT, 0]), address(host), port(destination.port)]));
    const [version, reply, , type] = await reader.read(4);
    if (version !== VERSION) throw notSocks5(version!, refused);
    if (reply !== 0) {
      const [text, hint] = REPLIES[reply! - 1] ?? ['an unknown reply'];
      throw refused(`refused to connect: ${text} (reply ${reply})`, hint);
    }
    // The address that the proxy is bound to is not needed.
    const length = type === ADDRESS.NAME ? (await reader.read(1))[0]! : type === ADDRESS.IPV6 ? 16 : 4;
    await reader.read(length + 2);
  } finally {
    reader.release();
  }
}

type Refused = (what: string, hint?: string) => HandshakeError;

async function authenticate(duplex: Duplex, reader: ExactReader, proxy: ProxyServer, refused: Refused): Promise<void> {
  const { credentials } = proxy;
  const methods = credentials === undefined ? [METHOD.NONE] : [METHOD.NONE, METHOD.PASSWORD];
  duplex.write(Buffer.from([VERSION, methods.length, ...methods]));
  const [version, method] = await reader.read(2);
  if (version !== VERSION) throw notSocks5(version!, refused);
  if (method === METHOD.NONE) return;
  if (method !== METHOD.PASSWORD || credentials === undefined) {
    const hint =
      credentials === undefined
        ? 'the proxy requires a user and a password: write them in its URL, as socks5h://user:password@host:port'
        : 'the proxy accepts neither a user and a password nor a client without authentication';
    throw refused('accepts none of the authentication methods', hint);
  }
  const [user, password] = [Buffer.from(credentials.user), Buffer.from(credentials.password)];
  duplex.write(Buffer.concat([Buffer.from([1, user.length]), user, Buffer.from([password.length]), password]));
  const [, status] = await reader.read(2);
  if (status !== 0) throw refused('refused the user and the password', 'are they right in the URL of the proxy?');
}

function notSocks5(version: number, refused: Refused): HandshakeError {
  const hint = version === 0x48 ? 'it seems to be an HTTP proxy: try http://' : 'is this a SOCKS5 proxy?';
  return refused(`does not speak SOCKS5: its first byte is 0x${version.toString(16).padStart(2, '0')}`, hint);
}

/** RFC 1928 §5. */
function address(host: string): Buffer {
  const family = isIP(host);
  if (family === 4) return Buffer.from([ADDRESS.IPV4, ...host.split('.').map(Number)]);
  if (family === 6) return Buffer.concat([Buffer.from([ADDRESS.IPV6]), ipv6Bytes(host)]);
  const name = Buffer.from(host);
  return Buffer.concat([Buffer.from([ADDRESS.NAME, name.length]), name]);
}

function ipv6Bytes(host: string): Buffer {
  // URL normalises an address to hexadecimal groups with at most one `::`. It does not accept a zone.
  const { hostname } = new URL(`http://[${host.replace(/%.*/, '')}]/`);
  const [front = '', back = ''] = hostname.slice(1, -1).split('::');
  const groups = (text: string) => (text === '' ? [] : text.split(':').map(group => Number.parseInt(group, 16)));
  const [first, last] = [groups(front), groups(back)];
  const zeros = Array.from({ length: 8 - first.length - last.length }, () => 0);
  return Buffer.from([...first, ...zeros, ...last].flatMap(group => [group >> 8, group & 0xff]));
}

function port(number: number): Buffer {
  return Buffer.from([number >> 8, number & 0xff]);
}
