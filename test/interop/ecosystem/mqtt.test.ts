import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { Aedes } from 'aedes';
import { connectAsync, type IClientOptions, type MqttClient } from 'mqtt';
import { expect, onTestFinished, test } from 'vitest';
import { createWebSocketStream, WebSocketServer } from 'ws';
import { listen } from './helpers/http.js';
import { countOpenings } from './helpers/ours.js';

const websocketStream = createRequire(import.meta.url)('websocket-stream');

async function startBroker(attach: (httpServer: ReturnType<typeof createServer>, broker: Aedes) => void) {
  const broker = await Aedes.createBroker();
  const httpServer = createServer();
  attach(httpServer, broker);
  const url = `ws://127.0.0.1:${await listen(httpServer)}`;
  onTestFinished(() => new Promise<void>(resolve => broker.close(resolve)));
  return { broker, url };
}

const onWebSocketServer: Parameters<typeof startBroker>[0] = (server, broker) => {
  const sockets = new WebSocketServer({ server, handleProtocols: offered => offered.has('mqtt') && 'mqtt' });
  sockets.on('connection', (socket, request) => broker.handle(createWebSocketStream(socket), request));
};

const onWebSocketStream: Parameters<typeof startBroker>[0] = (server, broker) => {
  websocketStream.createServer({ server }, (stream: never) => broker.handle(stream));
};

async function client(url: string, options: IClientOptions = {}): Promise<MqttClient> {
  const connected = await connectAsync(url, { reconnectPeriod: 0, ...options });
  onTestFinished(() => connected.endAsync(true));
  return connected;
}

test.each([
  ['createWebSocketStream()', onWebSocketServer],
  ['websocket-stream', onWebSocketStream],
])('mqtt.js publishes and subscribes through aedes on %s, with every QoS', async (_, attach) => {
  const openings = countOpenings();
  const { url } = await startBroker(attach);
  const [publisher, subscriber] = [await client(url), await client(url)];
  const received: [string, number, number][] = [];
  const payloads = [Buffer.from('hello'), Buffer.alloc(300_000, 7), Buffer.alloc(0)];
  const all = new Promise<void>(resolve => {
    subscriber.on('message', (topic, payload, { qos }) => {
      if (received.push([topic, payload.length, qos]) === 9) resolve();
    });
  });
  await subscriber.subscribeAsync('sensors/#', { qos: 2 });
  for (const qos of [0, 1, 2] as const) {
    for (const payload of payloads) await publisher.publishAsync(`sensors/${qos}`, payload, { qos });
  }
  await all;
  const expected = [0, 1, 2].flatMap(qos => payloads.map(({ length }) => [`sensors/${qos}`, length, qos]));
  expect(received.sort()).toEqual(expected.sort());
  expect(openings()).toEqual({ clients: 2, servers: 2 });
});

test("a client's will is published when its WebSocket ends without DISCONNECT", async () => {
  const { url } = await startBroker(onWebSocketServer);
  const watcher = await client(url);
  await watcher.subscribeAsync('wills');
  const will = new Promise(resolve => watcher.on('message', (topic, payload) => resolve([topic, String(payload)])));
  const dying = await client(url, { will: { topic: 'wills', payload: Buffer.from('gone'), qos: 0, retain: false } });
  dying.stream.destroy();
  expect(await will).toEqual(['wills', 'gone']);
});

test('a client reconnects after the broker has dropped it', async () => {
  const { broker, url } = await startBroker(onWebSocketServer);
  const reconnecting = await client(url, { reconnectPeriod: 10, clientId: 'one' });
  const again = new Promise<void>(resolve => reconnecting.once('connect', () => resolve()));
  (broker as unknown as { clients: Record<string, { conn: { destroy(): void } }> }).clients.one!.conn.destroy();
  await again;
  await reconnecting.publishAsync('still', 'here', { qos: 1 });
});
