/** What came instead of a 101: nothing, another protocol, or an ordinary response. */
import { type Diagnosis, problem, type Rule } from './diagnosis.js';
import { headersOf, opensWith, saying } from './evidence.js';
import type { Facts, RetryFacts } from './facts.js';
import { latin1, otherProtocol, usualProtocol } from './other-protocols.js';

export const answerRules: readonly Rule[] = [
  alert,
  notHttp,
  http2Response,
  tooManyInterims,
  cutHead,
  malformed,
  noResponse,
];

/** A TLS alert after the handshake: the server demands something that TLS 1.3 checks late. */
function alert({ failure, tls }: Facts): Diagnosis | undefined {
  if (
    failure?.phase !== 'response' ||
    failure.code === undefined ||
    !/^ERR_SSL/.test(failure.code) ||
    tls === undefined
  )
    return undefined;
  return problem(
    'tls-alert',
    `the server ends TLS after the handshake: ${failure.summary}`,
    'Look at the log of the server. It may demand a client certificate (--cert, --key).',
  );
}

function opening({ failure, response }: Facts): Uint8Array | undefined {
  const bytes = failure?.opening;
  return response === undefined && bytes !== undefined && bytes.length > 0 ? bytes : undefined;
}

function notHttp(facts: Facts): Diagnosis | undefined {
  const bytes = opening(facts);
  if (bytes === undefined || latin1(bytes).startsWith('HTTP/')) return undefined;
  const port = facts.target?.port;
  const found = otherProtocol(bytes);
  const tls = opensWith(facts, 'scheme');
  if (found?.name === 'TLS') {
    return problem(
      'tls-port',
      `port ${port} speaks TLS, but the URL says ws:`,
      `Use ${tls?.value ?? 'wss:'}${tls === undefined ? '' : ', which opens'}.`,
    );
  }
  if (found !== undefined) {
    return problem(
      'other-protocol',
      `port ${port} is not for WebSocket: the server speaks ${found.name}`,
      found.advice ?? 'Check the port, and whether the server starts the right program there.',
    );
  }
  const start = latin1(bytes.subarray(0, 40)).replace(/[^\x20-\x7e]/g, '.');
  return problem(
    'not-http',
    `port ${port} does not answer with HTTP: the first bytes are "${start}"`,
    'Check the port. The server must answer the request with `HTTP/1.1 101 Switching Protocols`.',
  );
}

/** Node and others report a request that they cannot read, and h2c servers send frames after it. */
function http2Response({ response }: Facts): Diagnosis | undefined {
  if (response === undefined || response.version.startsWith('1.')) return undefined;
  return problem('http-version', `the response is HTTP/${response.version}`, 'The upgrade of RFC 6455 needs HTTP/1.1.');
}

function tooManyInterims({ failure }: Facts): Diagnosis | undefined {
  return failure !== undefined && /interim responses/.test(failure.summary)
    ? problem('interim-responses', failure.summary, 'The server sends 1xx responses without end: correct it.', {
        section: 'RFC 9110 §15.2',
      })
    : undefined;
}

function cutHead(facts: Facts): Diagnosis | undefined {
  const bytes = opening(facts);
  const stop = facts.failure?.stop;
  if (bytes === undefined || stop === undefined) return undefined;
  if (/^(HTTP\/1\.\d 1\d\d[^\r]*\r\n([^\r]+\r\n)*\r\n)+$/.test(latin1(bytes))) {
    return problem(
      stop === 'timeout' ? 'no-response' : 'connection-cut',
      `the server sends only an interim response (${latin1(bytes).slice(9, 12)}), and then ${stop === 'timeout' ? 'nothing more' : 'the connection ends'}`,
      'The final response, the 101, is missing: look at the log of the server, or of the one behind it.',
      { section: 'RFC 9110 §15.2' },
    );
  }
  const how = {
    fin: 'then the server ended the connection',
    reset: 'then the connection was reset',
    timeout: 'then nothing more came',
  }[stop];
  return problem(
    'head-incomplete',
    `the head of the response began but never ended with an empty line; ${how}`,
    'The server must end its head with CRLF CRLF, and flush it. A program that died while it answered also looks like this: see its log.',
    { section: 'RFC 9112 §2.1' },
  );
}

