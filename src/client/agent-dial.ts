import { EventEmitter } from 'node:events';
import type { Agent } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { TLSSocket } from 'node:tls';
import { emitTo } from '../application-code.js';
import { HandshakeError, invalidReturn, invalidType, typeError } from '../errors.js';
import { printable } from '../handshake/quoted.js';
import { isDuplex } from '../transport/transport.js';
import type { Dial, DialOptions } from './dial.js';
import { dialError } from './dial-error.js';
import { established } from './established.js';
import { faultOfAbort, messageOf } from './failure.js';
import { tlsDefaults } from './tls.js';
import type { Destination } from './url.js';

/** How many agents may each return the next one. An agent that returns itself would never let a timer fire. */
const MAX_AGENTS = 8;

/** An agent of a package that is built on agent-base. Its connect() returns a socket, or another agent to use. */
interface PackageAgent {
  connect(request: RequestLike, options: object): unknown;
}

/** An agent of Node. `createConnection()` is documented, but missing in older versions of @types/node. */
interface CoreAgent {
  readonly protocol?: string;
  readonly options?: object;
  createConnection(options: object, callback: (error: Error | null, duplex?: Duplex) => void): Duplex | undefined;
}

/**
 * Makes a dial function from an agent for node:http: an `http.Agent` for ws:, an `https.Agent` for wss:, or an agent of
 * a package, such as https-proxy-agent or socks-proxy-agent. The agent opens the connection, with TLS if the URL says
 * so. Its pool is not used, because a WebSocket keeps its connection.
 *
 *     await connect('wss://example.com/', { dial: agentDial(new HttpsProxyAgent('http://proxy.example:3128')) });
 *
 * @throws {TypeError} if `agent` is not an agent
 */
export function agentDial(agent: Agent): Dial {
  if (!isPackageAgent(agent) && !isCoreAgent(agent)) {
    throw invalidType('agent', 'an http.Agent, an https.Agent, or an agent of a package', agent);
  }
  return (destination, signal, options) => open(agent, destination, signal, options);
}

function isPackageAgent(agent: unknown): agent is PackageAgent {
  return typeof (Object(agent) as Partial<PackageAgent>).connect === 'function';
}

function isCoreAgent(agent: unknown): agent is CoreAgent {
  return typeof (Object(agent) as Partial<CoreAgent>).createConnection === 'function';
}

async function open(
  agent: unknown,
  destination: Destination,
  signal: AbortSignal,
  dialOptions: DialOptions,
  agentsLeft: number = MAX_AGENTS,
): Promise<Duplex> {
  const { hostname: host, port, secure } = destination;
  const secureOptions = secure ? { ...tlsDefaults(host), ...dialOptions.tls } : {};
  const options = { host, port, secureEndpoint: secure, ...secureOptions };
  let duplex: unknown;
  if (isPackageAgent(agent)) {
    duplex = await openByPackage(agent, destination, signal, options);
    // The package proxy-agent returns an agent chosen for the URL. A socket also has a connect(), so isDuplex() comes
    // first.
    if (!isDuplex(duplex) && (isPackageAgent(duplex) || isCoreAgent(duplex)) && agentsLeft > 0) {
      return await open(duplex, destination, signal, dialOptions, agentsLeft - 1);
    }
  } else duplex = await openByCore(agent as CoreAgent, destination, options);
  if (!isDuplex(duplex)) throw invalidReturn('agent.connect', 'a socket', duplex);
  const event = readyEventOf(duplex);
  try {
    if (event !== undefined) await established(duplex, event, signal);
    return duplex;
  } catch (cause) {
    throw dialError(cause, secure ? 'tls' : 'connect', 'network', destination, signal);
  }
}

/** @throws {HandshakeError} with phase `proxy`, and the proxy's status if it refused */
async function openByPackage(
  agent: PackageAgent,
  destination: Destination,
  signal: AbortSignal,
  options: object,
): Promise<unknown> {
  const request = new RequestLike(destination);
  let refusal: ProxyResponse | undefined;
  request.on('proxyConnect', (response: ProxyResponse) => {
    if (response.statusCode !== 200) refusal = response;
  });
  const name = agent.constructor.name;
  let opened: unknown;
  try {
    opened = await agent.connect(request, options);
  } catch (cause) {
    throw new HandshakeError(`the agent ${name} failed: ${messageOf(cause)}`, {
      phase: 'proxy',
      fault: signal.aborted ? faultOfAbort(signal) : 'network',
      url: destination.href,
      cause,
    });
  }
  if (refusal !== undefined) {
    if (isDuplex(opened)) opened.destroy();
    const { statusCode: status, statusText = '' } = refusal;
    throw new HandshakeError(`the proxy of the agent ${name} answered ${status} ${printable(statusText)}`.trimEnd(), {
      phase: 'proxy',
      fault: 'peer',
      status,
      url: destination.href,
    });
  }
  // https-proxy-agent waits for this event of node:http to resume the socket.
  emitTo(request, ignore, 'socket', opened);
  return opened;
}

/** The properties in which agents report a proxy's response. */
interface ProxyResponse {
  readonly statusCode: number;
  readonly statusText?: string;
}

/** The part of an http.ClientRequest that agents of packages read. */
class RequestLike extends EventEmitter {
  readonly path: string;
  readonly #headers: ReadonlyMap<string, string>;

  constructor({ host, target }: Destination) {
    super();
    this.path = target;
    this.#headers = new Map([
      ['host', host],
      ['upgrade', 'websocket'],
      ['connection', 'Upgrade'],
    ]);
  }

  getHeader(name: string): string | undefined {
    return this.#headers.get(name.toLowerCase());
  }
}

function openByCore(agent: CoreAgent, { secure, href }: Destination, options: object): Promise<Duplex> {
  const protocol = secure ? 'https:' : 'http:';
  if (agent.protocol !== undefined && agent.protocol !== protocol) {
    throw typeError(`the agent is for ${agent.protocol} and cannot open ${href}: pass an agent for ${protocol}`);
  }
  return new Promise((resolve, reject) => {
    // As in node:http, the options of the agent take precedence.
    const duplex = agent.createConnection({ ...options, ...agent.options }, (error, opened) => {
      if (error) reject(error);
      else if (opened !== undefined) resolve(opened);
    });
    if (isDuplex(duplex)) resolve(duplex);
  });
}

/** Returns the event after which a socket can be used, or undefined if it can be used already. */
function readyEventOf(duplex: Duplex): 'connect' | 'secureConnect' | undefined {
  // Node sets `secureConnecting` to false when the TLS handshake is complete. It is missing from @types/node.
  const { connecting, secureConnecting } = duplex as Partial<Socket> & { readonly secureConnecting?: boolean };
  if (duplex instanceof TLSSocket) return secureConnecting === false ? undefined : 'secureConnect';
  return connecting === true ? 'connect' : undefined;
}

function ignore(): void {}
