/** TLS: rules for a handshake that fails, and for certificates that are not accepted. */
import { type Diagnosis, problem, type Rule, warning } from './diagnosis.js';
import type { CertificateFacts, Facts } from './facts.js';

const DAY = 86_400_000;
/** Certificates are usually renewed a month before they expire. */
const SOON = 14 * DAY;

export const tlsRules: readonly Rule[] = [certificate, clientCertificate, handshake];

function certificate(facts: Facts): Diagnosis | undefined {
  const { tls } = facts;
  const code = tls?.code;
  const own = tls?.chain[0];
  if (tls === undefined || code === undefined || own === undefined || facts.target === undefined) return undefined;
  const { hostname } = facts.target;
  const now = facts.now ?? 0;
  const ended = tls.chain.find(one => one.validTo < now);
  const future = tls.chain.find(one => one.validFrom > now);
  const whose = (one: CertificateFacts) =>
    one === own ? 'the certificate of the server' : `the certificate "${one.subject}" in the chain`;
  if (code === 'CERT_HAS_EXPIRED' && ended !== undefined) {
    return problem(
      'certificate-expired',
      `${whose(ended)} expired on ${day(ended.validTo)}, ${ago(now - ended.validTo)} ago`,
      'Renew it and reload the server: a running server keeps the old one. If it is not expired, the clock of this machine is wrong.',
    );
  }
  if (code === 'CERT_NOT_YET_VALID' && future !== undefined) {
    return problem(
      'certificate-not-yet-valid',
      `${whose(future)} is valid only from ${day(future.validFrom)}, ${ago(future.validFrom - now)} from now`,
      `Check the clock of this machine (${new Date(now).toISOString().slice(0, 16)}Z) and of the machine that issued the certificate.`,
    );
  }
  if (
    code === 'DEPTH_ZERO_SELF_SIGNED_CERT' ||
    (tls.chain.length === 1 && own.subject === own.issuer && /SELF_SIGNED/.test(code))
  ) {
    return problem(
      'certificate-self-signed',
      `the certificate of the server ("${own.subject}") is self-signed, so no client trusts it`,
      'Install a certificate of a public authority, such as Let’s Encrypt. To trust this one: --ca file.pem, and in Node `tls: { ca }`.',
    );
  }
  if (/^ERR_TLS_CERT_ALTNAME/.test(code) || (code === 'ERR_TLS_CERT_ALTNAME_INVALID' && tls.nameFault !== undefined)) {
    return problem(
      'certificate-wrong-name',
      `the certificate of the server is for ${own.names.join(', ') || own.subject}, not for ${hostname}`,
      'Connect by a name of the certificate, or issue one that has this name. Behind a load balancer, this is often its default certificate.',
    );
  }
  if (
    code === 'UNABLE_TO_VERIFY_LEAF_SIGNATURE' ||
    code === 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY' ||
    code === 'UNABLE_TO_GET_ISSUER_CERT'
  ) {
    const last = tls.chain.at(-1)!;
    if (tls.chain.length === 1 && (last.issuerUrl !== undefined || tls.hasOwnAuthorities === true)) {
      return problem(
        'certificate-missing-intermediate',
        `the server sends its own certificate only, without that of its issuer "${last.issuer}": an intermediate certificate is missing`,
        'Configure the full chain (fullchain.pem): the certificate of the server first, then the intermediate ones. Browsers often hide this fault.',
      );
    }
    return unknownAuthority(last, tls.chain.length === 1);
  }
  if (code === 'SELF_SIGNED_CERT_IN_CHAIN') return unknownAuthority(tls.chain.at(-1)!, false);
  return problem(
    'certificate-not-accepted',
    `the certificate of the server is not accepted: ${tls.message ?? code}`,
    'Issue a new certificate with a current key size and hash, for use by a TLS server.',
  );
}

function unknownAuthority({ issuer }: CertificateFacts, isAlone: boolean): Diagnosis {
  return problem(
    'certificate-unknown-authority',
    `the certificate of the server is issued by "${issuer}", which is not among the trusted authorities${
      isAlone ? ', and the server sends no other certificate' : ''
    }`,
    `If this is your own authority, trust it: --ca file.pem, NODE_EXTRA_CA_CERTS, or \`tls: { ca }\`.${
      isAlone ? ' If it is an intermediate authority, let the server send its certificate too (fullchain.pem).' : ''
    } A company's proxy that inspects TLS also looks like this.`,
  );
}

/** A server that demands a certificate of the client says so during TLS, after TLS, or over HTTP. */
export function clientCertificate({ tls, failure, response }: Facts): Diagnosis | undefined {
  const codes = `${tls?.code ?? ''} ${failure?.code ?? ''}`;
  const says = response?.status === 400 && /no required ssl certificate|ssl certificate error/i.test(response.body);
  if (!says && !/CERTIFICATE_REQUIRED|ALERT_BAD_CERTIFICATE|ALERT_UNKNOWN_CA|ALERT_CERTIFICATE_UNKNOWN/.test(codes))
    return undefined;
  const has = tls?.hasClientCertificate === true;
  return problem(
    'client-certificate',
    has
      ? 'the server does not accept the certificate of this client'
      : 'the server demands a certificate of the client (mutual TLS)',
    has ? 'Use one that an authority known to the server has issued.' : 'Pass one: --cert file.pem --key file.pem.',
  );
}

