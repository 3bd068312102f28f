/** Opens TCP and TLS step by step, and notes what each step shows. */
import dns from 'node:dns';
import net, { type Socket } from 'node:net';
import tls, { type DetailedPeerCertificate, type TLSSocket } from 'node:tls';
import {
  type Destination,
  type DialOptions,
  dial,
  HandshakeError,
  type HandshakePhase,
  startTls,
} from '../../index.js';
import { clearTimeout, now, setTimeout } from '../../timers.js';
import type { AddressFacts, CertificateFacts, ResolutionFacts, TlsFacts } from '../../wire/index.js';

/** As many addresses as are tried at once. */
const MAX_ADDRESSES = 8;

const LOOPBACKS: readonly string[] = ['127.0.0.1', '::1'];

export interface DialFacts {
  resolution?: ResolutionFacts;
  addresses?: readonly AddressFacts[];
  listensAt?: string;
  tls?: TlsFacts;
}

export interface StagedDialOptions {
  readonly dialOptions: DialOptions;
  /** How long each step may take. */
  readonly limit: number;
  /** Receives the facts as they become known. */
  readonly facts: DialFacts;
  readonly onDone: (step: 'dns' | 'tcp' | 'tls') => void;
}

/**
 * @throws {HandshakeError} with the phase that failed
 */
export async function stagedDial(
  destination: Destination,
  signal: AbortSignal,
  { dialOptions, limit, facts, onDone }: StagedDialOptions,
): Promise<Socket> {
  const { proxy, tls: tlsOptions = {} } = dialOptions;
  if (proxy !== undefined || destination.socketPath !== undefined) {
    const start = now();
    const deadline = AbortSignal.timeout(Math.max(1, Math.round(limit)));
    const socket = await dial(destination, AbortSignal.any([signal, deadline]), dialOptions);
    if (destination.secure) facts.tls = factsOfTls(socket as TLSSocket, destination, tlsOptions, now() - start);
    onDone('tls');
    return socket;
  }
  facts.resolution = await resolve(destination.hostname, limit);
  onDone('dns');
  if (facts.resolution.code !== undefined) throw failed('dns', facts.resolution.code, destination);
  const attempts = facts.resolution.addresses
    .slice(0, MAX_ADDRESSES)
    .map(address => open(address, destination.port, limit));
  const socket = await firstConnected(attempts);
  // Wait for the others only as long as a client would wait before it tries the next one.
  facts.addresses = await settled(attempts, socket === undefined ? limit : Math.min(limit, 1_000));
  if (socket === undefined) Object.assign(facts, await otherLoopback(facts, destination, limit));
  onDone('tcp');
  for (const attempt of attempts) void attempt.then(({ socket: other }) => other === socket || other?.destroy());
  if (socket === undefined) throw failed('connect', facts.addresses[0]?.outcome ?? 'no address', destination);
  if (!destination.secure) return socket;
  return await secure(socket, destination, signal, tlsOptions, limit, facts, onDone);
}

async function secure(
  socket: Socket,
  destination: Destination,
  signal: AbortSignal,
  options: tls.ConnectionOptions,
  limit: number,
  facts: DialFacts,
  onDone: StagedDialOptions['onDone'],
): Promise<Socket> {
  const start = now();
  const deadline = AbortSignal.timeout(Math.max(1, Math.round(limit)));
  let secured: TLSSocket;
  try {
    // The certificate is judged below, so that a faulty one can be described.
    secured = await startTls(socket, destination, AbortSignal.any([signal, deadline]), {
      ...options,
      rejectUnauthorized: false,
    });
  } catch (error) {
    const { cause, summary } = error as HandshakeError;
    const code = deadline.aborted ? 'timeout' : ((cause as NodeJS.ErrnoException | undefined)?.code ?? 'closed');
    facts.tls = {
      code,
      message: code === 'timeout' ? 'no answer to the TLS handshake' : summary,
      time: now() - start,
      chain: [],
      ...ownershipOf(options),
    };
    onDone('tls');
    throw error;
  }
  facts.tls = factsOfTls(secured, destination, options, now() - start);
  onDone('tls');
  if (facts.tls.code === undefined || options.rejectUnauthorized === false) return secured;
  secured.destroy();
  throw failed('tls', facts.tls.code, destination, facts.tls.message);
}

function failed(phase: HandshakePhase, code: string, { href }: Destination, message = code): HandshakeError {
  return new HandshakeError(message, {
    phase,
    fault: 'network',
    url: href,
    cause: Object.assign(new Error(message), { code }),
  });
}

/** A development server often listens on one loopback address only, and `localhost` names the other one. */
async function otherLoopback(
  { addresses = [] }: DialFacts,
  { hostname, port }: Destination,
  limit: number,
): Promise<DialFacts> {
  const tried = addresses.map(({ address }) => address);
  if (hostname !== 'localhost' && !tried.every(address => LOOPBACKS.includes(address))) return {};
  for (const address of LOOPBACKS.filter(one => !tried.includes(one))) {
    const { socket } = await open(address, port, limit);
    socket?.destroy();
    if (socket !== undefined) return { listensAt: address };
  }
  return {};
}

