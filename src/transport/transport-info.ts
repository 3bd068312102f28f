import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { DetailedPeerCertificate, PeerCertificate, TLSSocket } from 'node:tls';

/** The addresses of a connection, and its TLS parameters. */
export interface TransportInfo {
  /** Undefined for a Duplex without addresses, and on a server after the connection has closed. */
  readonly localAddress?: string | undefined;
  readonly localPort?: number | undefined;
  /** The peer's address, or the path of a Unix domain socket. */
  readonly remoteAddress?: string | undefined;
  readonly remotePort?: number | undefined;
  readonly tls?: TlsInfo;
}

/** The parameters of a TLS connection. */
export interface TlsInfo {
  /** For example `TLSv1.3`. */
  readonly version: string;
  /** The standard name of the cipher suite. */
  readonly cipher: string;
  /** The application protocol negotiated by ALPN, or ''. */
  readonly alpn: string;
  /** Whether the chain and the name of the certificate were verified. */
  readonly authorized: boolean;
  readonly certificate?: CertificateInfo;
}

/** The peer's certificate. */
export interface CertificateInfo {
  readonly subject: string;
  readonly issuer: string;
  /** The start of the validity period, as written in the certificate. */
  readonly validFrom: string;
  /** The end of the validity period, as written in the certificate. */
  readonly validTo: string;
  /** SHA-256 of the certificate, as pairs of hex digits with colons. */
  readonly fingerprint: string;
}

/**
 * Returns the addresses and TLS parameters of a connected socket. For a Duplex that is not a socket, the result is
 * empty.
 *
 * @param path the path of the Unix domain socket. The socket object does not have it.
 */
export function transportInfo(socket: Duplex, path?: string): TransportInfo {
  const { localAddress, localPort, remoteAddress = path, remotePort } = socket as Partial<Socket>;
  return {
    ...(localAddress === undefined ? {} : { localAddress }),
    ...(localPort === undefined ? {} : { localPort }),
    ...(remoteAddress === undefined ? {} : { remoteAddress }),
    ...(remotePort === undefined ? {} : { remotePort }),
    ...(isTls(socket) ? { tls: tlsInfo(socket) } : {}),
  };
}

/**
 * Returns the addresses and TLS parameters of an accepted socket. The local address is looked up only on demand,
 * because that system call is a twentieth of the cost of an opening handshake. After the socket has closed, it is
 * undefined.
 */
export function acceptedTransportInfo(socket: Duplex): TransportInfo {
  const hasAddress = (socket as Socket).remoteAddress !== undefined;
  return hasAddress && !isTls(socket) ? new AcceptedTransport(socket as Socket) : transportInfo(socket);
}

function isTls(socket: Duplex): socket is TLSSocket {
  const { encrypted, getPeerCertificate } = socket as Partial<TLSSocket>;
  return encrypted === true && typeof getPeerCertificate === 'function';
}

class AcceptedTransport implements TransportInfo {
  readonly remoteAddress: string | undefined;
  readonly remotePort: number | undefined;
  readonly #socket: Socket;

  constructor(socket: Socket) {
    this.remoteAddress = socket.remoteAddress;
    this.remotePort = socket.remotePort;
    this.#socket = socket;
  }

  get localAddress(): string | undefined {
    return this.#socket.localAddress;
  }

  get localPort(): number | undefined {
    return this.#socket.localPort;
  }
}

function tlsInfo(socket: TLSSocket): TlsInfo {
  const certificate = certificateInfo(socket.getPeerCertificate());
  return {
    version: socket.getProtocol() ?? 'unknown',
    cipher: socket.getCipher()?.standardName ?? 'unknown',
    alpn: socket.alpnProtocol || '',
    authorized: socket.authorized,
    ...(certificate === undefined ? {} : { certificate }),
  };
}

/** Returns undefined if the peer has no certificate, in which case Node returns an empty object. */
function certificateInfo(certificate: PeerCertificate | DetailedPeerCertificate): CertificateInfo | undefined {
  if (certificate?.fingerprint256 === undefined) return undefined;
  return {
    subject: commonName(certificate.subject),
    issuer: commonName(certificate.issuer),
    validFrom: certificate.valid_from,
    validTo: certificate.valid_to,
    fingerprint: certificate.fingerprint256,
  };
}

/** Returns the CN, or all fields if there is no CN. */
function commonName(name: Partial<Record<string, string | string[]>> | undefined): string {
  const fields = name ?? {};
  return String(
    fields.CN ??
      Object.entries(fields)
        .map(([field, value]) => `${field}=${value}`)
        .join(', '),
  );
}