function malformed(facts: Facts): Diagnosis | undefined {
  const bytes = opening(facts);
  if (bytes === undefined) return undefined;
  const { summary } = facts.failure!;
  const tooLarge = /at most \d+ (bytes|header lines)/.test(summary);
  return tooLarge
    ? problem(
        'response-too-large',
        summary,
        'Most clients refuse a head above 8 to 16 KiB: the server should send fewer or shorter headers, such as cookies.',
      )
    : problem(
        'response-malformed',
        summary,
        'Correct the program that writes this response. Each line must be `Name: value` and end with CRLF.',
        { section: 'RFC 9112' },
      );
}

function noResponse(facts: Facts): Diagnosis | undefined {
  const { failure, response, target, retries } = facts;
  if (response !== undefined || failure === undefined || (failure.phase !== 'response' && failure.phase !== 'request'))
    return undefined;
  const tls = opensWith(facts, 'scheme');
  const spokeTls = retries?.find(
    ({ change, phase, status }) => change === 'scheme' && (status !== undefined || phase === 'response'),
  );
  if (tls !== undefined || (spokeTls !== undefined && target?.secure === false)) {
    return problem(
      'tls-port',
      `port ${target?.port} speaks TLS, but the URL says ws:`,
      `Use ${tls?.value ?? spokeTls?.value ?? 'wss:'}.`,
    );
  }
  const retry = whatOpens(facts);
  if (retry !== undefined) return retry;
  if (failure.stop === 'timeout') {
    return problem(
      'no-response',
      `the server accepts the connection but does not answer the request within ${seconds(failure.time)}`,
      'The server may hang or be overloaded, the port may be for another protocol that waits for its own first bytes, or a proxy waits for a server behind it. Send the same request from the server itself to find out which, and wait longer with --timeout (a third of it is for the response, at most 10 s).',
    );
  }
  const how = failure.stop === 'reset' ? 'resets' : 'ends';
  const usual = usualProtocol(target?.port);
  return problem(
    'connection-cut',
    `the server accepts the connection but ${how} it without an answer to the request${usual === undefined ? '' : `; port ${target?.port} is usually ${usual}`}`,
    'Look at its log: it may crash on the request, allow only some addresses, be full, or speak another protocol (TLS: try wss://). A firewall that inspects HTTP also cuts requests with Upgrade: wss:// passes most of them.',
  );
}

/** The change with which the WebSocket opens tells the cause, whatever the response was. */
export function whatOpens(facts: Facts): Diagnosis | undefined {
  const { failure } = facts;
  if (failure?.phase !== 'response' && failure?.phase !== 'request') return undefined;
  const found = opensWith(
    facts,
    'again',
    'no-deflate',
    'no-subprotocol',
    'subprotocol',
    'no-origin',
    'own-origin',
    'slash',
    'user-agent',
    'host',
    'path',
    'scheme',
    'ipv4',
    'ipv6',
  );
  if (found === undefined) return undefined;
  const answer = answerOf(facts);
  return CAUSES[found.change]?.(found, answer, facts);
}

function answerOf({ response, failure }: Facts): string {
  if (response !== undefined) return `the server answers ${response.status}${saying(response.body)}`;
  return failure?.stop === 'timeout'
    ? 'the server does not answer'
    : 'the server ends the connection without an answer';
}

const CAUSES: Readonly<
  Partial<Record<RetryFacts['change'], (retry: RetryFacts, answer: string, facts: Facts) => Diagnosis>>
