/** What the doctor checked, in order, as lines for people and programs. */
import { type Facts, HeaderFields, type HeadItem, type RetryFacts, type Verdict } from '../../wire/index.js';
import { isSecretHeader, withoutSecrets } from './secrets.js';

export type StageName =
  | 'url'
  | 'dns'
  | 'tcp'
  | 'proxy'
  | 'tls'
  | 'request'
  | 'response'
  | 'frames'
  | 'ping'
  | 'message'
  | 'idle'
  | 'close'
  | 'retries';

/** One step of the examination. */
export interface Stage {
  readonly name: StageName;
  readonly status: 'ok' | 'warning' | 'failed' | 'info';
  /** How long it took, in milliseconds. */
  readonly time?: number | undefined;
  readonly summary: string;
  readonly details: readonly StageDetail[];
}

/** A line that belongs to a stage. */
export interface StageDetail {
  readonly text: string;
  /** Whether the line follows the rules of the opening handshake. */
  readonly verdict?: Verdict | undefined;
  /** What is to be said about it. */
  readonly note?: string | undefined;
}

type Make = (facts: Facts, heads: readonly HeadItem[]) => Stage | undefined;

const MAKERS: readonly Make[] = [
  urlStage,
  dnsStage,
  tcpStage,
  proxyStage,
  tlsStage,
  requestStage,
  responseStage,
  framesStage,
  pingStage,
  messageStage,
  idleStage,
  closeStage,
];

/**
 * Returns the stages that the facts show.
 *
 * @param heads the heads of the opening handshake, with a verdict on each line
 */
export function stagesOf(facts: Facts, heads: readonly HeadItem[] = []): readonly Stage[] {
  return MAKERS.map(make => make(facts, heads)).filter(stage => stage !== undefined);
}

function stage(
  name: StageName,
  status: Stage['status'],
  summary: string,
  { time, details = [] }: { readonly time?: number | undefined; readonly details?: readonly StageDetail[] } = {},
): Stage {
  return { name, status, time, summary, details };
}

function urlStage({ target }: Facts): Stage | undefined {
  if (target === undefined) return undefined;
  const { hostname, port, path, secure } = target;
  // A Unix domain socket has no port.
  const place = port === 0 ? `socket ${hostname}` : `host ${hostname}, port ${port}`;
  return stage('url', 'ok', `${secure ? 'TLS' : 'no TLS'}, ${place}, path ${withoutSecrets(path)}`);
}

function dnsStage({ resolution, target }: Facts): Stage | undefined {
  if (resolution === undefined) return undefined;
  const { addresses, code, time } = resolution;
  if (code !== undefined) return stage('dns', 'failed', code, { time });
  const isAddress = addresses.length === 1 && addresses[0] === target?.hostname;
  return isAddress ? undefined : stage('dns', 'ok', addresses.join(', '), { time });
}

function tcpStage({ addresses }: Facts): Stage | undefined {
  if (addresses === undefined) return undefined;
  const alive = addresses.filter(({ outcome }) => outcome === 'connected');
  const status = alive.length === 0 ? 'failed' : alive.length < addresses.length ? 'warning' : 'ok';
  const time = alive.length === 0 ? addresses[0]?.time : Math.min(...alive.map(one => one.time));
  if (addresses.length === 1) {
    const { address, outcome } = addresses[0]!;
    return stage('tcp', status, outcome === 'connected' ? `connected to ${address}` : `${address}: ${outcome}`, {
      time,
    });
  }
  const details = addresses.map(one => ({
    text: `${one.address}: ${one.outcome}${one.outcome === 'connected' ? ` in ${milliseconds(one.time)}` : ''}`,
  }));
  return stage('tcp', status, `${alive.length} of ${addresses.length} addresses connect`, { time, details });
}

function proxyStage({ target, failure }: Facts): Stage | undefined {
  if (target?.proxy === undefined) return undefined;
  return failure?.phase === 'proxy'
    ? stage('proxy', 'failed', failure.summary)
    : stage('proxy', 'ok', `through ${target.proxy}`);
}

