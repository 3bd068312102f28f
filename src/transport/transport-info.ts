import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { type DetailedPeerCertificate, type PeerCertificate, TLSSocket } from 'node:tls';
import type { CertificateInfo, TlsInfo, TransportInfo } from './wire-tap.js';

/**
 * What a connected socket says of itself; a Duplex that is no socket says nothing.
 *
 * @param path that of the Unix domain socket that was connected to, which the socket itself does not know
 */
export function transportInfo(socket: Duplex, path?: string): TransportInfo {
  const { localAddress, localPort, remoteAddress = path, remotePort } = socket as Partial<Socket>;
  return {
    ...(localAddress === undefined ? {} : { localAddress }),
    ...(localPort === undefined ? {} : { localPort }),
    ...(remoteAddress === undefined ? {} : { remoteAddress }),
    ...(remotePort === undefined ? {} : { remotePort }),
    ...(socket instanceof TLSSocket ? { tls: tlsInfo(socket) } : {}),
  };
}

/**
 * What a socket that was accepted says of itself. Our end is looked up only where somebody asks, since that call of the kernel is a
 * twentieth of what an opening handshake costs; once the socket is gone, it says nothing.
 */
export function acceptedTransportInfo(socket: Duplex): TransportInfo {
  const isPlain = socket instanceof Socket && !(socket instanceof TLSSocket);
  return isPlain && socket.remoteAddress !== undefined ? new AcceptedTransport(socket) : transportInfo(socket);
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

/** undefined where the peer showed none, which node says by an empty object. */
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

/** The name that people know it by: its CN, or all its fields where it has none. */
function commonName(name: Partial<Record<string, string | string[]>> | undefined): string {
  const fields = name ?? {};
  return String(
    fields.CN ??
      Object.entries(fields)
        .map(([field, value]) => `${field}=${value}`)
        .join(', '),
  );
}
