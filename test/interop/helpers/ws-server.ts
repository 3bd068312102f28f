import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';
import { type WebSocket as Peer, WebSocketServer as PeerServer, type ServerOptions as PeerServerOptions } from 'ws';

/** Opens a server of the package `ws` on a free port of 127.0.0.1, until the test finishes. By default it echoes. */
export async function startPeerServer(
  options: PeerServerOptions = {},
  converse: (peer: Peer) => void = echo,
): Promise<{ server: PeerServer; url: string }> {
  const server = new PeerServer({ host: '127.0.0.1', port: 0, ...options });
  onTestFinished(() => {
    for (const peer of server.clients) peer.terminate();
    server.close();
  });
  server.on('connection', converse);
  await once(server, 'listening');
  return { server, url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}/` };
}

function echo(peer: Peer): void {
  peer.on('message', (data, binary) => peer.send(data, { binary }));
}
