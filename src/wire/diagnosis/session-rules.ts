/** An open connection: what the server does with it, and how it ends. */
import { causeOfClose } from './close-causes.js';
import { type Diagnosis, problem, type Rule, warning } from './diagnosis.js';
import { headersOf, opensWith } from './evidence.js';
import type { Facts, SessionFacts } from './facts.js';
import { LONGER_IDLE, NO_BUFFERING } from './fixes.js';
import { violation } from './violation-rules.js';

/** A connection that ends within this time was refused, rather than closed in use. */
const AT_ONCE = 1_500;

export const sessionRules: readonly Rule[] = [violation, idleTimeout, closedByServer, cutOff, silent];

/** Times after which known proxies cut an idle connection, in seconds. */
const KNOWN_IDLE: ReadonlyMap<number, string> = new Map([
  [30, 'HAProxy `timeout client` in many templates'],
  [50, 'HAProxy `timeout client 50s`'],
  [55, 'Heroku (55 s)'],
  [60, 'nginx proxy_read_timeout, AWS ALB, Apache Timeout (60 s)'],
  [100, 'Cloudflare (100 s)'],
  [120, 'Node server.timeout of old versions, or IIS (120 s)'],
  [240, 'Azure load balancer (4 min)'],
  [300, 'Apache Timeout of old versions, AWS NLB client setting (5 min)'],
  [350, 'AWS NLB (350 s)'],
  [600, 'Google Cloud (10 min)'],
]);

function idleTimeout({ session, response }: Facts): Diagnosis | undefined {
  if (session?.endedDuring !== 'idle' || session.idle === undefined) return undefined;
  const after = session.idle.lasted;
  const time = `${after < 10_000 ? (after / 1000).toFixed(1) : Math.round(after / 1000)} s`;
  const known = [...KNOWN_IDLE].find(([limit]) => Math.abs(after - limit * 1000) < Math.max(1_500, limit * 25))?.[1];
  const { serverClose } = session;
  if (serverClose !== undefined) {
    return problem(
      'idle-closed',
      `the server closes a connection on which nothing is sent after ${time}, with ${closeText(serverClose)}`,
      `${serverClose.code === undefined ? '' : `${causeOfClose(serverClose.code, serverClose.reason)[1]} `}It may wait for a first message, such as a login or a subscription, or for a heartbeat of the application.`,
    );
  }
  const server = headersOf(response).get('Server');
  return problem(
    'idle-timeout',
    `an idle connection is cut after ${time} without a Close frame${known === undefined ? '' : `: that is the time of ${known}`}${server === undefined ? '' : ` (Server: ${server})`}`,
    `Send a ping more often: every ${pingEvery(after)}. In ws101: pingInterval. Or raise the limit:`,
    { section: 'RFC 6455 §5.5.2', fixes: LONGER_IDLE },
  );
}

function pingEvery(after: number): string {
  const half = after / 2_000;
  return half >= 2 ? `${Math.min(25, Math.floor(half))} s` : `${half.toFixed(1)} s`;
}

function closedByServer(facts: Facts): Diagnosis | undefined {
  const { session } = facts;
  if (session?.endedDuring === undefined || session.endedDuring === 'close' || session.serverClose === undefined)
    return undefined;
  const { code, reason } = session.serverClose;
  const when = whenOf(session);
  const opens = stays(facts);
  if (session.endedDuring === 'message' && code === 1009) {
    return problem(
      'message-too-big',
      `the server closes with 1009: a message of ${session.message?.size} bytes is larger than it accepts`,
      'Raise its limit (in ws: maxPayload; in ws101: maxMessageSize), or send smaller messages.',
      { section: 'RFC 6455 §7.4.1' },
    );
  }
  if (isAnswerToMessage(session) && code !== 1002 && code !== 1011) {
    const [cause, advice] = code === undefined || code < 3000 ? [] : causeOfClose(code, reason);
    return warning(
      'message-refused',
      `the server closes with ${closeText(session.serverClose)} ${when}: ${cause ?? 'it does not accept this test message'}`,
      `${advice === undefined ? '' : `${advice} `}That is no fault if it expects another format. Pass a valid message with --send, or none with --no-send.`,
    );
  }
  if (code === undefined) {
    return problem(
      'closed-without-code',
      `the server closes without a close code ${when}`,
      `It does not say why: look at its log.${opens}`,
      { section: 'RFC 6455 §7.4.1' },
    );
  }
  // A connection that was used and then closed normally.
  const isNormal = (code === 1000 || code === 1001) && session.openFor > 10_000 && session.messages > 0;
  if (isNormal) return undefined;
  const [cause, advice] = causeOfClose(code, reason);
  return problem(
    `closed-${code}`,
    `the server closes with ${closeText({ code, reason })} ${when}: ${cause}`,
    (whenOf(session) === AT_PING ? 'A Ping must be answered with a Pong: correct the server, or the proxy. ' : '') +
      advice +
      opens,
    { section: 'RFC 6455 §7.4' },
  );
}