/** Looks up all addresses of a name. */
export function resolve(hostname: string, limit: number): Promise<ResolutionFacts> {
  const start = now();
  if (net.isIP(hostname) !== 0) return Promise.resolve({ addresses: [hostname], time: 0 });
  return new Promise(done => {
    const timer = setTimeout(() => done({ addresses: [], code: 'timeout', time: now() - start }), limit);
    dns.lookup(hostname, { all: true, order: 'verbatim' }, (error, found) => {
      clearTimeout(timer);
      const time = now() - start;
      if (error) done({ addresses: [], code: error.code ?? 'EAI_FAIL', time });
      else done({ addresses: [...new Set(found.map(({ address }) => address))], time });
    });
  });
}

type Attempt = Promise<{ readonly facts: AddressFacts; readonly socket: Socket | undefined }>;

function open(address: string, port: number, limit: number): Attempt {
  const start = now();
  const family = net.isIP(address) as 4 | 6;
  return new Promise(done => {
    const socket = net.connect({ host: address, port, allowHalfOpen: true });
    const settle = (outcome: string) => {
      clearTimeout(timer);
      socket.off('connect', connected).off('error', refused);
      const isOpen = outcome === 'connected';
      socket.on('error', () => {});
      if (isOpen) socket.setNoDelay(true);
      else socket.destroy();
      done({ facts: { address, family, outcome, time: now() - start }, socket: isOpen ? socket : undefined });
    };
    const connected = () => settle('connected');
    const refused = (error: NodeJS.ErrnoException) => settle(error.code ?? error.message);
    const timer = setTimeout(() => settle('timeout'), limit);
    socket.on('connect', connected).on('error', refused);
  });
}

async function firstConnected(attempts: readonly Attempt[]): Promise<Socket | undefined> {
  try {
    return await Promise.any(
      attempts.map(async attempt => {
        const { socket } = await attempt;
        if (socket === undefined) throw new Error('not connected');
        return socket;
      }),
    );
  } catch {
    return undefined;
  }
}

/** Returns what is known of the attempts after `limit`. */
async function settled(attempts: readonly Attempt[], limit: number): Promise<AddressFacts[]> {
  const found: AddressFacts[] = [];
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>(resolve => {
    timer = setTimeout(resolve, limit);
  });
  const all = Promise.all(
    attempts.map(async (attempt, i) => {
      const { facts } = await attempt;
      found[i] = facts;
    }),
  );
  await Promise.race([all, late]);
  clearTimeout(timer);
  return found.filter(facts => facts !== undefined);
}

function ownershipOf(options: tls.ConnectionOptions): Pick<TlsFacts, 'hasOwnAuthorities' | 'hasClientCertificate'> {
  return { hasOwnAuthorities: options.ca !== undefined, hasClientCertificate: options.cert !== undefined };
}

function factsOfTls(
  socket: TLSSocket,
  { hostname }: Destination,
  options: tls.ConnectionOptions,
  time: number,
): TlsFacts {
  const certificate = socket.getPeerCertificate(true);
  const chain = chainOf(certificate);
  const code = socket.authorized ? undefined : String(socket.authorizationError ?? 'unknown');
  const nameFault =
    chain.length === 0 ? undefined : tls.checkServerIdentity(options.servername ?? hostname, certificate)?.message;
  return {
    version: socket.getProtocol() ?? undefined,
    alpn: socket.alpnProtocol || undefined,
    time,
    code,
    message: code,
    chain,
    nameFault,
    ...ownershipOf(options),
  };
}

function chainOf(certificate: DetailedPeerCertificate): CertificateFacts[] {
  const chain: CertificateFacts[] = [];
  const seen = new Set<string>();
  for (
    let one: DetailedPeerCertificate | undefined = certificate;
    one?.fingerprint256 !== undefined;
    one = one.issuerCertificate
  ) {
    if (seen.has(one.fingerprint256)) break;
    seen.add(one.fingerprint256);
    chain.push({
      subject: nameOf(one.subject),
      issuer: nameOf(one.issuer),
      validFrom: Date.parse(one.valid_from),
      validTo: Date.parse(one.valid_to),
      names: (one.subjectaltname ?? '')
        .split(', ')
        .filter(name => name !== '')
        .map(name => name.replace(/^(DNS|IP Address):/, '')),
      issuerUrl: one.infoAccess?.['CA Issuers - URI']?.[0],
    });
  }
  return chain;
}

function nameOf(name: DetailedPeerCertificate['subject'] | undefined): string {
  return String(name?.CN ?? name?.O ?? Object.values(name ?? {})[0] ?? 'unnamed');
}

/** Tries the TLS handshake with one change, after it has failed. Returns the socket's protocol, or undefined. */
export function tlsWith(
  address: string,
  port: number,
  options: tls.ConnectionOptions,
  limit: number,
): Promise<{ readonly version: string; readonly alpn: string } | undefined> {
  return new Promise(done => {
    let socket: TLSSocket;
    const settle = (result: { version: string; alpn: string } | undefined) => {
      clearTimeout(timer);
      socket?.destroy();
      done(result);
    };
    const timer = setTimeout(() => settle(undefined), limit);
    try {
      socket = tls.connect({ host: address, port, rejectUnauthorized: false, ...options });
      socket.on('error', () => settle(undefined));
      socket.on('secureConnect', () =>
        settle({ version: socket.getProtocol() ?? '', alpn: socket.alpnProtocol || '' }),
      );
    } catch {
      settle(undefined);
    }
  });
}
