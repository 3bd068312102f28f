/** What the doctor checked, in order, as lines for people and programs. */
import { type Facts, HeaderFields, type RetryFacts } from '../../wire/index.js';

/** One step of the examination. */
export interface Stage {
  readonly name:
    | 'url'
    | 'dns'
    | 'tcp'
    | 'tls'
    | 'proxy'
    | 'request'
    | 'response'
    | 'frames'
    | 'ping'
    | 'message'
    | 'idle'
    | 'close'
    | 'retries';
  readonly status: 'ok' | 'warning' | 'failed' | 'info';
  /** How long it took, in milliseconds. */
  readonly time?: number | undefined;
  readonly summary: string;
  readonly details: readonly string[];
}

type Make = (facts: Facts) => Stage | undefined;

/** Returns the stages that the facts show. */
export function stagesOf(facts: Facts): readonly Stage[] {
  return MAKERS.map(make => make(facts)).filter(stage => stage !== undefined);
}

const MAKERS: readonly Make[] = [url, dns, tcp, proxy, tls, request, response, frames, ping, message, idle, close];

function url({ target }: Facts): Stage | undefined {
  if (target === undefined) return undefined;
  const { hostname, port, path, secure } = target;
  return {
    name: 'url',
    status: 'ok',
    summary: `${secure ? 'TLS' : 'no TLS'}, host ${hostname}, port ${port}, path ${path}`,
    details: [],
  };
}

function dns({ resolution, target }: Facts): Stage | undefined {
  if (resolution === undefined) return undefined;
  const { addresses, code, time } = resolution;
  if (code !== undefined) return { name: 'dns', status: 'failed', time, summary: code, details: [] };
  const isAddress = addresses.length === 1 && addresses[0] === target?.hostname;
  if (isAddress) return undefined;
  return { name: 'dns', status: 'ok', time, summary: addresses.join(', '), details: [] };
}

function tcp({ addresses }: Facts): Stage | undefined {
  if (addresses === undefined) return undefined;
  const alive = addresses.filter(({ outcome }) => outcome === 'connected');
  const lines = addresses.map(
    ({ address, outcome, time }) =>
      `${address}: ${outcome}${outcome === 'connected' ? ` in ${milliseconds(time)}` : ''}`,
  );
  const status = alive.length === 0 ? 'failed' : alive.length < addresses.length ? 'warning' : 'ok';
  const fastest = alive.length === 0 ? addresses[0]?.time : Math.min(...alive.map(({ time }) => time));
  return lines.length === 1
    ? {
        name: 'tcp',
        status,
        time: fastest,
        summary: alive.length === 1 ? `connected to ${addresses[0]!.address}` : lines[0]!,
        details: [],
      }
    : {
        name: 'tcp',
        status,
        time: fastest,
        summary: `${alive.length} of ${addresses.length} addresses connect`,
        details: lines,
      };
}

function proxy({ target, failure }: Facts): Stage | undefined {
  if (target?.proxy === undefined) return undefined;
  const isFailed = failure?.phase === 'proxy';
  return {
    name: 'proxy',
    status: isFailed ? 'failed' : 'ok',
    summary: isFailed ? failure.summary : `through ${target.proxy}`,
    details: [],
  };
}

function tls({ tls: facts, now = 0 }: Facts): Stage | undefined {
  if (facts === undefined) return undefined;
  const { version, alpn, time, code, chain } = facts;
  const summary =
    code === undefined || version !== undefined
      ? `${version ?? 'TLS'}, ALPN ${alpn ?? 'none'}${code === undefined ? ', certificate verified' : `, certificate not accepted: ${code}`}`
      : (facts.message ?? code);
  const details = chain.map(({ subject, issuer, validTo, names }, depth) => {
    const days = Math.floor((validTo - now) / 86_400_000);
    const isRoot = subject === issuer;
    return `${depth}  ${subject}${isRoot ? ' (self-signed)' : `, by ${issuer}`}; ${days < 0 ? `expired ${-days} days ago` : `${days} days left`}${depth === 0 && names.length > 0 ? `; for ${shortList(names)}` : ''}`;
  });
  return { name: 'tls', status: code === undefined ? 'ok' : 'failed', time, summary, details };
}

function shortList(names: readonly string[]): string {
  return names.length > 4 ? `${names.slice(0, 4).join(', ')} and ${names.length - 4} more` : names.join(', ');
}

function request({ request: facts, target }: Facts): Stage | undefined {
  if (facts === undefined || facts.headers.length === 0) return undefined;
  const SECRET = /^(authorization|cookie|proxy-authorization)$/i;
  const details = facts.headers.map(([name, value]) => `${name}: ${SECRET.test(name) ? '…' : value}`);
  return { name: 'request', status: 'info', summary: `GET ${target?.path ?? '/'} HTTP/1.1`, details };
}

function response(facts: Facts): Stage | undefined {
  const { response: head, failure } = facts;
  if (head === undefined) {
    if (failure?.phase !== 'response' && failure?.phase !== 'request') return undefined;
    return { name: 'response', status: 'failed', time: failure.time, summary: failure.summary, details: [] };
  }
  const isAgreed = head.status === 101 && failure === undefined;
  return {
    name: 'response',
    status: isAgreed ? 'ok' : 'failed',
    time: head.time,
    summary: `HTTP/${head.version} ${head.status} ${head.reason}`.trimEnd(),
    details: [...head.headers.map(([name, value]) => `${name}: ${value}`), ...bodyLines(head.body)],
  };
}

