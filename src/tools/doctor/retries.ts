/** Further attempts, each with one change, that show what the server does not like. */
import type { ConnectOptions } from '../../index.js';
import { clearTimeout, now, setTimeout } from '../../timers.js';
import { type Change, diagnose, type Facts, HeaderFields, type RetryFacts } from '../../wire/index.js';
import { attempt } from './attempt.js';
import type { Budget, StepLimits } from './options.js';
import { tlsWith } from './staged-dial.js';

/** The most further attempts. */
const MAX_RETRIES = 12;

/** Paths at which popular servers and libraries serve WebSocket. */
const PATHS = ['/ws', '/websocket', '/socket.io/?EIO=4&transport=websocket', '/'];

/** Subprotocols without which popular servers refuse a client. */
const SUBPROTOCOLS = ['graphql-transport-ws', 'graphql-ws', 'mqtt', 'wamp.2.json', 'v12.stomp', 'ocpp1.6'];

const BROWSER = 'Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0';

interface Plan {
  readonly change: Change;
  /** What is new, for people. */
  readonly value: string;
  readonly url: string;
  readonly options: ConnectOptions;
}

export interface RetrySetup {
  readonly url: string;
  readonly options: ConnectOptions;
  readonly facts: Facts;
  /** The message that was sent, if it was. */
  readonly message: string | undefined;
  readonly limits: StepLimits;
  readonly budget: Budget;
  readonly clock: () => number;
}

/** Makes the attempts one after another, until one opens the WebSocket. */
export async function retryWithChanges(setup: RetrySetup): Promise<readonly RetryFacts[]> {
  const { limits, budget, clock } = setup;
  const done: RetryFacts[] = [];
  for (const plan of plansFor(setup).slice(0, MAX_RETRIES)) {
    if (budget.isSpent || setup.options.signal?.aborted === true) break;
    const result = await tryOnce(plan, budget.atMost(limits.retry), stayFor(setup), setup.message, clock);
    done.push(result);
    // The server limits the rate: more attempts would only make it worse.
    if (result.isOpen || result.status === 429) break;
  }
  return done;
}

/** How long a connection must stay open to count, if the first one was ended by the server. */
function stayFor({ facts: { session } }: RetrySetup): number {
  return session === undefined ? 0 : Math.min(2_000, session.openFor + 300);
}

async function tryOnce(
  plan: Plan,
  timeout: number,
  stay: number,
  message: string | undefined,
  clock: () => number,
): Promise<RetryFacts> {
  const { change } = plan;
  const { connection, href, response, failure } = await attempt(
    plan.url,
    { ...plan.options, handshakeTimeout: timeout, closeTimeout: 500 },
    clock,
  );
  // What opened it may be one of several: the address at the end of the redirects, or a subprotocol of a list.
  let opened: string | undefined;
  if (change === 'redirect' && connection !== undefined) opened = href;
  if (change === 'subprotocol') opened = connection?.subprotocol;
  const value = opened || plan.value;
  if (connection === undefined) {
    const summary = response === undefined ? failure!.summary : `${response.status} ${response.reason}`.trim();
    return { change, value, isOpen: false, status: response?.status, phase: failure!.phase, summary };
  }
  connection.on('message', () => {});
  const ended =
    stay === 0
      ? undefined
      : await endWithin(connection.closed, stay, () => {
          connection.ping().catch(() => {});
          if (message !== undefined) connection.send(message);
        });
  if (ended === undefined) void connection.close(1000).catch(() => {});
  const summary =
    ended === undefined
      ? 'opens'
      : ended.code === 1006
        ? 'opens, and is cut'
        : `opens, and is closed with ${ended.code}`;
  return { change, value, isOpen: ended === undefined, status: 101, summary };
}

async function endWithin<T>(end: Promise<T>, time: number, begin: () => void): Promise<T | undefined> {
  begin();
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>(resolve => {
    timer = setTimeout(() => resolve(undefined), time);
  });
  const result = await Promise.race([end, late]);
  clearTimeout(timer);
  return result;
}

