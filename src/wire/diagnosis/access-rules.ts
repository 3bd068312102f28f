/** Servers that refuse this client: credentials, Origin, Host, rate, web firewalls. */
import { type Diagnosis, problem } from './diagnosis.js';
import { headersOf, refusalOf, retryAfter, saying, wordsOf } from './evidence.js';
import type { Facts, ResponseFacts } from './facts.js';
import { PASS_HOST } from './fixes.js';
import { originOf } from './response-rules.js';

/** Bot protection and rate limits. */
export function challenge(facts: Facts): Diagnosis | undefined {
  const response = refusalOf(facts);
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

export function throttled(facts: Facts): Diagnosis | undefined {
  const response = refusalOf(facts);
  const after = retryAfter(response);
  if (response?.status !== 429) return undefined;
  return problem(
    'rate-limited',
    `the server limits the rate: too many connections or requests from here (429)${saying(response.body)}`,
    `Wait ${after ?? 'before the next attempt'}, and let clients reconnect with growing, random delays.`,
  );
}

const IN_HEADERS = "-H 'Authorization: Bearer …' or -H 'Cookie: …'";
const IN_BROWSERS = 'Browsers cannot set headers: there, use a cookie, or a token in the query or the first message.';

export function unauthorized(facts: Facts): Diagnosis | undefined {
  const response = refusalOf(facts);
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
      : `Send them: ${/^basic/i.test(scheme ?? '') ? '--auth user:password' : IN_HEADERS}. ${IN_BROWSERS}`,
  );
}

export function forbidden(facts: Facts): Diagnosis | undefined {
  const response = refusalOf(facts);
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
  const headers = headersOf(response);
  const server = headers.get('Server') ?? '';
  if (/^envoy/i.test(server) && body === '') {
    return problem(
      'upgrade-not-enabled',
      'Envoy refuses the upgrade (403): WebSocket is not enabled for this route',
      'Add `upgrade_configs: [{ upgrade_type: websocket }]` to the HTTP connection manager or the route.',
    );
  }
  if (headers.has('Sec-WebSocket-Version') && origin !== undefined) {
    return problem(
      'origin-refused',
      `${what}: its WebSocket library does not allow Origin ${origin} (CheckOrigin)`,
      'Add the origin of the page to those that the server allows. If it compares Origin with Host, a proxy must pass Host on:',
      { section: 'RFC 6455 §10.2', fixes: PASS_HOST },
    );
  }
  if (/uvicorn|daphne|hypercorn/i.test(server)) {
    return problem(
      'forbidden',
      `${what}: the application (ASGI, ${server}) closes the WebSocket before it accepts it`,
      'No route may exist for this path, or the check of credentials or Origin fails: see its log.',
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
  const words = wordsOf(body);
  if (/\b(allow|white|black|deny|block)-?list|\bIP\b|your (ip|address)/.test(words))
    return problem(
      'forbidden',
      `${what}: it does not allow this address`,
      'Add the address of this client to its list.',
    );
  if (/\b(auth\w*|cookies?|session|token|jwt|credentials?|api.?key|log.?in|signature|expired)\b/i.test(words)) {
    return problem(
      'forbidden',
      `${what}: it wants other credentials`,
      `Send ones that are valid: ${IN_HEADERS}. ${IN_BROWSERS}`,
    );
  }
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
  ['F5 BIG-IP', /(?!)/, /requested URL was rejected[\s\S]*support ID/i],
  ['a web firewall', /(?!)/, /mod_security|web application firewall|request (was )?blocked by|security policy/i],
];

function filterOf(response: ResponseFacts): string | undefined {
  const lines = response.headers.map(([name, value]) => `${name}: ${value}`).join('\n');
  return FILTERS.find(([, header, body]) => header.test(lines) || body.test(response.body))?.[0];
}

/** Some filters answer 200 or 406. Their pages are unmistakable; their headers come with every response. */
export function filtered(facts: Facts): Diagnosis | undefined {
  const response = refusalOf(facts);
  const found = response && FILTERS.slice(0, -1).find(([, , page]) => page.test(response.body));
  if (response === undefined || response.status === 403 || found === undefined) return undefined;
  return problem(
    'web-firewall',
    `${found[0]} refuses the request (${response.status})${saying(response.body)}`,
    'Its log says which rule: add an exception for this path, or allow this address or country.',
  );
}

export function misdirected(facts: Facts): Diagnosis | undefined {
  if (refusalOf(facts)?.status !== 421) return undefined;
  return problem(
    'misdirected',
    `the server is not responsible for ${facts.target?.hostname} (421): the name of TLS (SNI) and that of Host lead to different sites`,
    'Connect by the name of the site, not by an address or alias, and let Host name it too.',
    { section: 'RFC 9110 §15.5.20' },
  );
}
