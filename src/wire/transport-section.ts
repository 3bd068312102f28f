import { printableText } from './printable.js';
import type { Row, TraceWriter } from './trace-writer.js';

/** The column in which the values begin. */
const VALUE_COLUMN = 13;

/**
 * The properties of a transport that are shown. They are those of TransportInfo in src/transport, which cannot be
 * imported here because it depends on Node.
 */
export interface TracedTransport {
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

/** Section 1 of a trace: the addresses of both ends, and TLS. */
export function writeTransport(writer: TraceWriter, transport: TracedTransport): void {
  const { localAddress, localPort, remoteAddress, remotePort, tls } = transport;
  const field = (name: string, value: string, row: Row = {}) =>
    writer.row(name.padEnd(VALUE_COLUMN) + value, { indent: VALUE_COLUMN, ...row });
  writer.heading('1  TCP connection');
  field('client', endpoint(localAddress, localPort));
  field('server', endpoint(remoteAddress, remotePort));
  if (tls === undefined) {
    field('TLS', 'none', { note: 'anyone on the path can read it' });
    return;
  }
  const alpn = tls.alpn === '' ? '' : `, ALPN ${printableText(tls.alpn)}`;
  field('TLS', `${tls.version}, ${tls.cipher}${alpn}`);
  const { certificate, authorized } = tls;
  const paint = authorized ? writer.paint.good : writer.paint.bad;
  field('verified', authorized ? 'yes' : 'no: the server may be an impostor', { paint });
  if (certificate === undefined) return;
  field('certificate', printableText(certificate.subject));
  field('  issued by', printableText(certificate.issuer));
  field('  valid', `${printableText(certificate.validFrom)} to ${printableText(certificate.validTo)}`);
  // 32 pairs are wider than most terminals.
  field('  SHA-256', `${certificate.fingerprint.slice(0, 48)} ${certificate.fingerprint.slice(48)}`);
}

function endpoint(address: string | undefined, port: number | undefined): string {
  if (address === undefined) return '(no address)';
  if (port === undefined) return printableText(address);
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}
