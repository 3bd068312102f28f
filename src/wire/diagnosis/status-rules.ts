/** HTTP statuses other than 101. The first rule that fits a response names the cause. */
import { challenge, filtered, forbidden, misdirected, throttled, unauthorized } from './access-rules.js';
import { type Diagnosis, problem, type Rule } from './diagnosis.js';
import { headersOf, listOf, refusalOf, saying } from './evidence.js';
import type { Facts } from './facts.js';
import { LARGER_HEADERS, PASS_UPGRADE } from './fixes.js';
import { gateway } from './gateway-rules.js';
import { frameworks } from './library-rules.js';
import { missing, ordinary } from './path-rules.js';
import { redirect } from './redirect-rules.js';
import { whatOpens } from './response-rules.js';
import { clientCertificate } from './tls-rules.js';

export const statusRules: readonly Rule[] = [
  tlsPort,
  otherStatus,
  clientCertificate,
  frameworks,
  redirect,
  challenge,
  filtered,
  throttled,
  whatOpens,
  upgradeLost,
  unauthorized,
  forbidden,
  misdirected,
  missing,
  ordinary,
  cannotUpgrade,
  gateway,
  others,
];

function tlsPort(facts: Facts): Diagnosis | undefined {
  const response = refusalOf(facts);
  const isSaid =
    response?.status === 400 &&
    /plain http request was sent to https port|http request to an https server|speaking plain HTTP to an SSL|requires TLS/i.test(
      response.body,
    );
  if (!isSaid) return undefined;
  const value = facts.target?.href.replace(/^ws:/, 'wss:') ?? 'wss:';
  return problem(
    'tls-port',
    `port ${facts.target?.port} speaks TLS, but the URL says ws:${saying(response.body)}`,
    `Use ${value}.`,
  );
}

/** "Any status code other than 101 indicates that the WebSocket handshake has not completed" (§4.2.2). */
function otherStatus(facts: Facts): Diagnosis | undefined {
  const response = refusalOf(facts);
  // A 426 agrees to nothing. HAProxy adds Sec-WebSocket-Accept to one that offers `Upgrade: websocket`.
  if (response === undefined || response.status === 426) return undefined;
  if (!headersOf(response).has('Sec-WebSocket-Accept')) return undefined;
  return problem(
    'upgrade-invalid',
    `the server agrees to a WebSocket (Sec-WebSocket-Accept), but with the status ${response.status} instead of 101`,
    'Set the status to 101 Switching Protocols. If the server does, a proxy or framework on the way changes it.',
    { section: 'RFC 6455 §4.2.2' },
  );
}

/** Words with which servers say that the request they saw was not an upgrade. */
const NO_UPGRADE =
  /upgrade|websocket|hand-?shake|sec-websocket|connection header|can ?"?upgrade|not a websocket|expected http/i;

/** A proxy dropped Upgrade and Connection, so the server saw an ordinary GET. */
function upgradeLost(facts: Facts): Diagnosis | undefined {
  const response = refusalOf(facts);
  if (response === undefined || facts.request === undefined) return undefined;
  const { status, version, body } = response;
  const headers = headersOf(response);
  const versions = headers.get('Sec-WebSocket-Version');
  if (versions !== undefined && !listOf(versions).includes('13')) {
    return problem(
      'version-unsupported',
      `the server does not speak version 13 of the protocol, but ${versions}`,
      'Update the server: 13 is the version of RFC 6455.',
      { section: 'RFC 6455 §4.4' },
    );
  }
  const asked = headers.get('Upgrade');
  if (status === 426 && asked !== undefined && !/websocket/i.test(asked)) {
    return problem(
      'other-upgrade',
      `the server asks for ${asked} instead of WebSocket`,
      'Check the path and port. A proxy that speaks HTTP/1.0 to its server also gets a 426.',
      { section: 'RFC 9110 §15.5.22' },
    );
  }
  const isSaid =
    (status === 400 || status === 426 || status === 500 || status === 501) &&
    NO_UPGRADE.test(`${body} ${headers.get('Upgrade') ?? ''}`);
  // A WebSocket server names its version when it declines a handshake that it finds incomplete.
  const isDeclined = status === 400 && versions !== undefined;
  if (status !== 426 && !isSaid && !isDeclined) return undefined;
  const isOld = version === '1.0' || /HTTP\/1\.0|HTTP version/i.test(body);
  const missing = /sec-websocket-(key|version)/i.exec(body)?.[0];
  if (missing !== undefined && !/upgrade:|no upgrade|connection/i.test(body.replace(missing, ''))) {
    return problem(
      'header-lost',
      `the server did not get a correct ${missing} header, which this client sent${saying(body)}`,
      'A proxy or filter on the way removes or changes Sec-WebSocket-* headers: connect to the server directly to see.',
      { section: 'RFC 6455 §4.2.1' },
    );
  }
  return problem(
    'upgrade-lost',
    `the server saw ${isOld ? 'a request of HTTP/1.0' : 'an ordinary request'}, not the upgrade that this client sent (${status})`,
    `A proxy in front of it ${isOld ? 'speaks HTTP/1.0 to the server, which has no Upgrade' : 'does not pass on Upgrade and Connection'}. Add to its configuration:`,
    { section: 'RFC 9110 §7.8', fixes: PASS_UPGRADE },
  );
}

