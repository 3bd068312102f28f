/** Peers that read slowly but steadily must not be ended as dead. */
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { type CloseInfo, connect, type WebSocketConnection, WebSocketServer } from '../../../src/index.js';
import { TLS_CERTIFICATE, TLS_KEY } from '../../helpers/tls-fixture.js';
import { startPeer } from '../peer.js';
import { type Outcome, type Row, scaled } from '../row.js';

/** Deadlines that are shorter than the transfer. */
const DEADLINES = { pingInterval: 1_000, pingTimeout: 1_000, closeTimeout: 1_000 };

/** How many bytes the slow side reads per 20 ms. */
const STEP = 10_240;

type Send = (connection: WebSocketConnection, payload: Buffer) => unknown;

const WAYS: ReadonlyArray<[what: string, isCompressed: boolean, send: Send]> = [
  ['message', false, (connection, payload) => connection.send(payload)],
  ['stream', false, (connection, payload) => connection.sendStream(pieces(payload))],
  ['Blob', false, (connection, payload) => connection.send(new Blob([new Uint8Array(payload)]))],
  // Random bytes do not shrink.
  ['compressed', true, (connection, payload) => connection.send(payload)],
];

function* pieces(payload: Buffer): Iterable<Buffer> {
  for (let at = 0; at < payload.length; at += 50_000) yield payload.subarray(at, at + 50_000);
}

/** Sends `size` bytes through a slow relay and closes right after. Returns how both ends saw it. */
async function transfer(
  role: 'client' | 'server',
  isTls: boolean,
  isCompressed: boolean,
  send: Send,
  size: number,
): Promise<{ received: boolean; infos: CloseInfo[] }> {
  const deflate = isCompressed ? { perMessageDeflate: { threshold: 0 } } : {};
  const server = new WebSocketServer({
    port: 0,
    host: '127.0.0.1',
    ...DEADLINES,
    ...deflate,
    ...(isTls ? { tls: { cert: TLS_CERTIFICATE, key: TLS_KEY } } : {}),
  });
  await once(server, 'listening');
  const relay = startPeer('slowRelay', {
    target: (server.address() as AddressInfo).port,
    slowSide: role === 'server' ? 'target' : 'client',
    step: STEP,
  });
  const opened = once(server, 'connection') as Promise<[WebSocketConnection]>;
  const client = await connect(`${isTls ? 'wss' : 'ws'}://127.0.0.1:${await relay.ready}/`, {
    ...DEADLINES,
    ...deflate,
    ...(isTls ? { tls: { ca: TLS_CERTIFICATE } } : {}),
  });
  const [accepted] = await opened;
  const [sender, receiver] = role === 'server' ? [accepted, client] : [client, accepted];
  const payload = randomBytes(size);
  const message = new Promise<boolean>(resolve => {
    receiver.on('message', data => resolve(Buffer.compare(data as Buffer, payload) === 0));
    receiver.on('close', () => resolve(false));
  });
  void send(sender, payload);
  const infos = await Promise.all([sender.close(1000, 'done'), receiver.closed]);
  const received = await message;
  relay.stop();
  await relay.result;
  await server.close({ timeout: 0 });
  return { received, infos };
}

async function slowPeers(scale: number): Promise<Outcome> {
  const size = scaled(4 * 1024 * 1024, scale, 65_536);
  const cases = WAYS.flatMap(([what, isCompressed, send]) =>
    (['server', 'client'] as const).flatMap(role =>
      [false, true].map(isTls => ({
        name: `${role} ${isTls ? 'TLS' : 'TCP'} ${what}`,
        role,
        isTls,
        isCompressed,
        send,
      })),
    ),
  );
  const start = performance.now();
  const failures: string[] = [];
  await Promise.all(
    cases.map(async ({ name, role, isTls, isCompressed, send }) => {
      const { received, infos } = await transfer(role, isTls, isCompressed, send, size);
      const isClean = infos.every(({ code, wasClean }) => code === 1000 && wasClean);
      if (!received || !isClean) {
        failures.push(`${name}: ${infos.map(({ code, cause }) => `${code} ${cause?.message ?? ''}`).join(' / ')}`);
      }
    }),
  );
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  return {
    figure: `${cases.length - failures.length} of ${cases.length} arrived complete and closed cleanly, in ${seconds} s${failures.map(text => `; ${text}`).join('')}`,
    passed: failures.length === 0,
  };
}

export const slow: readonly Row[] = [
  {
    name: 'slow-peers',
    fault:
      'a peer that reads 10 KB per 20 ms, with keepalive 1 s / 1 s and closeTimeout 1 s; close() right after 4 MiB',
    limit: 'everything arrives, and the close is clean: both roles, TCP and TLS, messages, streams, Blobs, compressed',
    isTiming: true,
    run: slowPeers,
  },
];
