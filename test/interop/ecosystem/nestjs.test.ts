import 'reflect-metadata';
import { once } from 'node:events';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { WsAdapter } from '@nestjs/platform-ws';
import { WebSocketServer as InjectServer, SubscribeMessage, WebSocketGateway, WsException } from '@nestjs/websockets';
import { from, map } from 'rxjs';
import { expect, onTestFinished, test } from 'vitest';
import { WebSocket, type WebSocketServer } from 'ws';
import { countOpenings } from './helpers/ours.js';

/** A gateway as an application writes it. Decorators are called by hand, as this file is not compiled for them. */
class Gateway {
  server!: WebSocketServer;
  readonly life: string[] = [];
  handleConnection(): void {
    this.life.push('connection');
  }
  handleDisconnect(): void {
    this.life.push('disconnect');
  }
  echo(_: WebSocket, data: unknown): object {
    return { event: 'echo', data };
  }
  count(_: WebSocket, numbers: number[]): object {
    return from(numbers).pipe(map(data => ({ event: 'count', data })));
  }
  shout(_: WebSocket, data: string): void {
    for (const client of this.server.clients) client.send(JSON.stringify({ event: 'shout', data }));
  }
  fail(): void {
    throw new WsException('failed');
  }
}
for (const name of ['echo', 'count', 'shout', 'fail'] as const) {
  SubscribeMessage(name)(Gateway.prototype, name, Object.getOwnPropertyDescriptor(Gateway.prototype, name)!);
}
InjectServer()(Gateway.prototype, 'server');
WebSocketGateway({ path: '/gateway' })(Gateway);

class Application {}
Module({ providers: [Gateway] })(Application);

test('NestJS: a gateway on platform-ws answers, streams, broadcasts and reports exceptions', async () => {
  const openings = countOpenings();
  const application = await NestFactory.create(Application, { logger: false, abortOnError: false });
  application.useWebSocketAdapter(new WsAdapter(application));
  await application.listen(0, '127.0.0.1');
  onTestFinished(() => application.close());
  const { port } = application.getHttpServer().address();
  const clients = await Promise.all([1, 2].map(() => open(`ws://127.0.0.1:${port}/gateway`)));
  const [one, two] = clients as [Client, Client];
  one.send('echo', { text: 'κόσμε' });
  expect(await one.next()).toEqual({ event: 'echo', data: { text: 'κόσμε' } });
  one.send('count', [1, 2, 3]);
  for (const data of [1, 2, 3]) expect(await one.next()).toEqual({ event: 'count', data });
  one.send('shout', 'all');
  expect([await one.next(), await two.next()]).toEqual([1, 2].map(() => ({ event: 'shout', data: 'all' })));
  const gateway = application.get(Gateway);
  const [peer] = gateway.server.clients;
  // NestJS emits an exception on the WebSocket. Only Socket.IO sends it to the client.
  const exception = once(peer!, 'exception');
  one.send('fail', null);
  expect(await exception).toMatchObject([{ message: 'failed' }]);
  const closed = once(peer!, 'close');
  one.socket.close();
  await closed;
  expect(gateway.life).toEqual(['connection', 'connection', 'disconnect']);
  expect(openings()).toEqual({ clients: 2, servers: 2 });
});

type Client = Awaited<ReturnType<typeof open>>;

async function open(url: string) {
  const socket = new WebSocket(url);
  onTestFinished(() => socket.terminate());
  const received: unknown[] = [];
  const waiting: (() => void)[] = [];
  socket.on('message', data => {
    received.push(JSON.parse(String(data)));
    waiting.shift()?.();
  });
  await once(socket, 'open');
  const next = async () => {
    if (received.length === 0) await new Promise<void>(resolve => waiting.push(resolve));
    return received.shift();
  };
  return { socket, next, send: (event: string, data: unknown) => socket.send(JSON.stringify({ event, data })) };
}