function tlsStage({ tls, now = 0 }: Facts): Stage | undefined {
  if (tls === undefined) return undefined;
  const { version, alpn, time, code, chain } = tls;
  const certificate = code === undefined ? 'certificate verified' : `certificate not accepted (${code})`;
  const summary =
    version === undefined ? (tls.message ?? code ?? '') : `${version}, ALPN ${alpn ?? 'none'}, ${certificate}`;
  const details = chain.map(({ subject, issuer, validTo, names }, depth) => {
    const days = Math.floor((validTo - now) / 86_400_000);
    const by = subject === issuer ? 'self-signed' : `by ${issuer}`;
    const purpose = depth === 0 && names.length > 0 ? `, for ${shortList(names)}` : '';
    return { text: `${subject}, ${by}${purpose}, ${days < 0 ? `expired ${-days} days ago` : `${days} days left`}` };
  });
  return stage('tls', code === undefined ? 'ok' : 'failed', summary, { time, details });
}

function shortList(names: readonly string[]): string {
  return names.length > 4 ? `${names.slice(0, 4).join(', ')} and ${names.length - 4} more` : names.join(', ');
}

function requestStage({ request, target }: Facts, heads: readonly HeadItem[]): Stage | undefined {
  if (request === undefined || request.headers.length === 0) return undefined;
  const details = headDetails(heads.find(({ kind }) => kind === 'request'));
  return stage('request', 'info', `GET ${withoutSecrets(target?.path ?? '/')} HTTP/1.1`, { details });
}

function responseStage({ response, failure }: Facts, heads: readonly HeadItem[]): Stage | undefined {
  if (response === undefined) {
    if (failure?.phase !== 'response' && failure?.phase !== 'request') return undefined;
    return stage('response', 'failed', failure.summary, { time: failure.time });
  }
  const { version, status, reason, body, time } = response;
  const isAgreed = status === 101 && failure === undefined;
  const details = [...headDetails(heads.findLast(({ kind }) => kind === 'response')), ...bodyDetails(body)];
  return stage('response', isAgreed ? 'ok' : 'failed', `HTTP/${version} ${status} ${reason}`.trimEnd(), {
    time,
    details,
  });
}

/** The lines of a head after the first, and what is missing. */
function headDetails(head: HeadItem | undefined): StageDetail[] {
  if (head === undefined) return [];
  const lines = head.lines.slice(1).map(({ text, name, verdict, note, section }): StageDetail => {
    if (name !== undefined && isSecretHeader(name))
      return { text: `${text.slice(0, text.indexOf(':'))}: …`, verdict: 'note' };
    return { text, verdict, note: verdict === 'wrong' && section !== undefined ? `${note} (${section})` : note };
  });
  const findings = head.findings.map(({ verdict, note }): StageDetail => ({ text: '', verdict, note }));
  return [...lines, ...findings];
}

const MAX_BODY_LINES = 6;
const MAX_LINE = 200;

function bodyDetails(body: string): StageDetail[] {
  const lines = body.split(/\r?\n/).filter(line => line.trim() !== '');
  if (lines.length === 0) return [];
  const shown = lines
    .slice(0, MAX_BODY_LINES)
    .map(line => (line.length > MAX_LINE ? `${line.slice(0, MAX_LINE)}…` : line));
  return ['', ...shown, ...(lines.length > MAX_BODY_LINES ? ['…'] : [])].map(text => ({ text }));
}

function framesStage(facts: Facts): Stage | undefined {
  const { session } = facts;
  if (session === undefined) return undefined;
  const { violation, messages, endedDuring } = session;
  if (violation !== undefined) {
    return stage('frames', 'failed', violation.message, {
      details: [{ text: `bytes after the 101: ${hexOf(violation.start)}` }],
    });
  }
  if (endedDuring === 'listen' || endedDuring === 'ping') {
    return stage('frames', 'failed', endOf(facts), { time: session.openFor });
  }
  const extensions = new HeaderFields(facts.response?.headers ?? []).get('Sec-WebSocket-Extensions');
  const agreed = `subprotocol ${session.subprotocol || 'none'}, extensions ${extensions || 'none'}`;
  return stage('frames', 'ok', `open: ${agreed}; messages received: ${messages}`);
}

