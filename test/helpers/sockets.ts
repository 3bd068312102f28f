import { once } from 'node:events';
import net, { type AddressInfo, type Socket } from 'node:net';
import tls, { type TLSSocket } from 'node:tls';
import { TLS_CERTIFICATE, TLS_KEY } from './tls-fixture.js';

/** Returns the two ends of a TCP connection over 127.0.0.1. */
export async function tcpPair(options: { allowHalfOpen?: boolean } = {}): Promise<[client: Socket, server: Socket]> {
  const listener = net.createServer({ allowHalfOpen: options.allowHalfOpen ?? true });
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const { port } = listener.address() as AddressInfo;
  const client = net.connect({ port, host: '127.0.0.1', allowHalfOpen: options.allowHalfOpen ?? true, noDelay: true });
  const [[server]] = (await Promise.all([once(listener, 'connection'), once(client, 'connect')])) as [
    [Socket],
    unknown,
  ];
  server.setNoDelay(true);
  listener.close();
  return [client, server];
}

/** Returns the two ends of a TLS connection over 127.0.0.1. */
export async function tlsPair(): Promise<[client: TLSSocket, server: TLSSocket]> {
  const listener = tls.createServer({ cert: TLS_CERTIFICATE, key: TLS_KEY, allowHalfOpen: true });
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const { port } = listener.address() as AddressInfo;
  const client = tls.connect({ port, host: '127.0.0.1', ca: TLS_CERTIFICATE });
  const [[server]] = (await Promise.all([once(listener, 'secureConnection'), once(client, 'secureConnect')])) as [
    [TLSSocket],
    unknown,
  ];
  listener.close();
  return [client, server];
}