function stays(facts: Facts): string {
  if (opensWith(facts, 'again') !== undefined)
    return ' The second time, the same request stayed open: it happens only now and then.';
  const found = opensWith(
    facts,
    'no-subprotocol',
    'no-deflate',
    'no-origin',
    'own-origin',
    'slash',
    'path',
    'user-agent',
    'host',
  );
  return found === undefined ? '' : ` With ${found.value}, the connection stays open.`;
}

function cutOff(facts: Facts): Diagnosis | undefined {
  const { session } = facts;
  if (session?.endedDuring === undefined || session.endedDuring === 'close') return undefined;
  if (session.serverClose !== undefined) return undefined;
  const how = session.stop === 'reset' ? 'is reset' : 'ends';
  const when = whenOf(session);
  const deflate = opensWith(facts, 'no-deflate') === undefined ? '' : '; without compression it stays open';
  if (session.isCutOff === true && session.endedDuring !== 'idle') {
    return problem(
      'cut-in-frame',
      `the connection ${how} ${when}, in the middle of a frame of the server`,
      'The program died while it sent, or the length in the header of the frame is larger than what follows.',
      { section: 'RFC 6455 §5.2' },
    );
  }
  if (isAnswerToMessage(session))
    return problem(
      'cut-after-message',
      `the connection ${how} ${when}, without a Close frame${deflate}`,
      'The server may crash on this message, or a proxy does not understand frames: look at their logs.',
      { section: 'RFC 6455 §7.1.5' },
    );
  if (session.endedDuring === 'ping' && (session.endedAfter ?? AT_ONCE) < AT_ONCE) {
    return problem(
      'cut-after-ping',
      `the connection ${how} ${when}, without a Close frame${deflate}`,
      'The server may not know control frames, or a proxy passes the 101 on but not the frames: look at their logs.',
      { section: 'RFC 6455 §5.5.2' },
    );
  }
  return problem(
    'cut-off',
    `the connection ${how} ${when}, without a Close frame (browsers report 1006)${deflate}`,
    'The program at the server may have crashed or ended the socket, or a proxy that does not know WebSocket cut it: look at their logs.',
    { section: 'RFC 6455 §7.1.5' },
  );
}

/** An end that comes later has another cause, such as a limit of time. */
function isAnswerToMessage({ endedDuring, endedAfter = 0, ping }: SessionFacts): boolean {
  return endedDuring === 'message' && endedAfter < Math.max(500, 3 * (ping?.answered ?? 0));
}

const AT_PING = 'as soon as it gets a Ping';

function whenOf(session: SessionFacts): string {
  const { endedDuring, openFor } = session;
  if (endedDuring === 'ping' && (session.endedAfter ?? AT_ONCE) < AT_ONCE) return AT_PING;
  if (isAnswerToMessage(session)) return 'after the test message';
  return openFor < AT_ONCE
    ? `at once (${Math.max(1, Math.round(openFor))} ms after its 101)`
    : `${(openFor / 1000).toFixed(1)} s after its 101`;
}

