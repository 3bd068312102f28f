import { printableText } from './printable.js';
import type { TraceWriter } from './trace-writer.js';

/** The transport under a connection: what WireTap's connected() brings (src/connection/wire-tap.ts). */
export interface Transport {
  readonly localAddress?: string | undefined;
  readonly localPort?: number | undefined;
  /** The peer's address, or the path of a Unix domain socket. */
  readonly remoteAddress?: string | undefined;
  readonly remotePort?: number | undefined;
  readonly tls?: {
    readonly version: string;
    readonly cipher: string;
    readonly alpn: string;
    readonly authorized: boolean;
    readonly certificate?: {
      readonly subject: string;
      readonly issuer: string;
      readonly validFrom: string;
      readonly validTo: string;
      readonly fingerprint: string;
    };
  };
}

/** Act 1: between whom the connection stands, and what protects it. */
export function writeTransport(writer: TraceWriter, transport: Transport): void {
  const { localAddress, localPort, remoteAddress, remotePort, tls } = transport;
  writer.heading('1  TCP connection');
  writer.row(`client       ${endpoint(localAddress, localPort)}`);
  writer.row(`server       ${endpoint(remoteAddress, remotePort)}`);
  if (tls === undefined) {
    writer.row('TLS          none', { note: 'whoever is on the way can read along' });
    return;
  }
  const alpn = tls.alpn === '' ? '' : `, ALPN ${printableText(tls.alpn)}`;
  writer.row(`TLS          ${tls.version}, ${tls.cipher}${alpn}`);
  const { certificate, authorized } = tls;
  const paint = authorized ? writer.paint.good : writer.paint.bad;
  writer.row(`verified     ${authorized ? 'yes' : 'no: this may be anyone'}`, { paint });
  if (certificate === undefined) return;
  writer.row(`certificate  ${printableText(certificate.subject)}`);
  writer.row(`  issued by  ${printableText(certificate.issuer)}`);
  writer.row(`  valid      ${printableText(certificate.validFrom)} to ${printableText(certificate.validTo)}`);
  // 32 pairs are wider than a line.
  writer.row(`  SHA-256    ${certificate.fingerprint.slice(0, 48)}`);
  writer.row(`             ${certificate.fingerprint.slice(48)}`);
}

function endpoint(address: string | undefined, port: number | undefined): string {
  if (address === undefined) return '(no address)';
  if (port === undefined) return printableText(address);
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}
