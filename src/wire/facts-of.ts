import { parseAuthority } from '../handshake/request-target.js';
import type { ConversationSummary } from './conversation-summary.js';
import type { Facts, FailureFacts, SessionFacts, TargetFacts, ViolationFacts } from './diagnosis/index.js';
import type { HandshakeRequest } from './request-verdicts.js';

/** A connection that ends after this much silence ended because of it. */
const IDLE = 5_000;

/** Returns what a capture tells about a connection, for diagnose(). */
export function factsOf(summary: ConversationSummary): Facts {
  const { request, response, handshake, start } = summary;
  // Plain HTTP has nothing to diagnose.
  if (request?.isWebSocket === false) return {};
  return {
    now: start,
    target: request && targetOf(request),
    request: request && { headers: request.headers.lines },
    response:
      response?.status === undefined
        ? undefined
        : {
            version: response.version,
            status: response.status,
            reason: response.reason,
            headers: response.headers.lines,
            body: new TextDecoder().decode(response.body),
          },
    failure: failureOf(summary),
    session: handshake === 'open' || handshake === 'unknown' ? sessionOf(summary) : undefined,
  };
}

/** Why there is no valid 101. */
function failureOf(summary: ConversationSummary): FailureFacts | undefined {
  const { handshake, request, mistakes, verdict, serverStart, response, ends } = summary;
  if (handshake === 'open' || handshake === 'unknown' || request === undefined) return undefined;
  const isHttp = /^(HTTP\/1|$)/.test(String.fromCharCode(...serverStart.subarray(0, 6)));
  const [end] = ends;
  return {
    phase: 'response',
    summary: mistakes.find(({ from }) => from === 'server')?.note ?? verdict,
    opening: isHttp ? undefined : serverStart,
    // A client that ends TCP without an answer has waited too long.
    stop: response !== undefined ? undefined : end?.from === 'server' ? end.how : 'timeout',
  };
}

function targetOf({ host = 'localhost', target }: HandshakeRequest): TargetFacts {
  const authority = parseAuthority(host);
  const path = target.startsWith('/') ? target : '/';
  return {
    href: `ws://${host}${path}`,
    secure: false,
    hostname: authority?.host ?? host,
    port: authority?.port ?? 80,
    path,
  };
}

function sessionOf(summary: ConversationSummary): SessionFacts {
  const { response, opened, start, last, closes, ends, silenceBeforeEnd = 0, sides } = summary;
  const [first] = closes;
  const [end] = ends;
  const close = (from: 'client' | 'server') => {
    const found = closes.find(one => one.from === from);
    return found && { code: found.code === 1005 ? undefined : found.code, reason: found.reason };
  };
  const endTime = first?.time ?? end?.time ?? last;
  const openFor = endTime === undefined ? 0 : endTime - (opened ?? start ?? endTime);
  const isServersEnd = (first ?? end)?.from === 'server';
  const isIdle = isServersEnd && silenceBeforeEnd >= IDLE;
  const { pings, roundTrips } = sides.client;
  const answer = closes[1];
  return {
    subprotocol: response?.subprotocol ?? '',
    openFor,
    endedDuring: isIdle ? 'idle' : isServersEnd ? 'listen' : undefined,
    serverClose: close('server'),
    clientClose: close('client'),
    stop: first === undefined ? end?.how : undefined,
    violation: violationOf(summary),
    messages: sides.server.messages,
    ping: pings === 0 ? undefined : { answered: roundTrips?.mean, cameWithClose: false },
    idle: isIdle ? { asked: silenceBeforeEnd, lasted: silenceBeforeEnd } : undefined,
    closing:
      first?.from !== 'client' || end === undefined || violationOf(summary) !== undefined
        ? undefined
        : { answered: answer && since(first, answer), ended: since(first, end) },
  };
}

function since(first: { readonly time: number | undefined }, last: { readonly time: number | undefined }): number {
  return (last.time ?? 0) - (first.time ?? 0);
}

/** The first rule that the server breaks. A second response is what a client sees as one. */
function violationOf({ violations, remarks, afterSwitch }: ConversationSummary): ViolationFacts | undefined {
  const second = remarks.find(({ code }) => code === 'second-response');
  if (second !== undefined) {
    return { from: 'server', code: 'RESERVED_BITS', message: second.note, section: '§5.2', start: afterSwitch };
  }
  const found = violations.find(({ from }) => from === 'server');
  if (found === undefined) return undefined;
  const { code, message, section } = found.violation;
  return { from: 'server', code, message, section, start: afterSwitch };
}