function pingStage({ session }: Facts): Stage | undefined {
  if (session?.ping === undefined || session.endedDuring === 'ping') return undefined;
  const { answered, isOther } = session.ping;
  return answered === undefined
    ? stage('ping', 'failed', isOther === true ? 'a Pong with another payload' : 'no Pong')
    : stage('ping', 'ok', 'Pong received', { time: answered });
}

function messageStage(facts: Facts): Stage | undefined {
  const { message: sent, endedDuring } = facts.session ?? {};
  if (sent === undefined) return undefined;
  const what = `sent a text of ${sent.size} bytes`;
  if (endedDuring === 'message') return stage('message', 'warning', `${what}: ${endOf(facts)}`);
  const time = sent.answered;
  if (sent.isEcho) return stage('message', 'ok', `${what}, which was echoed`, { time });
  return stage('message', 'info', `${what}; ${time === undefined ? 'no answer' : 'another message came back'}`, {
    time,
  });
}

function idleStage(facts: Facts): Stage | undefined {
  const { idle, endedDuring } = facts.session ?? {};
  if (idle === undefined) return undefined;
  const time = idle.lasted;
  return endedDuring === 'idle'
    ? stage('idle', 'failed', endOf(facts), { time })
    : stage('idle', 'ok', 'the connection stays open without traffic', { time });
}

function closeStage({ session }: Facts): Stage | undefined {
  if (session?.closing === undefined) return undefined;
  const { answered: time, ended } = session.closing;
  if (time === undefined) return stage('close', 'failed', 'no answer to the Close frame');
  const code = session.serverClose?.code;
  const summary = `Close frame answered${code === undefined ? '' : ` with ${code}`}`;
  return ended === undefined
    ? stage('close', 'warning', `${summary}, TCP left open`, { time })
    : stage('close', 'ok', summary, { time });
}

/** How a connection ended early. */
function endOf({ session }: Facts): string {
  const { serverClose, stop } = session!;
  if (serverClose === undefined)
    return stop === 'reset' ? 'reset, without a Close frame' : 'ended, without a Close frame';
  const reason = serverClose.reason === '' ? '' : ` "${serverClose.reason}"`;
  return `closed by the server, ${serverClose.code ?? 'no code'}${reason}`;
}

const CHANGES: Readonly<Record<RetryFacts['change'], (value: string) => string>> = {
  again: () => 'the same again',
  'no-subprotocol': () => 'no subprotocol',
  subprotocol: value => `subprotocol ${value}`,
  'no-deflate': () => 'no compression',
  'no-origin': () => 'no Origin',
  'own-origin': value => `Origin ${value}`,
  slash: value => `path ${value}`,
  path: value => `path ${value}`,
  scheme: value => value,
  host: value => `Host ${value}`,
  'user-agent': () => 'User-Agent of a browser',
  redirect: () => 'redirects followed',
  insecure: () => 'certificate not verified',
  ipv4: () => 'IPv4 only',
  ipv6: () => 'IPv6 only',
};

/** Returns the stage of the further attempts, if there were any. */
export function retriesStage({ retries }: Facts): Stage | undefined {
  if (retries === undefined || retries.length === 0) return undefined;
  const open = retries.find(({ isOpen }) => isOpen);
  const nameOf = ({ change, value }: RetryFacts) => withoutSecrets(CHANGES[change](value));
  const others = retries.filter(one => one !== open);
  // What fails in the same way is one line.
  const details = [...new Set(others.map(one => one.summary))].map((summary): StageDetail => {
    const names = others.filter(one => one.summary === summary).map(nameOf);
    return { text: `${names.join(', ')}: ${summary}` };
  });
  const summary = open === undefined ? 'no single change opens it' : `it opens with: ${nameOf(open)}`;
  return stage('retries', 'info', summary, { details });
}

function hexOf(bytes: Uint8Array): string {
  const shown = Array.from(bytes.subarray(0, 32), byte => byte.toString(16).padStart(2, '0')).join(' ');
  return bytes.length > 32 ? `${shown} …` : shown;
}

function milliseconds(time: number): string {
  return `${time < 10 ? time.toFixed(1) : Math.round(time)} ms`;
}
