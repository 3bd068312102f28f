import { CLOSE_CODE, closeCodeName } from '../framing/close-code.js';
import { printable } from '../handshake/quoted.js';
import type { Side } from './conversation.js';
import type { CloseSummary, ConversationSummary } from './conversation-summary.js';

type Facts = Omit<ConversationSummary, 'verdict' | 'isFine'>;

/** Codes that report no error. */
const NORMAL: readonly number[] = [CLOSE_CODE.NORMAL_CLOSURE, CLOSE_CODE.GOING_AWAY, CLOSE_CODE.NO_STATUS_RECEIVED];

/** Says in one sentence what happened on a connection, and whether that is fine. */
export function verdictOf(facts: Facts): { readonly verdict: string; readonly isFine: boolean } {
  const handshake = handshakeVerdict(facts);
  if (handshake !== undefined) return { verdict: handshake, isFine: false };
  const end = endOf(facts, 'the connection');
  const broken = brokenRule(facts);
  if (broken !== undefined) return { verdict: end.isKnown ? `${broken} ${sentence(end.text)}` : broken, isFine: false };
  if (facts.handshake === 'open') return openVerdict(facts, endOf(facts, 'it'));
  const what = `${countOf(facts)} no rule; there is no opening handshake`;
  return { verdict: sentence(end.isKnown ? `${what}; ${end.text}` : what), isFine: end.isFine };
}

/** A client may overlook a mistake that §4.1 does not name, and a server any. */
function openVerdict({ mistakes }: Facts, end: End): { readonly verdict: string; readonly isFine: boolean } {
  const mistake = mistakes.find(({ from }) => from === 'server') ?? mistakes[0];
  if (mistake === undefined) return { verdict: sentence(`the connection opened; ${end.text}`), isFine: end.isFine };
  const side = mistake.from === 'client' ? 'request' : 'response';
  return {
    verdict: `The ${side} breaks a rule.${because(mistake)} The connection opened; ${end.text}.`,
    isFine: false,
  };
}

/** Returns a sentence about the first rule that was broken after the handshake, or undefined. */
function brokenRule({ violations, remarks, handshake }: Facts): string | undefined {
  const [violation] = violations;
  if (violation !== undefined) {
    const { from, frame, violation: rule, detail } = violation;
    const what = detail === '' ? rule.message : `${rule.message}: ${printable(detail)}`;
    const isDoubtful = handshake === 'unknown' && frame === 1;
    const doubt = isDoubtful ? ' Or the first byte is not the start of a frame.' : '';
    return `The ${from} broke a rule in frame ${frame}: ${what} (${rule.section}).${doubt}`;
  }
  const wrong = remarks.find(({ verdict }) => verdict === 'wrong');
  return wrong && sentence(wrong.note);
}

/** For example `3 frames, which break`. */
function countOf({ sides: { client, server } }: Facts): string {
  const frames = client.frames + server.frames;
  const count = frames > 0 ? frames : client.messages + server.messages;
  const noun = frames > 0 ? 'frame' : 'message';
  return count === 1 ? `1 ${noun}, which breaks` : `${count} ${noun}s, which break`;
}

/** Returns why there is no connection, or undefined if there is one. */
function handshakeVerdict(facts: Facts): string | undefined {
  const { handshake, request, response, mistakes, remarks } = facts;
  const remark = remarks.find(({ code }) => code === 'tls' || code === 'http2' || code === 'foreign');
  if (handshake === 'none' || (remark !== undefined && handshake === 'unanswered')) {
    return remark === undefined ? 'There are no bytes to explain.' : sentence(remark.note);
  }
  const asked = mistakes.find(({ from }) => from === 'client');
  if (handshake === 'unanswered') {
    return `${unanswered(facts)}.${because(asked)}`;
  }
  if (handshake === 'refused' && response !== undefined) {
    const { status, reason } = response;
    if (request?.isWebSocket === false) return 'This is plain HTTP: no request asks for a WebSocket.';
    const answer = status === undefined ? 'with something other than HTTP' : `${status} ${printable(reason)}`.trim();
    return `The server refused the handshake: it answered ${answer} instead of 101.${because(asked)}`;
  }
  if (handshake === 'invalid') {
    const answered = mistakes.find(({ from }) => from === 'server');
    return `The server's 101 is not valid, so clients close the connection.${because(answered)}`;
  }
  return undefined;
}

function unanswered({ ends, sides, interimResponses }: Facts): string {
  const [end] = ends;
  const how =
    end === undefined ? '' : `, and the ${end.from} ${end.how === 'fin' ? 'ended' : 'reset'} the TCP connection`;
  if (interimResponses > 0) return `The server sent only interim responses (${interimResponses})${how}`;
  if (sides.server.bytes > 0) return `The response of the server is cut off${how}`;
  return `The server did not answer the handshake${how}`;
}

function because(mistake: Facts['mistakes'][number] | undefined): string {
  if (mistake === undefined) return '';
  const { from, line, note, section } = mistake;
  const where = line === undefined ? '' : `, in \`${printable(line)}\``;
  return ` Wrong in the ${from === 'client' ? 'request' : 'response'}${where}: ${note}${section === undefined ? '' : ` (${section})`}.`;
}

interface End {
  readonly text: string;
  readonly isFine: boolean;
  readonly isKnown: boolean;
}

/** How an open connection ended. */
function endOf(facts: Facts, connection: 'it' | 'the connection'): End {
  const { closes, ends, isClean, response, request } = facts;
  const [first, second] = closes;
  if (first === undefined) {
    const [end] = ends;
    if (end === undefined) return { text: 'its end is not in the capture', isFine: true, isKnown: false };
    const how = end.how === 'fin' ? 'ended' : 'reset';
    const unanswered =
      end.from === 'client' && (request?.subprotocols.length ?? 0) > 0 && response?.subprotocol === ''
        ? ': the server chose none of the subprotocols, and browsers then close at once'
        : '';
    return {
      text: `the ${end.from} ${how} the TCP connection without a Close frame, so applications see 1006${unanswered}`,
      isFine: false,
      isKnown: true,
    };
  }
  const isKnown = true;
  const closed = `the ${first.from} closed ${connection} ${describe(first)}`;
  const isError = !NORMAL.includes(first.code);
  if (second !== undefined) {
    const answer = second.code === first.code ? '' : ` with ${second.code}`;
    return { text: `${closed}, and the ${second.from} answered${answer}`, isFine: isClean && !isError, isKnown };
  }
  if (isLost(facts, otherThan(first.from))) return { text: closed, isFine: false, isKnown };
  if (ends.length === 0) return { text: `${closed}; the answer is not in the capture`, isFine: !isError, isKnown };
  return { text: `${closed}, but the ${otherThan(first.from)} sent no Close frame`, isFine: false, isKnown };
}

/** Whether frames of this side may have come that were not decoded. */
function isLost({ violations, remarks }: Facts, side: Side): boolean {
  return [...violations, ...remarks.filter(({ code }) => code === 'not-decoded')].some(({ from }) => from === side);
}

function describe({ code, reason }: CloseSummary): string {
  if (code === CLOSE_CODE.NO_STATUS_RECEIVED) return 'without a code';
  const said = reason === '' ? '' : `, "${printable(reason)}"`;
  return `with ${code} (${closeCodeName(code)}${said})`;
}

function otherThan(side: Side): Side {
  return side === 'client' ? 'server' : 'client';
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}