function bodyLines(body: string): string[] {
  const lines = body.split(/\r?\n/).filter(line => line.trim() !== '');
  return lines.length === 0
    ? []
    : [
        '',
        ...lines.slice(0, 6).map(line => (line.length > 300 ? `${line.slice(0, 300)}…` : line)),
        ...(lines.length > 6 ? ['…'] : []),
      ];
}

function frames(facts: Facts): Stage | undefined {
  const { session } = facts;
  if (session === undefined) return undefined;
  const { violation, messages, endedDuring } = session;
  const extensions = new HeaderFields(facts.response?.headers ?? []).get('Sec-WebSocket-Extensions');
  const agreed = `subprotocol ${session.subprotocol || 'none'}, extensions ${extensions || 'none'}`;
  if (violation !== undefined) {
    return {
      name: 'frames',
      status: 'failed',
      summary: violation.message,
      details: [`bytes after the 101: ${hexOf(violation.start)}`],
    };
  }
  const early = endedDuring === 'listen' || endedDuring === 'ping';
  return {
    name: 'frames',
    status: early ? 'failed' : 'ok',
    time: early ? session.openFor : undefined,
    summary: early
      ? endOf(facts)
      : `open: ${agreed}; ${messages === 0 ? 'no message' : messages === 1 ? '1 message' : `${messages} messages`} received`,
    details: [],
  };
}

function ping({ session }: Facts): Stage | undefined {
  if (session?.ping === undefined || session.endedDuring === 'ping') return undefined;
  const { answered } = session.ping;
  return answered === undefined
    ? { name: 'ping', status: 'failed', summary: 'no Pong', details: [] }
    : { name: 'ping', status: 'ok', time: answered, summary: 'Pong received', details: [] };
}

function message(facts: Facts): Stage | undefined {
  const { message: sent, endedDuring } = facts.session ?? {};
  if (sent === undefined) return undefined;
  const what = `sent a text of ${sent.size} bytes`;
  if (endedDuring === 'message')
    return { name: 'message', status: 'warning', summary: `${what}: ${endOf(facts)}`, details: [] };
  if (sent.isEcho)
    return { name: 'message', status: 'ok', time: sent.answered, summary: `${what}, echoed`, details: [] };
  return {
    name: 'message',
    status: 'info',
    time: sent.answered,
    summary: `${what}, ${sent.answered === undefined ? 'no answer' : 'answered by another message'}`,
    details: [],
  };
}

function idle(facts: Facts): Stage | undefined {
  const { idle: facts_, endedDuring } = facts.session ?? {};
  if (facts_ === undefined) return undefined;
  const cut = endedDuring === 'idle';
  return {
    name: 'idle',
    status: cut ? 'failed' : 'ok',
    time: facts_.lasted,
    summary: cut ? endOf(facts) : 'the connection stays open without traffic',
    details: [],
  };
}

function close({ session }: Facts): Stage | undefined {
  if (session?.closing === undefined) return undefined;
  const { answered, ended } = session.closing;
  if (answered === undefined)
    return { name: 'close', status: 'failed', summary: 'no answer to the Close frame', details: [] };
  const { serverClose } = session;
  return {
    name: 'close',
    status: ended === undefined ? 'warning' : 'ok',
    time: answered,
    summary: `Close frame answered${serverClose?.code === undefined ? '' : ` with ${serverClose.code}`}${ended === undefined ? ', TCP left open' : ''}`,
    details: [],
  };
}

/** How a connection ended early. */
function endOf({ session }: Facts): string {
  const { serverClose, stop } = session!;
  if (serverClose !== undefined)
    return `closed by the server, ${serverClose.code ?? 'no code'}${serverClose.reason === '' ? '' : ` "${serverClose.reason}"`}`;
  return stop === 'reset' ? 'reset, without a Close frame' : 'ended, without a Close frame';
}

const CHANGES: Readonly<Record<RetryFacts['change'], (value: string) => string>> = {
  again: () => 'the same again',
  'no-subprotocol': () => 'no subprotocol',
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

export function retries({ retries: found }: Facts): Stage | undefined {
  if (found === undefined || found.length === 0) return undefined;
  const open = found.find(({ isOpen }) => isOpen);
  const details = found.map(
    ({ change, value, isOpen, summary }) => `${isOpen ? '✓' : '✗'} ${CHANGES[change](value)}: ${summary}`,
  );
  return {
    name: 'retries',
    status: 'info',
    summary: open === undefined ? 'no single change opens it' : `opens with: ${CHANGES[open.change](open.value)}`,
    details,
  };
}

function hexOf(bytes: Uint8Array): string {
  const shown = Array.from(bytes.subarray(0, 32), byte => byte.toString(16).padStart(2, '0')).join(' ');
  return bytes.length > 32 ? `${shown} …` : shown;
}

function milliseconds(time: number): string {
  return `${time < 10 ? time.toFixed(1) : Math.round(time)} ms`;
}
