/** Messages that need much time or memory. */
import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { deflateRawSync } from 'node:zlib';
import { connect, type WebSocketConnection } from '../../../src/index.js';
import { collectGarbage, heldMemory, percentile, until } from '../measure.js';
import { startPeer } from '../peer.js';
import { kib, ms, type Outcome, type Row, scaled } from '../row.js';
import { openServer } from '../server.js';

async function controlFlood(scale: number): Promise<Outcome> {
  const count = scaled(1_000, scale);
  let digest = '';
  const { server, port } = await openServer(connection => {
    connection.on('message', data => {
      digest = createHash('sha256').update(data).digest('hex');
    });
  });
  const { times, digest: sent } = await startPeer('controlFlood', { port, count }).result;
  await until(() => digest !== '', 10_000, 'the message');
  await server.close({ timeout: 0 });
  const most = Math.max(...times);
  const isIntact = digest === sent;
  return {
    figure: `pong p99 ${ms(percentile(times, 0.99))}, at most ${ms(most)}; the message is ${isIntact ? 'intact' : 'damaged'}`,
    passed: isIntact && times.length === count && percentile(times, 0.99) <= 100,
  };
}

/** Measures the contexts of compression in both directions, at both ends, after messages that fill them. */
async function contexts(scale: number): Promise<Outcome> {
  const count = scaled(200, scale);
  const accepted: WebSocketConnection[] = [];
  const perMessageDeflate = { serverNoContextTakeover: false, clientNoContextTakeover: false, threshold: 0 };
  const text = Array.from({ length: 4_000 }, (_, i) => `${i} is not ${i * 7} `).join('');
  const measure = async (options: object) => {
    const { server, port } = await openServer(
      connection => {
        accepted.push(connection);
        connection.on('message', data => connection.send(data));
      },
      { maxMessageSize: 2 ** 20, ...options },
    );
    const connections: WebSocketConnection[] = [];
    const before = await heldMemory();
    for (let i = 0; i < count; i++) {
      const connection = await connect(`ws://127.0.0.1:${port}/`, options);
      connections.push(connection);
      const echoed = new Promise(resolve => connection.once('message', resolve));
      connection.send(text);
      await echoed;
    }
    const held = (await heldMemory()) - before;
    await Promise.all(connections.map(connection => connection.close()));
    await until(() => server.clients.size === 0, 10_000, 'the end');
    connections.length = 0;
    accepted.length = 0;
    const left = (await heldMemory()) - before;
    await server.close({ timeout: 0 });
    return { held, left };
  };
  await measure({ perMessageDeflate });
  const without = await measure({});
  const compressing = await measure({ perMessageDeflate });
  // Both ends are in this process.
  const each = (compressing.held - without.held) / count / 2;
  const left = (compressing.left - without.left) / count / 2;
  return {
    figure: `${kib(each)} per end, ${kib(left)} of it left after the close`,
    passed: each > 10_000 && each <= 80 * 1024 && left < 1024,
  };
}

async function bomb(): Promise<Outcome> {
  const limit = 2 ** 20;
  const ends: Array<Promise<{ sent: { code: number } | undefined }>> = [];
  const { server, port } = await openServer(connection => ends.push(connection.closed), {
    perMessageDeflate: true,
    maxMessageSize: limit,
  });
  const bytes = deflateRawSync(Buffer.alloc(64 * limit), { level: 9 });
  const explode = async () => {
    const peer = startPeer('bomb', { port, payload: bytes.toString('base64') });
    await peer.ready;
    let isOver = false;
    collectGarbage();
    const before = process.memoryUsage().arrayBuffers;
    let peak = 0;
    peer.stop();
    void peer.result.finally(() => {
      isOver = true;
    });
    while (!isOver) {
      peak = Math.max(peak, process.memoryUsage().arrayBuffers - before);
      await new Promise(setImmediate);
    }
    return peak;
  };
  await explode();
  const peak = await explode();
  const codes = (await Promise.all(ends)).map(({ sent }) => sent?.code);
  await server.close({ timeout: 0 });
  // In addition to the output, there is the compressed message: assembled, and as the chunks that it arrived in.
  const most = limit + 65_536 + 2 * bytes.length;
  return {
    figure: `${codes.join(', ')}; peak ${kib(peak)} of ${kib(most)} (the bomb itself, ${kib(bytes.length)}, included)`,
    passed: peak <= most && codes.every(code => code === 1009),
  };
}

/**
 * Sends one message of `size` bytes from each end to the other at the same time, and reads both as streams. If
 * `perMessageDeflate`, each is compressed to about a thousandth of that.
 */
