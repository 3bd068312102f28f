/** What peers do. Each function runs in a process of its own, and returns what it measured. */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, connect as connectNet, createServer, type Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { constants, deflateRawSync } from 'node:zlib';
import { connect } from '../../src/index.js';
import { heldMemory } from './measure.js';
import type { PeerControl } from './peer.js';
import { clientFrame, connectRaw, connectTcp, REQUEST, write } from './wire.js';

interface At {
  readonly port: number;
}

/** Sends messages of `size` bytes as fast as possible until it is stopped, and discards what it receives. */
export async function busy({ port, size }: At & { size: number }, control: PeerControl): Promise<void> {
  const socket = await connectRaw(port);
  socket.resume();
  const frame = clientFrame(2, Buffer.alloc(size));
  const batch = Buffer.concat(Array.from({ length: Math.max(1, Math.floor(262_144 / frame.length)) }, () => frame));
  control.ready();
  while (!control.stopped.aborted && !socket.destroyed) await write(socket, batch);
  socket.destroy();
}

/**
 * Opens `count` connections that each send a small message every `interval` ms. Returns the time of each echo in ms.
 */
export async function quiet(
  { port, count, interval, echoes }: At & { count: number; interval: number; echoes: number },
  control: PeerControl,
): Promise<number[]> {
  const sockets = await Promise.all(Array.from({ length: count }, () => connectRaw(port)));
  const times: number[] = [];
  const frame = clientFrame(1, 'are you there?');
  control.ready();
  await Promise.all(
    sockets.map(async (socket, i) => {
      await wait((interval * i) / count);
      for (let echo = 0; echo < echoes; echo++) {
        const sentAt = performance.now();
        socket.write(frame);
        await received(socket, frame.length - 4);
        const time = performance.now() - sentAt;
        times.push(time);
        await wait(Math.max(0, interval - time));
      }
      socket.destroy();
    }),
  );
  return times;
}

/** Opens `count` connections and never reads, until it is stopped. */
export async function deaf({ port, count }: At & { count: number }, control: PeerControl): Promise<void> {
  const sockets = await inParallel(count, 50, () => connectRaw(port));
  control.ready();
  await stopped(control);
  for (const socket of sockets) socket.destroy();
}

/** Opens `count` connections and sends messages of `size` bytes on each, as fast as possible, until it is stopped. */
export async function talkers(
  { port, count, size }: At & { count: number; size: number },
  control: PeerControl,
): Promise<void> {
  const sockets = await inParallel(count, 50, () => connectRaw(port));
  const frame = clientFrame(2, Buffer.alloc(size));
  for (const socket of sockets) {
    void (async () => {
      while (!control.stopped.aborted && !socket.destroyed) await write(socket, frame);
    })();
  }
  control.ready();
  await stopped(control);
  for (const socket of sockets) socket.destroy();
}

/** Sends `count` Pings of 125 bytes, and never reads. */
export async function pingFlood({ port, count }: At & { count: number }, control: PeerControl): Promise<void> {
  const socket = await connectRaw(port);
  const batch = Buffer.concat(Array.from({ length: 1_000 }, () => clientFrame(9, Buffer.alloc(125, 'x'))));
  for (let sent = 0; sent < count; sent += 1_000) await write(socket, batch);
  control.ready();
  await stopped(control);
  socket.destroy();
}

/** Sends a message in `count` fragments of `size` bytes on each connection, without the last fragment. */
export async function fragments(
  { port, connections, count, size }: At & { connections: number; count: number; size: number },
  control: PeerControl,
): Promise<void> {
  const sockets = await inParallel(connections, 50, () => connectRaw(port));
  const fragment = clientFrame(0, Buffer.alloc(size), false);
  for (const socket of sockets) {
    await write(socket, clientFrame(2, Buffer.alloc(size), false));
    for (let sent = 1; sent < count; ) {
      const batch = Math.min(count - sent, Math.ceil(65_536 / fragment.length));
      await write(socket, Buffer.concat(Array.from({ length: batch }, () => fragment)));
      sent += batch;
    }
    // When the server has answered this Ping, it has read everything before it.
    await write(socket, clientFrame(9));
    await received(socket, 2);
  }
  control.ready();
  await stopped(control);
  for (const socket of sockets) socket.destroy();
}