> = {
  again: (_, answer) =>
    problem(
      'intermittent',
      `${answer}, but the same request opens the second time: it fails only now and then`,
      'Several servers may answer by turns, one of them broken, or the server limits connections. Compare their logs and versions.',
    ),
  'no-deflate': (_, answer) =>
    problem(
      'compression-refused',
      `${answer}; without Sec-WebSocket-Extensions it opens: the offer of compression breaks it`,
      'Do not offer permessage-deflate, or correct the server: one that does not know an extension must ignore it.',
      { section: 'RFC 6455 §9.1' },
    ),
  'no-subprotocol': (_, answer) =>
    problem(
      'subprotocol-refused',
      `${answer}; without a subprotocol it opens: the server does not accept the one offered`,
      'Offer the name that the server knows (upper and lower case matter), or none.',
      { section: 'RFC 6455 §4.2.2' },
    ),
  subprotocol: ({ value }, answer) =>
    problem(
      'subprotocol-needed',
      `${answer}; with ${value.includes(',') ? `one of the subprotocols ${value}` : `the subprotocol ${value}`} it opens: the server wants one`,
      `Offer the one that the server speaks: --subprotocol ${value.includes(',') ? 'NAME' : value}, or in a browser the second argument of \`new WebSocket()\`.`,
      { section: 'RFC 6455 §4.2.2' },
    ),
  'no-origin': (_, answer, facts) =>
    problem(
      'origin-refused',
      `${answer}; without an Origin header it opens: the server does not allow Origin ${originOf(facts)}`,
      `Add ${originOf(facts)} to the origins that the server allows (with scheme and port, without a slash at the end). Browsers always send Origin.`,
      { section: 'RFC 6455 §10.2' },
    ),
  'own-origin': ({ value }, answer, facts) =>
    problem(
      'origin-refused',
      `${answer}; with Origin ${value} it opens: the server allows only certain origins${originOf(facts) === undefined ? ', and a client without Origin is none of them' : ''}`,
      `From a browser, the page must come from an allowed origin; from a program, send one: --origin ${value}. At the server, add the origin to the list.`,
      { section: 'RFC 6455 §10.2' },
    ),
  slash: ({ value }, answer) =>
    problem(
      'path-slash',
      `${answer}; at ${value} it opens: the path is right except for the slash at its end`,
      `Use ${value}.`,
    ),
  path: ({ value }, answer) =>
    problem(
      value.includes('EIO=') ? 'socket.io' : 'wrong-path',
      `${answer}; at ${value} it opens: ${value.includes('EIO=') ? 'this is a Socket.IO server, which has its own path, query and message format' : 'the path is wrong'}`,
      value.includes('EIO=')
        ? 'Use the client of Socket.IO, or this path and its protocol. A plain WebSocket client cannot exchange messages with it.'
        : `Use ${value}.`,
    ),
  'user-agent': (_, answer) =>
    problem(
      'user-agent-refused',
      `${answer}; with the User-Agent of a browser it opens: a filter (WAF, bot protection) refuses clients without one`,
      "Send a User-Agent: -H 'User-Agent: …', or add an exception for this path.",
    ),
  host: ({ value }, answer, { target }) =>
    problem(
      'host-refused',
      `${answer}; with \`Host: ${value}\` it opens: the server does not know the host ${target?.hostname}`,
      `Add ${target?.hostname} to the hosts that the server allows (virtual host, ALLOWED_HOSTS, allowedHosts).`,
    ),
  scheme: ({ value }, answer) => problem('wrong-scheme', `${answer}; at ${value} it opens`, `Use ${value}.`),
  ipv4: ({ value }, answer) =>
    problem(
      'ipv6-other-server',
      `${answer}; over IPv4 (${value}) it opens: the IPv6 address leads to another server`,
      'Correct the AAAA record, or the server at the IPv6 address.',
    ),
  ipv6: ({ value }, answer) =>
    problem(
      'ipv4-other-server',
      `${answer}; over IPv6 (${value}) it opens: the IPv4 address leads to another server`,
      'Correct the A record, or the server at the IPv4 address.',
    ),
};

export function originOf(facts: Facts): string | undefined {
  return headersOf(facts.request).get('Origin');
}

export function seconds(time: number | undefined): string {
  return time === undefined ? 'the time allowed' : `${Number((time / 1000).toPrecision(2))} s`;
}