/** Causes that are certain: a change of the request would tell nothing more. */
const CERTAIN =
  /^(other-protocol|two-101s|response-after-101|chunked-101|text-after-101|accept-|upgrade-(missing|wrong|http|lost|not-enabled|invalid)|header-lost|version-unsupported|connection-missing|subprotocol-several|extension|rate-limited|grpc|sockjs|event-stream|client-certificate|unauthorized|closed-(1009|101[0-4]|44)|captive-portal|not-http|response-(malformed|too-large)|headers-too-large|violation-(?!invalid-compressed|reserved-bits))/;

/** After these, another path or Origin would tell nothing. */
const BUSY: readonly number[] = [408, 502, 503, 504];

/** Returns the changes that make sense after this failure, the likeliest first. */
function plansFor({ url, options, facts }: RetrySetup): Plan[] {
  const { failure, response, session } = facts;
  const phase = failure?.phase;
  const plan = (change: Change, value: string, changes: ConnectOptions, other = url): Plan => ({
    change,
    value,
    url: other,
    options: { ...options, ...changes },
  });
  if (phase === 'dns' || phase === 'proxy' || response?.status === 429) return [];
  const isBare = bareOf(url) !== undefined;
  if (phase === 'connect') return isBare && new URL(url).port === '' ? [schemePlan()] : [];
  if (phase === 'tls') {
    if ((facts.tls?.chain.length ?? 0) === 0) return isBare ? [schemePlan()] : [];
    // Credentials must not go over a connection whose other end is not known.
    return hasSecrets(url, options)
      ? []
      : [plan('insecure', 'without verifying the certificate', { tls: { ...options.tls, rejectUnauthorized: false } })];
  }
  const [cause] = diagnose(facts);
  if (cause !== undefined && CERTAIN.test(cause.id)) return [];
  // What breaks a rule breaks it again.
  const plans: Plan[] = session?.violation === undefined ? [plan('again', 'the same request', {})] : [];
  const { status } = response ?? {};
  if (status !== undefined && status >= 300 && status < 400) {
    return [plan('redirect', 'the redirect', { maxRedirects: 5 })];
  }
  if (options.perMessageDeflate) plans.push(plan('no-deflate', 'without compression', { perMessageDeflate: false }));
  if ((options.subprotocols?.length ?? 0) > 0)
    plans.push(plan('no-subprotocol', 'without a subprotocol', { subprotocols: [] }));
  const mayWantSubprotocol = session === undefined && (options.subprotocols?.length ?? 0) === 0;
  if (status !== undefined && (BUSY.includes(status) || status >= 520)) return plans;
  // A silent server would take the whole limit for each attempt.
  const isSilent = response === undefined && failure?.stop === 'timeout';
  if (isSilent) return [...plans.filter(({ change }) => change !== 'again'), ...(isBare ? [schemePlan()] : [])];
  // The opening handshake is right, so only what concerns messages is changed.
  if (session?.endedDuring === 'message' || session?.violation !== undefined) return plans;
  if (mayWantSubprotocol && (status === undefined || status === 400 || status === 403))
    plans.push(plan('subprotocol', SUBPROTOCOLS.join(', '), { subprotocols: SUBPROTOCOLS }));
  const headers = new HeaderFields(facts.request?.headers ?? []);
  const target = bareOf(url);
  if (headers.has('Origin'))
    plans.push(plan('no-origin', 'without Origin', { origin: undefined, headers: withoutHeader(options, 'origin') }));
  if (target !== undefined) {
    const own = `${target.protocol === 'wss:' ? 'https' : 'http'}://${target.host}`;
    if (headers.get('Origin') !== own)
      plans.push(plan('own-origin', own, { origin: own, headers: withoutHeader(options, 'origin') }));
    if (session === undefined) {
      const slashed = target.pathname.endsWith('/') ? target.pathname.slice(0, -1) : `${target.pathname}/`;
      if (slashed !== '') plans.push(plan('slash', slashed, {}, withPath(target, slashed + target.search)));
    }
    if (!headers.has('User-Agent')) {
      plans.push(
        plan('user-agent', BROWSER, { headers: [...withoutHeader(options, 'user-agent'), ['User-Agent', BROWSER]] }),
      );
    }
    if (session === undefined) {
      if (!headers.has('Host') || headers.get('Host') === target.host) {
        plans.push(plan('host', 'localhost', { headers: [...withoutHeader(options, 'host'), ['Host', 'localhost']] }));
      }
      if (status === undefined || status === 400) plans.push(schemePlan());
      for (const path of status === 404 || status === 200 || status === 400 ? PATHS : []) {
        if (path !== target.pathname + target.search) plans.push(plan('path', path, {}, withPath(target, path)));
      }
    }
    const families = new Set(
      facts.addresses?.filter(({ outcome }) => outcome === 'connected').map(({ family }) => family),
    );
    if (families.size === 2) {
      plans.push(
        plan('ipv4', 'IPv4 only', { socket: { family: 4 } }),
        plan('ipv6', 'IPv6 only', { socket: { family: 6 } }),
      );
    }
  }
  return plans;

  function schemePlan(): Plan {
    const other = new URL(url);
    other.protocol = other.protocol === 'wss:' || other.protocol === 'https:' ? 'ws:' : 'wss:';
    // The other end is not asked to prove who it is: only whether it speaks this protocol. So it gets no credentials.
    const { tls: tlsOptions, headers: _, ...rest } = options;
    return {
      change: 'scheme',
      value: other.href,
      url: other.href,
      options: { ...rest, tls: { ...tlsOptions, rejectUnauthorized: false } },
    };
  }
}