/** Statuses of servers that do not get along with the request as such. */
function cannotUpgrade(facts: Facts): Diagnosis | undefined {
  const response = refusalOf(facts);
  if (
    response?.status === 431 ||
    (response?.status === 400 &&
      /header or cookie too large|headers? too (large|long)|size of a request header/i.test(response.body))
  ) {
    const size = facts.request?.headers.reduce((sum, [name, value]) => sum + name.length + value.length + 4, 0);
    return problem(
      'headers-too-large',
      `the headers of the request are too large for the server (${response.status})${size === undefined ? '' : `: ${size} bytes`}`,
      'Send smaller cookies and tokens, or raise its limit:',
      { section: 'RFC 6585 §5', fixes: LARGER_HEADERS },
    );
  }
  if (response?.status === 505)
    return problem(
      'http-version',
      'the server does not speak HTTP/1.1 (505)',
      'The upgrade of RFC 6455 needs HTTP/1.1: enable it.',
    );
  if (response?.status === 501)
    return problem(
      'not-implemented',
      `the server does not support this request (501)${saying(response.body)}`,
      'The server, or a proxy on the way, does not know WebSocket.',
    );
  return undefined;
}

const OTHERS: ReadonlyMap<number, readonly [id: string, cause: string, advice: string]> = new Map([
  [402, ['payment-required', 'the service wants a payment or a larger plan', 'Check the account.']],
  [
    406,
    ['refused', 'the server refuses the request as not acceptable; web firewalls also say this', 'Look at its log.'],
  ],
  [
    408,
    [
      'request-timeout',
      'the request did not reach the server in time',
      'A proxy on the way may hold it back, or the connection is very slow.',
    ],
  ],
  [411, ['body-expected', 'the server expects a request with a body: this is not the WebSocket', 'Check the path.']],
  [
    413,
    [
      'too-large',
      'the server finds the request too large',
      'Send fewer headers and cookies. Some web firewalls also answer 413 to an upgrade.',
    ],
  ],
  [
    414,
    [
      'url-too-long',
      'the URL is too long for the server',
      'Send the token or state in a header or in the first message, not in the query.',
    ],
  ],
  [415, ['refused', 'the server expects a body of another type: this is not the WebSocket', 'Check the path.']],
  [417, ['refused', 'the server does not meet the Expect header', 'Do not send one.']],
  [
    451,
    ['blocked', 'the server may not serve this for legal reasons, perhaps not to this country', 'Ask its operator.'],
  ],
]);

function others(facts: Facts): Diagnosis | undefined {
  const response = refusalOf(facts);
  if (response === undefined) return undefined;
  const { status, reason, body } = response;
  const row = OTHERS.get(status);
  if (row !== undefined) return problem(row[0], `${row[1]} (${status})${saying(body)}`, row[2]);
  if (status >= 500) {
    return problem(
      'server-error',
      `the server fails while it handles the request (${status} ${reason})${saying(body)}`,
      'Look at its log. If ordinary requests work there, the code that handles the upgrade fails.',
    );
  }
  if (status === 400 && body.trim() !== '' && !/<html|<h1|<title|^\s*(400 )?bad request\s*$/i.test(body)) {
    return problem(
      'bad-request',
      `the server considers the request wrong (400)${saying(body)}`,
      'It says what it wants: check query, path and headers.',
    );
  }
  if (status === 400) {
    return problem(
      'bad-request',
      `the server considers the request wrong (400)${saying(body)}`,
      'It may not serve WebSocket at this path, want other headers or query parameters, or not know this host. Or a proxy in front of it drops Upgrade and Connection:',
      { fixes: PASS_UPGRADE },
    );
  }
  return problem(
    'refused',
    `the server refuses the request (${`${status} ${reason}`.trim()})${saying(body)}`,
    'Look at its log, and check path, query and headers.',
  );
}