/**
 * Sends a message of many fragments with a Ping after each. Returns the time of each Pong in ms, and the message's
 * digest.
 */
export async function controlFlood({
  port,
  count,
}: At & { count: number }): Promise<{ times: number[]; digest: string }> {
  const socket = await connectRaw(port);
  const hash = createHash('sha256');
  const sentAt: number[] = [];
  const times: number[] = [];
  let seen = 0;
  const pong = 2 + 4;
  socket.on('data', (chunk: Buffer) => {
    seen += chunk.length;
    while (times.length < Math.floor(seen / pong)) times.push(performance.now() - sentAt[times.length]!);
  });
  for (let i = 0; i < count; i++) {
    const payload = Buffer.alloc(16_384, i);
    hash.update(payload);
    await write(
      socket,
      Buffer.concat([clientFrame(i === 0 ? 2 : 0, payload, i === count - 1), clientFrame(9, 'ping')]),
    );
    sentAt.push(performance.now());
    // Wait for answers, so that the time of an answer does not include a queue of Pings.
    while (sentAt.length - times.length > 8) await once(socket, 'data');
  }
  while (times.length < count) await once(socket, 'data');
  socket.destroy();
  return { times, digest: hash.digest('hex') };
}

/** Opens `count` connections, sends part of a frame on each, and resets it. */
export async function resets({ port, count }: At & { count: number }): Promise<void> {
  const frame = clientFrame(2, Buffer.alloc(300));
  await inParallel(count, 50, async i => {
    const socket = await connectRaw(port);
    await new Promise(resolve => socket.write(frame.subarray(0, (i * 7) % (frame.length - 1)), resolve));
    if (i % 3 === 0) await wait(1);
    socket.resetAndDestroy();
  });
}

/**
 * Opens TCP connections, sends `bytes` bytes of a request head on each, and waits until the server has ended all of
 * them.
 */
export async function stall(
  { port, count, bytes }: At & { count: number; bytes: number },
  control: PeerControl,
): Promise<{ answers: string[]; seconds: number }> {
  const start = performance.now();
  const head = Buffer.from(`${REQUEST.slice(0, -2)}X-Padding: ${'x'.repeat(bytes)}`).subarray(0, bytes);
  const answers = new Set<string>();
  const sockets = await inParallel(count, 50, async () => {
    const socket = await connectTcp(port);
    socket.write(head);
    return socket;
  });
  const ended = sockets.map(socket => {
    socket.once('data', (chunk: Buffer) => answers.add(chunk.toString('latin1').split('\r\n', 1)[0]!));
    return once(socket, 'end').then(() => socket.destroy());
  });
  control.ready();
  await Promise.all(ended);
  return { answers: [...answers], seconds: (performance.now() - start) / 1000 };
}

/**
 * Opens a connection every `interval` ms until it is stopped. Returns the times of the handshakes in ms, and the
 * failures.
 */
export async function honest(
  { port, interval }: At & { interval: number },
  control: PeerControl,
): Promise<{ times: number[]; failures: number }> {
  const times: number[] = [];
  let failures = 0;
  control.ready();
  while (!control.stopped.aborted) {
    const start = performance.now();
    try {
      const socket = await connectRaw(port);
      times.push(performance.now() - start);
      socket.destroy();
    } catch {
      failures++;
    }
    await wait(interval);
  }
  return { times, failures };
}

/** Opens and closes `count` connections with the library's own client. Returns samples of the memory that it held. */
export async function opensAndCloses({
  port,
  count,
  samples,
}: At & { count: number; samples: number }): Promise<Array<[done: number, bytes: number]>> {
  const held: Array<[number, number]> = [];
  const each = Math.ceil(count / samples);
  for (let done = 0; done < count; ) {
    await inParallel(each, 32, async () => {
      const connection = await connect(`ws://127.0.0.1:${port}/`);
      connection.send('hello');
      await connection.close(1000);
    });
    done += each;
    held.push([done, await heldMemory()]);
  }
  return held;
}