/** An open connection over which nothing comes back. */
function silent({ session }: Facts): Diagnosis | undefined {
  if (session === undefined || session.ping === undefined || session.ping.answered !== undefined) return undefined;
  if (session.endedDuring !== undefined && session.endedDuring !== 'close') return undefined;
  if (session.ping.isOther === true) {
    return problem(
      'wrong-pong',
      'the server answers a Ping with a Pong that has another payload',
      'A Pong must have the payload of the Ping that it answers: clients that compare them take this for no answer.',
      { section: 'RFC 6455 §5.5.3' },
    );
  }
  if (session.ping.cameWithClose) {
    return problem(
      'buffered',
      'frames of the server arrive only when the connection ends: something on the way buffers them',
      'Turn buffering off in the proxy, the filter or the antivirus program on the way:',
      { fixes: NO_BUFFERING },
    );
  }
  if (session.isCutOff === true) {
    return problem(
      'frame-incomplete',
      'the server begins a frame and never sends the rest of it',
      'The length in its header is larger than what follows: the program counts characters instead of bytes, or stopped while it wrote. Nothing after it can be read.',
      { section: 'RFC 6455 §5.2' },
    );
  }
  const isDead = session.closing?.answered === undefined && session.messages === 0;
  if (isDead) {
    return problem(
      'silent',
      'the server agrees to a WebSocket, and then answers neither Ping nor Close',
      'The program may hang after its 101, or a proxy holds the frames back. Connect to the server directly to see which.',
      { section: 'RFC 6455 §5.5.2, §5.5.1', fixes: NO_BUFFERING },
    );
  }
  return problem(
    'no-pong',
    'the server does not answer a Ping',
    'It must send a Pong as soon as is practical. Clients and proxies that check with pings cut such a connection.',
    { section: 'RFC 6455 §5.5.2' },
  );
}

export function closeIgnored({ session }: Facts): Diagnosis | undefined {
  const closing = session?.closing;
  if (closing === undefined || closing.answered !== undefined || session?.endedDuring !== undefined) return undefined;
  // That it answers nothing at all is said already.
  if (session?.ping !== undefined && session.ping.answered === undefined && session.messages === 0) return undefined;
  if (session?.stop === 'fin' || session?.stop === 'reset') {
    return warning(
      'close-unanswered',
      `the server ends TCP without answering the Close frame${session.stop === 'reset' ? ' (reset)' : ''}: every close looks abnormal (1006)`,
      'It must send a Close frame back before it ends TCP.',
      { section: 'RFC 6455 §5.5.1' },
    );
  }
  return problem(
    'close-ignored',
    'the server does not answer a Close frame',
    'It must send a Close frame back and end TCP. Until then, clients wait for their timeout at every close.',
    { section: 'RFC 6455 §5.5.1' },
  );
}

/** "The underlying TCP connection, in most normal cases, SHOULD be closed first by the server" (§7.1.1). */
export function tcpLeftOpen({ session }: Facts): Diagnosis | undefined {
  const closing = session?.closing;
  if (closing?.answered === undefined || closing.ended !== undefined) return undefined;
  return warning(
    'tcp-left-open',
    'the server answers the Close frame but does not end TCP',
    'It should end TCP at once, so that the connection does not linger.',
    { section: 'RFC 6455 §7.1.1' },
  );
}

function closeText({ code, reason }: { readonly code: number | undefined; readonly reason: string }): string {
  if (code === undefined) return 'no code';
  return reason === '' ? String(code) : `${code} "${reason}"`;
}

/** Answers that take longer than this are noticed by users. */
const SLOW = 2_000;

export function slow({ response, session, resolution }: Facts): Diagnosis | undefined {
  const [what, time] =
    (response?.time ?? 0) > SLOW
      ? ['the server answers the opening handshake', response!.time!]
      : (session?.ping?.answered ?? 0) > SLOW
        ? ['the Pong comes', session!.ping!.answered!]
        : ['the name server answers', resolution?.time ?? 0];
  // A gateway that gave up has said already that it waited.
  if (time <= SLOW || response === undefined || response.status === 504 || response.status === 524) return undefined;
  return warning(
    'slow',
    `${what} only after ${(time / 1000).toFixed(1)} s`,
    'Many clients and proxies give up after 5 to 10 s. Look for what the server waits for, such as a database, a name server, or a cold start.',
  );
}
