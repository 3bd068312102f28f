import type { ConnectOptions, Destination } from '../../index.js';
import { now } from '../../timers.js';
import {
  ConversationDecoder,
  type Diagnosis,
  diagnose,
  type Facts,
  type HeadItem,
  type SessionFacts,
  type TargetFacts,
  type WireEvent,
} from '../../wire/index.js';
import { attempt } from './attempt.js';
import { Budget, DEFAULT_TIMEOUT, type DoctorOptions, limitsOf } from './options.js';
import { retryWithChanges, tlsVariations } from './retries.js';
import { withoutSecrets } from './secrets.js';
import { useConnection } from './session.js';
import { type DialFacts, stagedDial } from './staged-dial.js';
import { retriesStage, type Stage, stagesOf } from './stages.js';

/** The result of doctor(). */
export interface DoctorReport {
  /** The URL without user and password. */
  readonly url: string;
  /** `problem` if there is a problem, `warning` if there are only warnings. */
  readonly verdict: 'healthy' | 'warning' | 'problem';
  /** The likeliest cause first. */
  readonly diagnoses: readonly Diagnosis[];
  readonly stages: readonly Stage[];
  readonly facts: Facts;
  /** How long it took, in milliseconds. */
  readonly time: number;
}

const GREETING = 'ws101 doctor';

/**
 * Examines a WebSocket server step by step: DNS, TCP, TLS, the opening handshake, frames, and the closing handshake. If
 * it does not work, tries again with one change at a time, and says why.
 *
 * @throws {TypeError | RangeError} if the URL or an option is wrong
 * @throws the reason of `signal`
 */
export async function doctor(url: string, options: DoctorOptions = {}): Promise<DoctorReport> {
  const start = now();
  const clock = (): number => performance.timeOrigin + now();
  const { timeout = DEFAULT_TIMEOUT, idle = 0, retry = true, onStage, onProgress } = options;
  const limits = limitsOf(options);
  const budget = new Budget(timeout, now);
  const message = options.size === undefined ? (options.send ?? GREETING) : 'x'.repeat(options.size);
  const connectOptions: ConnectOptions = pick(options);
  const dialFacts: DialFacts = {};
  let destination: Destination | undefined;
  let facts: Facts = {};
  let heads: readonly HeadItem[] = [];
  const shown = new Set<Stage['name']>();
  const update = (changes: Facts): void => {
    facts = { ...facts, ...changes };
    for (const stage of stagesOf(facts, heads)) {
      if (shown.has(stage.name)) continue;
      shown.add(stage.name);
      onStage?.(stage);
    }
  };
  update({ now: clock() });

  onProgress?.('connecting');
  const first = await attempt(
    url,
    {
      ...connectOptions,
      closeTimeout: limits.close,
      handshakeTimeout: budget.atMost(timeout),
      dial: (place, signal, dialOptions) => {
        destination = place;
        update({ target: targetOf(place, options) });
        return stagedDial(place, signal, {
          dialOptions,
          limit: limits.step,
          facts: dialFacts,
          onDone: () => {
            update({ ...dialFacts });
            onProgress?.('waiting for the response');
          },
        });
      },
    },
    clock,
    limits.step,
  );
  heads = decoded(first.recording.events).heads;
  update({
    request: first.requestHeaders.length === 0 ? undefined : { headers: first.requestHeaders },
    response: first.response,
    failure: first.failure,
  });
  const { connection } = first;
  if (connection !== undefined) {
    const session = await useConnection(connection, first.recording, {
      limits,
      message,
      idle,
      onStep: step => onProgress?.(PROGRESS[step]),
    });
    update({ session: { ...session, isCutOff: decoded(first.recording.events).isCutOff } });
  }
  if (retry && needsRetry(facts, options)) await findChange();
  const stages = [...stagesOf(facts, heads)];
  const diagnoses = diagnose(facts);
  return {
    url: withoutSecrets(destination?.href ?? url),
    verdict: diagnoses[0]?.severity ?? 'healthy',
    diagnoses,
    stages: [...stages, ...[retriesStage(facts)].filter(stage => stage !== undefined)],
    facts,
    time: now() - start,
  };

  async function findChange(): Promise<void> {
    onProgress?.('trying again with one change at a time');
    const { tls, addresses } = facts;
    const alive = addresses?.find(({ outcome }) => outcome === 'connected');
    if (tls?.code !== undefined && tls.chain.length === 0 && alive !== undefined && destination !== undefined) {
      const found = await tlsVariations(
        alive.address,
        destination.port,
        destination.hostname,
        budget.atMost(limits.retry),
      );
      facts = { ...facts, tls: { ...tls, with: found } };
    }
    const found = await retryWithChanges({
      url,
      options: connectOptions,
      facts,
      limits,
      budget,
      clock,
      message: facts.session?.message === undefined ? undefined : message,
    });
    facts = { ...facts, retries: found };
    const stage = retriesStage(facts);
    if (stage !== undefined) onStage?.(stage);
  }
}

const PROGRESS: Readonly<Record<NonNullable<SessionFacts['endedDuring']>, string>> = {
  listen: 'listening',
  ping: 'waiting for a Pong',
  message: 'waiting for an answer to the test message',
  idle: 'waiting without traffic',
  close: 'closing',
};

function needsRetry({ failure, session }: Facts, { perMessageDeflate }: DoctorOptions): boolean {
  if (failure !== undefined) return true;
  if (session?.endedDuring === 'message' && session.serverClose === undefined && perMessageDeflate) return true;
  return session?.endedDuring === 'listen' || session?.endedDuring === 'ping' || session?.violation !== undefined;
}

/** Decodes what crossed the wire. */
function decoded(events: readonly WireEvent[]): { readonly heads: readonly HeadItem[]; readonly isCutOff: boolean } {
  const decoder = new ConversationDecoder({ maxPayload: 1_024, maxMessage: 1_024 });
  const items = [...events.flatMap(event => decoder.push(event)), ...decoder.end()];
  return {
    heads: items.filter(item => item.type === 'head'),
    isCutOff: items.some(item => item.type === 'remark' && item.code === 'cut-off' && item.from === 'server'),
  };
}

/** Returns the options of connect() that the user chose. */
function pick({ headers, subprotocols, origin, perMessageDeflate, tls, proxy, signal }: DoctorOptions): ConnectOptions {
  return { headers, subprotocols, origin, perMessageDeflate, tls, proxy, signal };
}

function targetOf(place: Destination, { proxy }: DoctorOptions): TargetFacts {
  return {
    href: place.href,
    secure: place.secure,
    hostname: place.socketPath ?? place.hostname,
    port: place.port,
    path: place.target,
    proxy: proxy === undefined ? undefined : proxyName(proxy),
  };
}

function proxyName(proxy: NonNullable<ConnectOptions['proxy']>): string {
  if (proxy === 'env') return 'the proxy of the environment, if it names one';
  const text =
    typeof proxy === 'string' ? proxy : 'href' in proxy ? proxy.href : String((proxy as { url: unknown }).url);
  return text.replace(/\/\/[^/@]*@/, '//');
}
