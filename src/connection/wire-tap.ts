import { HandlerError } from '../errors.js';

/** The transport under a connection, as far as a reader of the wire wants to know it. */
export interface TransportInfo {
  /** Absent for a socket that has no addresses, as a pipe of a test's, and at a server once the connection has closed. */
  readonly localAddress?: string | undefined;
  readonly localPort?: number | undefined;
  /** The peer's address, or the path of a Unix domain socket. */
  readonly remoteAddress?: string | undefined;
  readonly remotePort?: number | undefined;
  readonly tls?: TlsInfo;
}

export interface TlsInfo {
  /** e.g. `TLSv1.3` */
  readonly version: string;
  /** The cipher suite by its standard name. */
  readonly cipher: string;
  /** The application protocol agreed on by ALPN, or '' where there was none. */
  readonly alpn: string;
  /** Whether the certificate's chain and name were verified. */
  readonly authorized: boolean;
  readonly certificate?: CertificateInfo;
}

export interface CertificateInfo {
  readonly subject: string;
  readonly issuer: string;
  /** As the certificate words them. */
  readonly validFrom: string;
  readonly validTo: string;
  /** SHA-256 over the certificate, as hex pairs with colons. */
  readonly fingerprint: string;
}

/**
 * Looks on while bytes go over a wire, the opening handshake's included. Inside TLS, it sees them as they are before encryption.
 * The arrays are lent for the call: what must be kept has to be copied. A tap of connect()'s that throws ends nothing: the process is
 * warned once.
 */
export interface WireTap {
  /** The transport stands, TLS included; no byte of ours has gone over it. */
  connected(transport: TransportInfo): void;
  sent(bytes: Uint8Array): void;
  received(bytes: Uint8Array): void;
  /** One side will send no more bytes: its FIN. */
  ended(by: 'local' | 'remote'): void;
  /** The transport is gone. The error is there where it did not end by two FINs. */
  closed(error?: Error): void;
}

/** The same tap for callers whom a throw would end: its first failure warns the process, and everything goes on. */
export function guardTap(tap: WireTap): WireTap {
  let hasFailed = false;
  const failed = (method: keyof WireTap, thrown: unknown) => {
    if (!hasFailed) process.emitWarning(new HandlerError(`tap.${method}`, thrown, 'option'));
    hasFailed = true;
  };
  const tell = (method: keyof WireTap, call: () => unknown) => {
    try {
      const result = call();
      // Of a method that is async, which a type of `void` lets pass.
      if (result instanceof Promise) result.catch(error => failed(method, error));
    } catch (error) {
      failed(method, error);
    }
  };
  return {
    connected: transport => tell('connected', () => tap.connected(transport)),
    sent: bytes => tell('sent', () => tap.sent(bytes)),
    received: bytes => tell('received', () => tap.received(bytes)),
    ended: by => tell('ended', () => tap.ended(by)),
    closed: error => tell('closed', () => tap.closed(error)),
  };
}
