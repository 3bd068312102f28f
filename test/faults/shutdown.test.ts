import { setTimeout as wait } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { connect } from '../../src/index.js';
import { request } from '../helpers/http-heads.js';
import { openServer } from '../helpers/open-server.js';
import { rawConnect } from '../helpers/raw-peer.js';

test('close() while sending keeps its timeout, delivers everything and 1001 to readers, and leaves no handle', async () => {
  const handles = () => process.getActiveResourcesInfo().filter(name => /TCP|Timeout/.test(name)).length;
  const timeout = 300;
  const before = handles();
  const { server, port } = await openServer();
  let sent = 0;
  server.on('connection', connection => {
    const fill = () => {
      do sent++;
      while (connection.send(Buffer.alloc(10_000)));
    };
    connection.on('drain', fill);
    fill();
  });
  const readers = await Promise.all(Array.from({ length: 5 }, () => connect(`ws://127.0.0.1:${port}/`)));
  let received = 0;
  for (const reader of readers) reader.on('message', () => received++);
  await wait(50);
  const deaf = await Promise.all(Array.from({ length: 5 }, () => rawConnect(port)));
  const toReaders = sent;
  for (const peer of deaf) {
    peer.write(request());
    peer.socket.pause();
  }
  while (server.clients.size < 10) await wait(5);
  const start = performance.now();
  await server.close({ timeout });
  expect(performance.now() - start).toBeLessThan(timeout + 1_000);
  const ends = await Promise.all(readers.map(({ closed }) => closed));
  expect(ends.map(({ code, wasClean }) => [code, wasClean])).toEqual(Array.from({ length: 5 }, () => [1001, true]));
  expect(received).toBeGreaterThanOrEqual(toReaders);
  for (const peer of deaf) peer.socket.destroy();
  while (handles() > before) await wait(5);
});
