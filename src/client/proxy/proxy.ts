import type { ConnectionOptions } from 'node:tls';
import { URL } from 'node:url';
import { describeValue, invalidType, rangeError } from '../../errors.js';
import { type HeaderInput, type HeaderLine, toHeaderFields } from '../../handshake/header-fields.js';
import { isUrl } from '../../host-values.js';
import { checkOptionNames, type OptionNames } from '../../option-names.js';
import { withoutBrackets } from '../host-name.js';
import { percentDecoded } from '../percent-decoded.js';

/** A proxy with options. */
export interface ProxyOptions {
  /** `http:`, `https:`, `socks5:` or `socks5h:` with host, port, and a user and password if the proxy requires them. */
  readonly url: string | URL;
  /** Options of node:tls for a proxy with `https:`, such as `ca`. */
  readonly tls?: ConnectionOptions | undefined;
  /** Extra headers for the CONNECT request to an HTTP proxy. */
  readonly headers?: HeaderInput | undefined;
}

const PROXY_OPTION_NAMES: OptionNames<ProxyOptions> = { url: true, tls: true, headers: true };

/** The address of a proxy, and how to connect to it. */
export interface ProxyServer {
  readonly kind: 'http' | 'socks5';
  /** Whether the connection to the proxy itself uses TLS. */
  readonly secure: boolean;
  readonly hostname: string;
  readonly port: number;
  /** The URL without user and password, for messages. */
  readonly name: string;
  readonly credentials: { readonly user: string; readonly password: string } | undefined;
  /** Whether the proxy looks up host names. An HTTP proxy always does. */
  readonly looksUpNames: boolean;
  readonly tls: ConnectionOptions | undefined;
  readonly headers: readonly HeaderLine[];
}

interface Scheme {
  readonly kind: ProxyServer['kind'];
  readonly secure: boolean;
  readonly port: number;
  readonly looksUpNames: boolean;
}

/** The schemes of curl. `socks5h:` and `socks:` leave the host name to the proxy. */
const SCHEMES: ReadonlyMap<string, Scheme> = new Map([
  ['http:', { kind: 'http', secure: false, port: 80, looksUpNames: true }],
  ['https:', { kind: 'http', secure: true, port: 443, looksUpNames: true }],
  ['socks5:', { kind: 'socks5', secure: false, port: 1080, looksUpNames: false }],
  ['socks5h:', { kind: 'socks5', secure: false, port: 1080, looksUpNames: true }],
  ['socks:', { kind: 'socks5', secure: false, port: 1080, looksUpNames: true }],
]);

/**
 * Parses the option `proxy`.
 *
 * @throws {TypeError | RangeError} that names the valid values and the value it had
 */
export function parseProxy(proxy: string | URL | ProxyOptions): ProxyServer {
  if (typeof proxy === 'string' || isUrl(proxy)) return parse(proxy, 'proxy', undefined, []);
  if (typeof proxy !== 'object' || proxy === null || Array.isArray(proxy)) {
    throw invalidType('proxy', "'env', a URL, or an object with a url", proxy);
  }
  checkOptionNames(proxy, PROXY_OPTION_NAMES, 'proxy.');
  const { url, tls, headers } = proxy;
  if (typeof url !== 'string' && !isUrl(url)) throw invalidType('proxy.url', 'a string or a URL', url);
  if (tls !== undefined && (typeof tls !== 'object' || tls === null)) throw invalidType('proxy.tls', 'an object', tls);
  return parse(url, 'proxy.url', tls, toHeaderFields(headers, 'proxy.headers').lines);
}

/**
 * Parses the URL of a proxy.
 *
 * @param argument the option or the variable with the URL, for the error
 */
export function parseProxyUrl(url: string, argument: string): ProxyServer {
  return parse(url, argument, undefined, []);
}

function parse(
  input: string | URL,
  argument: string,
  tls: ConnectionOptions | undefined,
  headers: readonly HeaderLine[],
): ProxyServer {
  const text = typeof input === 'string' ? input : input.href;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const scheme = SCHEMES.get(url?.protocol ?? '');
  if (url === undefined || scheme === undefined || url.hostname === '') {
    throw rangeError(
      `${argument} must be a URL that starts with http://, https://, socks5://, socks5h:// or socks://, got ${describeValue(hidden(text))}`,
    );
  }
  const [user, password] = [percentDecoded(url.username), percentDecoded(url.password)];
  if (user === undefined || password === undefined) {
    throw rangeError(`${argument} must have a user and a password that are percent-encoded as UTF-8: write a % as %25`);
  }
  if (scheme.kind === 'socks5' && (Buffer.byteLength(user) > 255 || Buffer.byteLength(password) > 255)) {
    throw rangeError(`${argument} must have a user and a password of at most 255 bytes each for SOCKS5 (RFC 1929 §2)`);
  }
  const port = url.port === '' ? scheme.port : Number(url.port);
  return {
    ...scheme,
    hostname: withoutBrackets(url.hostname),
    port,
    name: `${url.protocol}//${url.hostname}:${port}`,
    credentials: user === '' && password === '' ? undefined : { user, password },
    tls,
    headers,
  };
}

/** Hides the user and the password, even in a URL that cannot be parsed. */
function hidden(text: string): string {
  return text.replace(/^([^:/]*:?[/\\]*).*@/s, '$1***@');
}
