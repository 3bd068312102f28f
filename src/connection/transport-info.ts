import type { Socket } from 'node:net';
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
  // As it nearly always is. A literal costs a fifth of the memory of an object that is spread together, which has a shape of its own.
  const isTcp =
    localAddress !== undefined && localPort !== undefined && remoteAddress !== undefined && remotePort !== undefined;
  if (isTcp && !(socket instanceof TLSSocket)) return { localAddress, localPort, remoteAddress, remotePort };
  return {
    ...(localAddress === undefined ? {} : { localAddress }),
    ...(localPort === undefined ? {} : { localPort }),
    ...(remoteAddress === undefined ? {} : { remoteAddress }),
    ...(remotePort === undefined ? {} : { remotePort }),
    ...(socket instanceof TLSSocket ? { tls: tlsInfo(socket) } : {}),
  };
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