/** Returns the URL if it has a host. */
function bareOf(url: string): URL | undefined {
  const target = new URL(url);
  if (target.protocol === 'http:') target.protocol = 'ws:';
  if (target.protocol === 'https:') target.protocol = 'wss:';
  return target.hostname === '' ? undefined : target;
}

function withPath(target: URL, path: string): string {
  return new URL(path, target).href;
}

function withoutHeader({ headers = [] }: ConnectOptions, name: string): Array<readonly [string, string]> {
  return headersOf(headers).filter(([other]) => other.toLowerCase() !== name);
}

function hasSecrets(url: string, { headers = [] }: ConnectOptions): boolean {
  const { username, password, search } = new URL(url);
  return username !== '' || password !== '' || search !== '' || headersOf(headers).length > 0;
}

/** After a failed TLS handshake, tries it with one change at a time. */
export async function tlsVariations(
  address: string,
  port: number,
  hostname: string,
  limit: number,
): Promise<NonNullable<NonNullable<Facts['tls']>['with']>> {
  const servername = /^[\d.]+$|:/.test(hostname) ? undefined : hostname;
  const name = servername === undefined ? {} : { servername };
  const start = now();
  const left = () => Math.max(1, limit - (now() - start));
  const h2 = await tlsWith(address, port, { ...name, ALPNProtocols: ['h2'] }, left());
  if (h2?.alpn === 'h2') return { h2: true };
  const old = await tlsWith(
    address,
    port,
    { ...name, minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' },
    left(),
  );
  if (old !== undefined) return { oldVersion: old.version };
  const noName = servername === undefined ? undefined : await tlsWith(address, port, {}, left());
  return { noName: noName !== undefined };
}

function headersOf(headers: NonNullable<ConnectOptions['headers']>): ReadonlyArray<readonly [string, string]> {
  if (Symbol.iterator in headers) return [...headers];
  return Object.entries(headers).flatMap(([name, value]) =>
    (typeof value === 'string' ? [value] : value).map(one => [name, one] as const),
  );
}