function handshake(facts: Facts): Diagnosis | undefined {
  const { tls, failure, target, retries } = facts;
  const isTls = failure?.phase === 'tls' || (tls?.code !== undefined && tls.version === undefined);
  if (!isTls || target === undefined) return undefined;
  const code = tls?.code ?? failure?.code ?? '';
  const message = tls?.message ?? failure?.summary ?? '';
  const plain = retries?.find(({ change, isOpen }) => change === 'scheme' && isOpen)?.value;
  if (
    plain !== undefined ||
    /WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG|HTTP_REQUEST/.test(code) ||
    /wrong version number|packet length too long/.test(message)
  ) {
    const answered = retries?.find(({ change, status }) => change === 'scheme' && status !== undefined);
    return problem(
      'plain-port',
      `the server does not speak TLS at port ${target.port}${plain === undefined ? (answered === undefined ? '' : ', but plain HTTP') : `: the WebSocket opens at ${plain}`}`,
      `Use ${plain ?? 'ws:// for this port, or the port that speaks TLS (usually 443)'}${
        plain === undefined
          ? ''
          : '. From a page that is loaded over https, it must be wss: add TLS at the server or at a proxy'
      }.`,
    );
  }
  if (tls?.with?.h2 === true || /NO_APPLICATION_PROTOCOL/.test(code)) {
    return problem(
      'h2-only',
      'the server accepts HTTP/2 only: it refuses the ALPN protocol http/1.1, which the upgrade of RFC 6455 needs',
      'Allow http/1.1 besides h2 at this port (ALPN h2,http/1.1). WebSocket over HTTP/2 (RFC 8441) is another handshake.',
      {
        fixes: {
          haproxy: 'bind … alpn h2,http/1.1',
          nginx: 'listen 443 ssl; http2 on; (both versions)',
          apache: 'Protocols h2 http/1.1',
          alb: 'target group with protocol version HTTP1',
        },
      },
    );
  }
  if (/UNSUPPORTED_PROTOCOL|PROTOCOL_VERSION|VERSION_TOO_LOW/.test(code) || tls?.with?.oldVersion !== undefined) {
    return problem(
      'tls-version',
      `the server and this client have no common version of TLS${tls?.with?.oldVersion === undefined ? '' : `: the server speaks ${tls.with.oldVersion}`}`,
      'Enable TLS 1.2 and 1.3 at the server.',
    );
  }
  if (/UNRECOGNIZED_NAME/.test(code) || tls?.with?.noName === true) {
    return problem(
      'unknown-server-name',
      `the server has no site for the name ${target.hostname} (TLS server name, SNI)`,
      'Check the name, and whether this server or load balancer is configured for it.',
    );
  }
  if (/HANDSHAKE_FAILURE|NO_SHARED_CIPHER|ILLEGAL_PARAMETER|INSUFFICIENT_SECURITY/.test(code)) {
    return problem(
      'tls-handshake',
      'the server ended the TLS handshake: no common cipher, no certificate for this name, or a client certificate is missing',
      `Look at the server's log. If it wants a client certificate: --cert and --key. If it serves several names, it may have none for ${target.hostname}.`,
    );
  }
  if (code === 'timeout') {
    return problem(
      'tls-silent',
      `port ${target.port} accepts TCP but does not answer the TLS handshake`,
      'The port may be for another protocol (try ws://), the server may hang, or a firewall drops what looks like TLS to this name.',
    );
  }
  if (/ECONNRESET|EPIPE|ECONNABORTED/.test(code) || /disconnected|closed/.test(message)) {
    return problem(
      'tls-cut',
      'the connection is cut as soon as TLS starts (ClientHello)',
      `The port may not speak TLS (try ws://), the server may not know the name ${target.hostname}, or a firewall or filter on the way blocks it: try another network.`,
    );
  }
  return problem(
    'tls-failed',
    `the TLS handshake fails: ${message || code}`,
    'Look at the log of the server or load balancer that ends TLS.',
  );
}

export function expiresSoon({ tls, now }: Facts): Diagnosis | undefined {
  const first = tls?.chain.reduce((a, b) => (b.validTo < a.validTo ? b : a), tls.chain[0]!);
  if (first === undefined || now === undefined || tls?.code !== undefined) return undefined;
  const left = first.validTo - now;
  if (left > SOON || left < 0) return undefined;
  return warning(
    'certificate-expires-soon',
    `the certificate "${first.subject}" expires in ${ago(left)}`,
    'Check that its renewal works.',
  );
}

/** Browsers ignore the Common Name (RFC 9110 §4.3.4, RFC 9525 §2). Node still reads it. */
export function noNames({ tls, target }: Facts): Diagnosis | undefined {
  const own = tls?.chain[0];
  if (own === undefined || own.names.length > 0 || tls?.code !== undefined) return undefined;
  return warning(
    'certificate-without-names',
    `the certificate "${own.subject}" has no subjectAltName: browsers do not accept it for any name`,
    `Issue one with subjectAltName ${target?.hostname ?? 'of the server'}. Its Common Name does not count.`,
  );
}

function day(time: number): string {
  return Number.isFinite(time) ? new Date(time).toISOString().slice(0, 10) : 'an unknown day';
}

function ago(time: number): string {
  const days = Math.floor(time / DAY);
  if (days >= 2) return `${days} days`;
  const hours = Math.floor(time / 3_600_000);
  return hours >= 2 ? `${hours} hours` : `${Math.max(1, Math.round(time / 60_000))} minutes`;
}
