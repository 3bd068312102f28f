import { once } from 'node:events';
import net, { type AddressInfo, type Socket } from 'node:net';
import tls from 'node:tls';
import { toHeaderFields } from '../../handshake/header-fields.js';
import { checkTapOptions, type TapOptions } from './options.js';
import { Relay, type RelaySettings } from './relay.js';
import { targetOf } from './target.js';

/** A running tap. */
export interface Tap extends AsyncDisposable {
  /** Where clients connect, for example `ws://127.0.0.1:9002`. */
  readonly url: string;
  readonly port: number;
  /** Stops listening, and ends every connection. Resolves when all have ended; then no event follows. */
  close(): Promise<void>;
}

const LOCAL_HOSTS = ['localhost', '127.0.0.1', '[::1]'];

/**
 * Listens for clients, and connects each of them to the target: a man in the middle that shows what both sides send.
 * It works with any client, browsers included.
 *
 * Bytes pass unchanged, except in the head of the request: the path, Host, and Origin if it names the tap. So the two
 * ends agree on subprotocols and extensions, and send frames, as without the tap.
 *
 * If the target cannot be reached, the client gets a response with status 502 that says why.
 *
 * @throws {TypeError | RangeError} if an option is wrong. An error of Node if it cannot listen
 */
export async function tap(options: TapOptions): Promise<Tap> {
  checkTapOptions(options);
  const { target: url, listen = {}, socket, tls: targetTls, proxy, origin } = options;
  const headers = toHeaderFields(options.headers);
  const target = await targetOf(url, { socket, tls: targetTls, proxy });
  const { port: wanted = 0, host = '127.0.0.1' } = listen;
  const hostInUrl = host.includes(':') ? `[${host}]` : host;
  const changes = { target, headers, origin, ownHosts: [...LOCAL_HOSTS, hostInUrl] };
  const settings: RelaySettings = { changes, options };

  const relays = new Set<Relay>();
  const handshaking = new Set<Socket>();
  let count = 0;
  const accept = (client: Socket): void => {
    client.allowHalfOpen = true;
    count++;
    const relay = new Relay(count, client, settings);
    relays.add(relay);
    void relay.closed.then(() => relays.delete(relay));
  };
  const server =
    listen.tls === undefined
      ? net.createServer({ allowHalfOpen: true }, accept)
      : tls.createServer({ ALPNProtocols: ['http/1.1'], ...listen.tls }, accept);
  server.on('connection', (client: Socket) => {
    handshaking.add(client);
    client.once('close', () => handshaking.delete(client));
  });
  server.on('tlsClientError', (error, client) => {
    options.onNote?.(count + 1, `the TLS handshake of a client failed: ${error.message}`);
    client.destroy();
  });
  server.listen({ host, port: wanted });
  await once(server, 'listening');

  const { port } = server.address() as AddressInfo;
  const close = async (): Promise<void> => {
    const stopped = new Promise<void>(resolve => server.close(() => resolve()));
    const ended = [...relays].map(relay => relay.closed);
    for (const relay of relays) relay.destroy();
    for (const client of handshaking) client.destroy();
    await Promise.all([stopped, ...ended]);
  };
  return {
    url: `${listen.tls === undefined ? 'ws' : 'wss'}://${hostInUrl}:${port}`,
    port,
    close,
    [Symbol.asyncDispose]: close,
  };
}