async function streams(scale: number, perMessageDeflate = false): Promise<Outcome> {
  const size = scaled(2 ** 30, scale, 2 ** 26);
  const chunk = Buffer.alloc(65_536, 1);
  function* source() {
    for (let left = size; left > 0; left -= chunk.length) yield left < chunk.length ? chunk.subarray(0, left) : chunk;
  }
  let before = 0;
  let peak = 0;
  const receive = async (connection: WebSocketConnection): Promise<number> => {
    let received = 0;
    let measured = 0;
    for await (const message of connection.messages({ stream: true })) {
      for await (const part of message) {
        received += part.length;
        if (received - measured < 2 ** 24) continue;
        measured = received;
        // What a collection would free is not held.
        collectGarbage();
        const { heapUsed, external } = process.memoryUsage();
        peak = Math.max(peak, heapUsed + external - before);
      }
      break;
    }
    return received;
  };
  const options = { maxMessageSize: Number.MAX_SAFE_INTEGER, perMessageDeflate };
  const ends: Array<Promise<number | boolean>> = [];
  const run = (connection: WebSocketConnection) => ends.push(receive(connection), connection.sendStream(source()));
  const { server, port } = await openServer(run, options);
  before = await heldMemory();
  const client = await connect(`ws://127.0.0.1:${port}/`, options);
  run(client);
  await until(() => ends.length === 4, 10_000, 'the connection');
  const results = await Promise.all(ends);
  await server.close({ timeout: 0 });
  const isWhole = results.every(result => result === size || result === true);
  return {
    figure: `${kib(peak)} held by both ends while ${kib(size)} went each way; ${isWhole ? 'all' : 'not all'} of it arrived`,
    passed: isWhole && peak <= 8 * 2 ** 20,
  };
}

/**
 * Receives one frame of zeros that was compressed by a thousand, as a stream. The application reads nothing at first.
 */
async function inflatedStream(scale: number): Promise<Outcome> {
  const size = scaled(2 ** 30, scale, 2 ** 26);
  let before = 0;
  let held = 0;
  let peak = 0;
  let received = 0;
  let isDone = false;
  const measure = () => {
    collectGarbage();
    const { heapUsed, external } = process.memoryUsage();
    return heapUsed + external - before;
  };
  const receive = async (connection: WebSocketConnection) => {
    for await (const message of connection.messages({ stream: true })) {
      await sleep(500);
      held = measure();
      let measured = 0;
      for await (const part of message) {
        received += part.length;
        if (received - measured < 2 ** 24) continue;
        measured = received;
        peak = Math.max(peak, measure());
      }
      isDone = true;
    }
  };
  const { server, port } = await openServer(connection => void receive(connection).catch(() => {}), {
    perMessageDeflate: true,
    maxMessageSize: Number.MAX_SAFE_INTEGER,
  });
  before = await heldMemory();
  const peer = startPeer('zeros', { port, count: size / 2 ** 20 });
  await until(() => isDone, 120_000, 'the message');
  peer.stop();
  await server.close({ timeout: 0 });
  return {
    figure: `${kib(held)} held before the first part was taken, ${kib(peak)} at most; ${kib(received)} arrived`,
    passed: received === size && held <= 2 * 2 ** 20 && peak <= 4 * 2 ** 20,
  };
}

export const messages: readonly Row[] = [
  {
    name: 'streams',
    fault: 'a message of 1 GiB in each direction at the same time, sent and read in parts',
    limit: 'both arrive whole, <= 8 MiB held by both ends',
    run: scale => streams(scale),
  },
  {
    name: 'compressed-streams',
    fault: 'the same with permessage-deflate',
    limit: 'both arrive whole, <= 8 MiB held by both ends',
    run: scale => streams(scale, true),
  },
  {
    name: 'inflated-stream',
    fault: '1 GiB of zeros in one frame of 1 MiB, read in parts',
    limit: 'arrives whole, <= 2 MiB held before the first part is taken, <= 4 MiB afterwards',
    run: inflatedStream,
  },
  {
    name: 'control-flood',
    fault: 'a Ping after each of 1,000 fragments of a 16 MiB message',
    limit: 'pong p99 <= 100 ms, the message is intact',
    isTiming: true,
    run: controlFlood,
  },
  {
    name: 'bomb',
    fault: '64 MiB of zeros in 65 KB, with a limit of 1 MiB',
    limit: '1009, peak <= limit + 64 KiB',
    run: bomb,
  },
  {
    name: 'contexts',
    fault: 'context takeover in both directions',
    limit: '<= 80 KiB a connection, freed on close',
    run: contexts,
  },
];