/** Opens `count` TCP connections, and closes them when it is stopped. */
export async function crowd({ port, count }: At & { count: number }, control: PeerControl): Promise<void> {
  const sockets = await Promise.all(Array.from({ length: count }, () => connectTcp(port)));
  control.ready();
  await stopped(control);
  for (const socket of sockets) socket.destroy();
}

/** Waits for a Close frame, and neither answers it nor ends TCP. Returns how long it takes until the server does. */
export async function ignoresClose({ port }: At): Promise<{ seconds: number }> {
  const socket = await connectRaw(port);
  await received(socket, 4);
  const start = performance.now();
  socket.resume();
  await Promise.race([once(socket, 'close'), once(socket, 'end')]);
  return { seconds: (performance.now() - start) / 1000 };
}

/** Negotiates compression, and sends a compressed message when it is stopped. Ends after the server has. */
export async function bomb({ port, payload }: At & { payload: string }, control: PeerControl): Promise<void> {
  const socket = await connectRaw(port, 'Sec-WebSocket-Extensions: permessage-deflate');
  const frame = clientFrame(2, Buffer.from(payload, 'base64'));
  frame[0]! |= 0x40;
  control.ready();
  await stopped(control);
  socket.write(frame);
  socket.resume();
  await once(socket, 'end');
  socket.destroy();
}

/** Sends `count` MiB of zeros in one compressed frame, and ends when it is stopped. */
export async function zeros({ port, count }: At & { count: number }, control: PeerControl): Promise<void> {
  const socket = await connectRaw(port, 'Sec-WebSocket-Extensions: permessage-deflate');
  const block = deflateRawSync(Buffer.alloc(2 ** 20), { level: 9, finishFlush: constants.Z_SYNC_FLUSH });
  const frame = clientFrame(2, Buffer.concat([...new Array<Buffer>(count).fill(block), Buffer.from([0])]));
  frame[0]! |= 0x40;
  socket.write(frame);
  socket.resume();
  await stopped(control);
  socket.destroy();
}

/**
 * Relays one connection to `target`, but reads only `step` bytes per 20 ms from one side. Reports its port, and runs
 * until it is stopped.
 */
export async function slowRelay(
  { target, slowSide, step }: { target: number; slowSide: 'client' | 'target'; step: number },
  control: PeerControl,
): Promise<void> {
  const listener = createServer({ allowHalfOpen: true });
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  control.ready((listener.address() as AddressInfo).port);
  const [client] = (await once(listener, 'connection')) as [Socket];
  const server = connectNet({ port: target, host: '127.0.0.1', allowHalfOpen: true });
  const [slow, fast] = slowSide === 'client' ? [client, server] : [server, client];
  for (const socket of [slow, fast]) socket.on('error', () => socket.destroy());
  fast.pipe(slow);
  void readSlowly(slow, fast, step);
  await stopped(control);
  for (const socket of [slow, fast]) socket.destroy();
  listener.close();
}

async function readSlowly(from: Socket, to: Socket, step: number): Promise<void> {
  from.on('readable', () => {});
  let hasEnded = false;
  from.on('end', () => {
    hasEnded = true;
    to.end();
  });
  while (!hasEnded && !from.destroyed) {
    const chunk = from.read(Math.min(step, from.readableLength)) as Buffer | null;
    if (chunk !== null) to.write(chunk);
    await wait(20);
  }
}

function stopped(control: PeerControl): Promise<unknown> {
  return control.stopped.aborted ? Promise.resolve() : once(control.stopped, 'abort');
}

/** Calls `act` `count` times, at most `width` calls at once. */
async function inParallel<Value>(count: number, width: number, act: (i: number) => Promise<Value>): Promise<Value[]> {
  const values: Value[] = [];
  let next = 0;
  const worker = async () => {
    for (let i = next++; i < count; i = next++) values.push(await act(i));
  };
  await Promise.all(Array.from({ length: Math.min(width, count) }, worker));
  return values;
}

/** Reads `length` more bytes. */
async function received(socket: Socket, length: number): Promise<void> {
  for (let left = length; left > 0; ) {
    const chunk = socket.read() as Buffer | null;
    if (chunk === null) await once(socket, 'readable');
    else left -= chunk.length;
  }
}
