/** HTTP statuses other than 101. The first rule that fits a response names the cause. */
import { type Diagnosis, problem, type Rule } from './diagnosis.js';
import { headersOf, listOf, saying, wordsOf } from './evidence.js';
import type { Facts, ResponseFacts } from './facts.js';
import { LARGER_HEADERS, nameOf, PASS_HOST, PASS_UPGRADE, productOf, REACH_UPSTREAM } from './fixes.js';
import { originOf, whatOpens } from './response-rules.js';
import { clientCertificate } from './tls-rules.js';

export const statusRules: readonly Rule[] = [
  tlsPort,
  clientCertificate,
  frameworks,
  redirect,
  challenge,
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

/** The response, unless it is a 101. */
function refusal({ response }: Facts): ResponseFacts | undefined {
  return response?.status === 101 ? undefined : response;
}

function tlsPort(facts: Facts): Diagnosis | undefined {
  const response = refusal(facts);
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

/** Servers whose answer shows that they expect another client. */
function frameworks(facts: Facts): Diagnosis | undefined {
  const response = refusal(facts);
  if (response === undefined) return undefined;
  const { status, body } = response;
  const headers = headersOf(response);
  if (status === 400 && /"code":1,.*"Session ID unknown"/.test(body)) {
    return problem(
      'socket.io-session',
      'Socket.IO does not know the session of this request: it was opened at another server behind the load balancer',
      'Turn on sticky sessions, or allow the transport websocket only.',
      {
        fixes: {
          nginx: 'ip_hash; (in the upstream block)',
          haproxy: 'cookie srv insert',
          traefik: 'sticky.cookie of the service',
          alb: 'stickiness.enabled = true',
        },
      },
    );
  }
  if (
    (status === 400 || status === 404) &&
    /"code":[05],.*"(Transport unknown|Unsupported protocol version)"/.test(body)
  ) {
    return problem(
      'socket.io',
      'this is a Socket.IO server: its path needs `?EIO=4&transport=websocket`',
      'Use the client of Socket.IO in the same major version. A plain WebSocket client cannot exchange messages with it.',
    );
  }
  if (/Welcome to SockJS/.test(body))
    return problem(
      'sockjs',
      'this is a SockJS server: its WebSocket has the path …/websocket',
      'Add /websocket to the path, or use the client of SockJS.',
    );
  if (status === 400 && /Connection ID required/i.test(body))
    return problem(
      'signalr',
      'this is a SignalR hub, which wants a negotiated connection id',
      'Use the client of SignalR, or skipNegotiation with the transport WebSockets.',
    );
  if (/^application\/grpc/i.test(headers.get('Content-Type') ?? '') || headers.has('grpc-status')) {
    return problem('grpc', 'this is a gRPC server, not a WebSocket server', 'Use a gRPC client, or another port.');
  }
  if (/It looks like you are trying to access MongoDB over HTTP/.test(body))
    return problem('other-protocol', 'port is that of MongoDB, not of a WebSocket server', 'Check the port.');
  if (status === 511 || /captive.?portal|hotspot.*log ?in/i.test(`${headers.get('Location') ?? ''} ${wordsOf(body)}`)) {
    return problem(
      'captive-portal',
      `the network of this machine wants a login first (captive portal) and answers for ${facts.target?.hostname}`,
      'Open any http:// page in a browser, log in, and try again.',
    );
  }
  return undefined;
}

function redirect(facts: Facts): Diagnosis | undefined {
  const response = refusal(facts);
  if (response === undefined || response.status < 300 || response.status > 399) return undefined;
  const { status } = response;
  const location = headersOf(response).get('Location');
  if (location === undefined)
    return problem('redirect', `the server answers ${status} without saying where to go instead`, 'Check the path.');
  const from = parse(facts.target?.href ?? 'ws://unknown/');
  const to = parse(location, from?.href);
  const follows = facts.retries?.find(({ change }) => change === 'redirect');
  const opens = follows?.isOpen === true;
  const what = `the server redirects (${status}) to ${location}`;
  const browser = 'Browsers do not follow redirects of a WebSocket: write the final URL into the program.';
  if (to === undefined || from === undefined)
    return problem('redirect', what, `Use that URL, if it is a WebSocket. ${browser}`);
  const isHttps = to.protocol === 'https:' || to.protocol === 'wss:';
  if (/log-?in|sign-?in|auth|sso|saml|oauth|session/i.test(to.pathname + to.hostname + to.search) && !opens) {
    return problem(
      'redirect-to-login',
      `${what}, a login page: the request has no valid session`,
      "Send the cookie or token of a session: -H 'Cookie: …' or -H 'Authorization: …'. An API should answer 401 to a WebSocket instead.",
    );
  }
  if (follows?.status !== undefined && follows.status >= 300 && follows.status < 400) {
    return problem(
      'redirect-loop',
      `${what}, and so on without end`,
      'Behind a proxy that ends TLS, the server must trust X-Forwarded-Proto, or it redirects to https forever.',
    );
  }
  if (isHttps && from.protocol === 'ws:' && to.hostname === from.hostname) {
    const url = `wss://${to.host}${to.pathname}${to.search}`;
    return problem('redirect-to-tls', `${what}: it wants TLS`, `Use ${url}. ${browser}`);
  }
  if (to.host === from.host && to.pathname.replace(/\/$/, '') === from.pathname.replace(/\/$/, '')) {
    return problem('path-slash', `${what}: the path differs by the slash at its end`, `Use this path. ${browser}`);
  }
  return problem('redirect', `${what}${opens ? ', where the WebSocket opens' : ''}`, `Use ${location}. ${browser}`);
}

/** Bot protection and rate limits. */
function challenge(facts: Facts): Diagnosis | undefined {
  const response = refusal(facts);
  if (response === undefined) return undefined;
  const headers = headersOf(response);
  if (
    headers.get('cf-mitigated') === 'challenge' ||
    /Just a moment\.\.\.|Attention Required! \| Cloudflare/.test(response.body)
  ) {
    return problem(
      'bot-challenge',
      'Cloudflare answers with a challenge for browsers instead of passing the request on',
      'Add a rule that skips the challenge for this path (Security > WAF > Custom rules > Skip), or send the clearance cookie.',
    );
  }
  return undefined;
}

function throttled(facts: Facts): Diagnosis | undefined {
  const response = refusal(facts);
  const after = headersOf(response).get('Retry-After');
  if (response?.status !== 429) return undefined;
  return problem(
    'rate-limited',
    `the server limits the rate: too many connections or requests from here (429)${saying(response.body)}`,
    `Wait ${after === undefined ? 'before the next attempt' : /^\d+$/.test(after) ? `${after} s` : `until ${after}`}, and let clients reconnect with growing, random delays.`,
  );
}

/** Words with which servers say that the request they saw was not an upgrade. */
const NO_UPGRADE =
  /upgrade|websocket|hand-?shake|sec-websocket|connection header|can ?"?upgrade|not a websocket|expected http/i;

/** A proxy dropped Upgrade and Connection, so the server saw an ordinary GET. */
function upgradeLost(facts: Facts): Diagnosis | undefined {
  const response = refusal(facts);
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
  if (status !== 426 && !isSaid) return undefined;
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
    `the server saw ${isOld ? 'a request of HTTP/1.0' : 'an ordinary request'}, not the upgrade that this client sent${saying(body)}`,
    `A proxy in front of it ${isOld ? 'speaks HTTP/1.0 to the server, which has no Upgrade' : 'does not pass on Upgrade and Connection'}. Add to its configuration:`,
    { section: 'RFC 9110 §7.8', fixes: PASS_UPGRADE },
  );
}

function unauthorized(facts: Facts): Diagnosis | undefined {
  const response = refusal(facts);
  if (response?.status === 407)
    return problem(
      'proxy-credentials',
      'a proxy on the way requires credentials (407)',
      'Name it with its credentials: --proxy http://user:password@host:port.',
    );
  if (response?.status !== 401) return undefined;
  const headers = headersOf(facts.request);
  const scheme = headersOf(response).get('WWW-Authenticate');
  const hasSent = headers.has('Authorization') || headers.has('Cookie');
  const hasToken = /[?&](access_)?(token|jwt|auth|key|api_?key)=/i.test(facts.target?.path ?? '');
  return problem(
    'unauthorized',
    hasSent || hasToken
      ? `the server does not accept the credentials of this request (401)${saying(response.body)}`
      : `the server requires credentials (401)${scheme === undefined ? '' : `, by ${scheme}`}${saying(response.body)}`,
    hasSent || hasToken
      ? 'Check whether they have expired and are meant for this server.'
      : `Send them: ${/^basic/i.test(scheme ?? '') ? '--auth user:password' : "-H 'Authorization: Bearer …' or -H 'Cookie: …'"}. Browsers cannot set headers: there, use a cookie, or a token in the query or the first message.`,
  );
}

function forbidden(facts: Facts): Diagnosis | undefined {
  const response = refusal(facts);
  if (response?.status !== 403) return undefined;
  const { body } = response;
  const origin = originOf(facts);
  const what = `the server refuses the request (403)${saying(body)}`;
  if (/origin/i.test(body)) {
    return problem(
      'origin-refused',
      origin === undefined
        ? `${what}: it wants an Origin that it allows`
        : `${what}: it does not allow Origin ${origin}`,
      `Add the origin of the page to those that the server allows${origin === undefined ? ', and send it: --origin https://…' : ''}. If the server compares Origin with Host, a proxy must pass Host on:`,
      { section: 'RFC 6455 §10.2', fixes: PASS_HOST },
    );
  }
  if (/\bhost\b|allowedHosts|ALLOWED_HOSTS/i.test(body)) {
    return problem(
      'host-refused',
      `${what}: it does not know the host ${facts.target?.hostname}`,
      'Add this host to those that the server allows (allowedHosts, ALLOWED_HOSTS, virtual host).',
      { fixes: PASS_HOST },
    );
  }
  const filter = filterOf(response);
  if (filter !== undefined) {
    return problem(
      'web-firewall',
      `${filter} refuses the request (403)${saying(body)}`,
      'Its log says which rule: add an exception for this path, or allow this address or country.',
    );
  }
  if (/csrf/i.test(body))
    return problem('csrf', `${what}: it wants a CSRF token`, 'Exempt the WebSocket path, and check Origin instead.');
  return problem(
    'forbidden',
    what,
    `It may not allow ${origin === undefined ? 'a request without Origin (--origin https://…)' : `Origin ${origin}`}, these credentials, or this address. A web firewall (WAF) also answers 403: the log of the server shows whether the request got there.`,
  );
}

/** Web firewalls, by their headers and pages. */
const FILTERS: ReadonlyArray<readonly [name: string, header: RegExp, body: RegExp]> = [
  ['the firewall of Cloudflare', /(?!)/, /error code: 10(06|07|08|09|10|12|20)|Sorry, you have been blocked/i],
  ['CloudFront (or AWS WAF)', /^server: cloudfront/im, /Generated by cloudfront/i],
  ['Akamai', /^server: akamai/im, /Access Denied[\s\S]*Reference.{0,8}#/i],
  ['Imperva', /^x-iinfo:/im, /Incapsula incident/i],
  ['Sucuri', /^x-sucuri/im, /Sucuri WebSite Firewall/i],
  ['a web firewall', /(?!)/, /mod_security|web application firewall|request (was )?blocked by|security policy/i],
];

function filterOf(response: ResponseFacts): string | undefined {
  const lines = response.headers.map(([name, value]) => `${name}: ${value}`).join('\n');
  return FILTERS.find(([, header, body]) => header.test(lines) || body.test(response.body))?.[0];
}

function misdirected(facts: Facts): Diagnosis | undefined {
  if (refusal(facts)?.status !== 421) return undefined;
  return problem(
    'misdirected',
    `the server is not responsible for ${facts.target?.hostname} (421): the name of TLS (SNI) and that of Host lead to different sites`,
    'Connect by the name of the site, not by an address or alias, and let Host name it too.',
    { section: 'RFC 9110 §15.5.20' },
  );
}

function missing(facts: Facts): Diagnosis | undefined {
  const response = refusal(facts);
  if (response === undefined || ![404, 405, 410].includes(response.status)) return undefined;
  const { status, body } = response;
  const headers = headersOf(response);
  const product = productOf(headers.get('Server'), body);
  if (status === 405) {
    return problem(
      'method-not-allowed',
      `something is served at ${facts.target?.path}, but not to GET (405)${allowOf(headers.get('Allow'))}: this is not the WebSocket`,
      'Check the path. An HTTP API may have its WebSocket at another one.',
    );
  }
  const host = opensHost(headers.get('Server'), body);
  if (host !== undefined) return host;
  if (/Cannot GET /.test(body)) {
    const proxy =
      product === undefined
        ? 'If there is a proxy in front, it may drop Upgrade and Connection'
        : `Or ${nameOf(product)} drops Upgrade and Connection`;
    return problem(
      'no-upgrade-handler',
      `the HTTP application (Express) answers the request as an ordinary one (${status}): ${wordsOf(body)}`,
      `Attach the WebSocket server to this HTTP server (its upgrade event), at this path. ${proxy}:`,
      { fixes: PASS_UPGRADE },
    );
  }
  return problem(
    'path-not-found',
    `no WebSocket is served at the path ${facts.target?.path} (${status})${saying(body)}`,
    `Check the path, upper and lower case and the slash at its end included.${product === undefined ? '' : ` ${nameOf(product)} itself may answer: it needs a location or route for this path that leads to the application.`} Some servers also answer 404 when a proxy drops Upgrade:`,
    { fixes: PASS_UPGRADE },
  );
}

function allowOf(allow: string | undefined): string {
  return allow === undefined ? '' : `, only to ${allow}`;
}

function opensHost(server: string | undefined, body: string): Diagnosis | undefined {
  if (/no such app|no-such-app/i.test(body))
    return problem(
      'no-such-app',
      `there is no application at this name${saying(body)}`,
      'Check the host name, and that the application is deployed.',
    );
  return staticServer(server);
}

/** Servers that serve files or functions and have no WebSocket. */
const STATIC = /SimpleHTTP|BaseHTTP|AmazonS3|GitHub\.com|Vercel|Netlify|Werkzeug|PHP|lighttpd/i;

function staticServer(server: string | undefined): Diagnosis | undefined {
  if (server === undefined || !STATIC.test(server)) return undefined;
  return problem(
    'no-websocket-server',
    `the server is ${server}, which serves files or short requests and has no WebSocket`,
    'Run the WebSocket server as a program of its own, and connect to its address.',
  );
}

/** A page answers: the path is that of the website, or a proxy dropped Upgrade. */
function ordinary(facts: Facts): Diagnosis | undefined {
  const response = refusal(facts);
  if (response === undefined || response.status >= 300) return undefined;
  const headers = headersOf(response);
  const type = (headers.get('Content-Type') ?? '').split(';')[0]!;
  const host = staticServer(headers.get('Server'));
  if (host !== undefined) return host;
  if (type === 'text/event-stream')
    return problem(
      'event-stream',
      'this is a stream of server-sent events (EventSource), not a WebSocket',
      'Use EventSource, or the path of the WebSocket.',
    );
  const what = /html/.test(type)
    ? 'a web page'
    : type === ''
      ? 'an ordinary response'
      : `an ordinary response (${type})`;
  return problem(
    'plain-response',
    `the server answers with ${what} (${response.status})${saying(response.body)} instead of a WebSocket`,
    'Check the path: a website often answers every unknown path with its start page. If it is right, a proxy in front of the server drops Upgrade and Connection:',
    { section: 'RFC 6455 §4.2.2', fixes: PASS_UPGRADE },
  );
}

/** Statuses of servers that do not get along with the request as such. */
function cannotUpgrade(facts: Facts): Diagnosis | undefined {
  const response = refusal(facts);
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

/** What proxies and load balancers say about the server behind them. */
const GATEWAY: ReadonlyMap<number, readonly [id: string, cause: string, advice: string]> = new Map([
  [
    502,
    [
      'bad-gateway',
      'could not get a valid answer from the server behind it',
      'The application may be down, listen on another port or address, crash on this request, or speak another protocol (TLS).',
    ],
  ],
  [
    503,
    [
      'unavailable',
      'has no server that can answer now',
      'The application may be down, starting, overloaded, or fail the health check of the load balancer.',
    ],
  ],
  [
    504,
    [
      'gateway-timeout',
      'waited for the server behind it in vain',
      'The application hangs or is unreachable (firewall, wrong address). A server that waits before its 101 also causes this.',
    ],
  ],
  [
    520,
    [
      'bad-gateway',
      'got an empty or unknown answer from the origin server',
      'Look at the log of the origin server: it may crash or reset the connection.',
    ],
  ],
  [
    521,
    [
      'origin-refused-connection',
      'was refused by the origin server',
      'Start it, or allow the addresses of Cloudflare in its firewall.',
    ],
  ],
  [
    522,
    [
      'gateway-timeout',
      'cannot reach the origin server in time',
      'Allow the addresses of Cloudflare in its firewall, and check the DNS record.',
    ],
  ],
  [523, ['gateway-timeout', 'finds no route to the origin server', 'Check the address in the DNS record.']],
  [524, ['gateway-timeout', 'waited for the origin server for 100 s', 'The server must answer the handshake at once.']],
  [
    525,
    [
      'origin-tls',
      'cannot complete TLS with the origin server',
      'Check its certificate and the SSL/TLS mode of Cloudflare.',
    ],
  ],
  [
    526,
    [
      'origin-tls',
      'does not accept the certificate of the origin server',
      'Install a valid one, or an origin certificate of Cloudflare.',
    ],
  ],
  [
    530,
    ['bad-gateway', 'cannot resolve or reach the origin server', 'Check the DNS record of the origin, or the tunnel.'],
  ],
]);

function gateway(facts: Facts): Diagnosis | undefined {
  const response = refusal(facts);
  const row = response === undefined ? undefined : GATEWAY.get(response.status);
  if (response === undefined || row === undefined) return undefined;
  const headers = headersOf(response);
  const [id, cause, advice] = row;
  const server = headers.get('Server');
  const product = productOf(server, response.body);
  const via = headers.get('Via');
  const named = product === undefined ? (/vegur/i.test(via ?? '') ? 'Heroku' : server) : nameOf(product);
  const who = named ?? (via === undefined ? 'a proxy, or the server itself,' : `a proxy (${via})`);
  const after = headers.get('Retry-After');
  return problem(
    id,
    `${who} ${cause} (${response.status})${saying(response.body)}`,
    after === undefined ? advice : `${advice} It asks to wait ${after} s.`,
    { fixes: REACH_UPSTREAM },
  );
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
  const response = refusal(facts);
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

function parse(text: string, base?: string): URL | undefined {
  return URL.canParse(text, base) ? new URL(text, base) : undefined;
}
