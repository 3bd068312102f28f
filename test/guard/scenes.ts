/** What happens in the process under test, and what is counted. Every scene has a process of its own. */
import { once } from 'node:events';
import type { AddressInfo, Socket } from 'node:net';
import type { ServerOptions, WebSocketServer } from '../../src/index.js';
import { slope } from '../soak/measure.js';
import { countAllocations, countTimers, countWrites, heldMemory, turns, watchSockets } from './counters.js';
import { type Peer, startPeer } from './peer.js';
import type { Messages } from './peer-process.js';

type Library = typeof import('../../src/index.js');

/** What a scene counted, by name. */
export type Counts = Readonly<Record<string, number>>;

interface Stage {
  readonly library: Library;
  readonly peer: Peer;
  readonly sockets: ReadonlySet<Socket>;
}

type Scene = (stage: Stage) => Promise<Counts>;

const OFFER = 'Sec-WebSocket-Extensions: permessage-deflate';

/** Of 1,024 bytes. */
const JSON_TEXT: string = JSON.stringify(
  Array.from({ length: 23 }, (_, i) => ({ id: (i * 7_919) % 1_000, name: `user ${i}`, price: (i * 137) / 100 })),
)
  .padEnd(1_024)
  .slice(0, 1_024);

/** An echo server, and its port. */
async function openServer(
  { WebSocketServer }: Library,
  options: ServerOptions = {},
): Promise<[WebSocketServer, number]> {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1', ...options });
  server.on('connection', connection => {
    connection.on('message', data => connection.send(data));
  });
  await once(server, 'listening');
  return [server, (server.address() as AddressInfo).port];
}

/** Messages that come back: writes per 1,000 of them, and bytes allocated for each. */
function echo(messages: Messages, times: number): Scene {
  return async ({ library, peer, sockets }) => {
    const [, port] = await openServer(library);
    await peer.ask('dial', port, 1);
    return countMessages(sockets, messages.inFlight * times, () => peer.ask('echo', messages, times));
  };
}

/** The same of a text that is compressed both ways. */
function echoDeflated(text: string, times: number): Scene {
  return async ({ library, peer, sockets }) => {
    const [, port] = await openServer(library, { perMessageDeflate: true });
    await peer.ask('dial', port, 1, OFFER);
    return countMessages(sockets, times, () => peer.ask('echoDeflated', text, times));
  };
}

/** The same of a client's: it sends, and a server that it does not count answers. */
function clientEcho(messages: Messages, times: number): Scene {
  return async ({ library, peer, sockets }) => {
    const port = await peer.ask('serve', messages);
    const connection = await library.connect(`ws://127.0.0.1:${port}/`);
    const payload = Buffer.alloc(messages.size, 'x');
    const round = () =>
      new Promise<void>(resolve => {
        let left = messages.inFlight * times;
        const say = () => {
          for (let i = 0; i < messages.inFlight; i++) connection.send(payload);
        };
        const hear = () => {
          if (--left % messages.inFlight > 0) return;
          if (left > 0) {
            say();
          } else {
            connection.off('message', hear);
            resolve();
          }
        };
        connection.on('message', hear);
        say();
      });
    return countMessages(sockets, messages.inFlight * times, round);
  };
}

async function countMessages(sockets: ReadonlySet<Socket>, count: number, round: () => Promise<void>): Promise<Counts> {
  // What is made once, code and lazily made state, is made here.
  await round();
  const { heap, buffers } = await countAllocations(round);
  const writes = await countWrites(sockets, round);
  return { writes: (writes / count) * 1000, heap: heap / count, buffers: buffers / count };
}

/** Small messages that an application keeps, of which large ones came in the same reads: the memory that each of them holds. */
function kept(messages: Messages, times: number): Scene {
  return async ({ library, peer }) => {
    const [server, port] = await openServer(library);
    await peer.ask('dial', port, 1);
    await peer.ask('echo', messages, times);
    const kept: Uint8Array[] = [];
    for (const connection of server.clients) {
      connection.on('message', data => {
        if (data.length === messages.size) kept.push(data as Buffer);
      });
    }
    const before = await heldMemory();
    await peer.ask('echo', messages, times);
    const memory = (await heldMemory()) - before;
    const arrayBuffers = new Set(kept.map(({ buffer }) => buffer)).size;
    return { memory: memory / kept.length, 'array-buffers': (arrayBuffers / kept.length) * 1000 };
  };
}

/** In every turn so many broadcasts: writes per 1,000 deliveries, and bytes allocated for each. */
function broadcast(peers: number, perTurn: number, payload: string, times: number, deflate: boolean): Scene {
  return async ({ library, peer, sockets }) => {
    const [server, port] = await openServer(library, { perMessageDeflate: deflate });
    await peer.ask('dial', port, peers, ...(deflate ? [OFFER] : []));
    await until(() => server.clients.size === peers);
    const [socket] = sockets;
    const before = socket!.bytesWritten;
    server.broadcast(payload);
    // A message leaves in one write, so this is what each peer gets.
    await until(() => socket!.bytesWritten > before);
    const size = socket!.bytesWritten - before;
    await peer.ask('receive', size);
    const round = async () => {
      for (let i = 0; i < times; i++) {
        const received = peer.ask('receive', perTurn * size);
        for (let j = 0; j < perTurn; j++) server.broadcast(payload);
        await received;
      }
    };
    return countMessages(sockets, peers * perTurn * times, round);
  };
}

/** Connections that come and go: bytes allocated for each. */
const visits: Scene = async ({ library, peer }) => {
  const [server, port] = await openServer(library);
  const times = 200;
  const round = async () => {
    await peer.ask('visit', port, times);
    await until(() => server.clients.size === 0);
    await turns();
  };
  await round();
  const { heap, buffers } = await countAllocations(round);
  return { heap: heap / times, buffers: buffers / times };
};

/** Connections on which nothing happens, or one message did: what each holds, and what listens to its socket. */
const idle: Scene = async ({ library, peer, sockets }) => {
  const [server, port] = await openServer(library);
  const held: Array<[connections: number, bytes: number]> = [];
  const dial = async (count: number) => {
    const expected = server.clients.size + count;
    await peer.ask('dial', port, count);
    await until(() => server.clients.size === expected);
  };
  for (let i = 0; i < 6; i++) {
    await dial(300);
    held.push([server.clients.size, await heldMemory()]);
  }
  const [connections, silent] = held.at(-1)!;
  await peer.ask('echo', { opcode: 2, size: 16, inFlight: 1 }, 1);
  const spoken = (await heldMemory()) - silent;
  const [socket] = sockets;
  const listeners = socket!.eventNames().reduce((sum, name) => sum + socket!.listenerCount(name), 0);
  // Last, since watching timers takes memory.
  const timers = await countTimers(() => dial(100));
  // V8 counts a page of the heap that it has set apart as used, or does not: one such step does not bend the median of slopes.
  const memory = slope(held);
  return { memory, 'memory-spoken': memory + spoken / connections, listeners, timers: timers / 100 };
};

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await turns(1);
}

export const SCENES: Readonly<Record<string, Scene>> = {
  'echo-16': echo({ opcode: 2, size: 16, inFlight: 32 }, 500),
  'echo-125': echo({ opcode: 2, size: 125, inFlight: 1 }, 1_000),
  'echo-1k-text': echo({ opcode: 1, size: 1_024, inFlight: 32 }, 100),
  'echo-16k': echo({ opcode: 2, size: 16_384, inFlight: 1 }, 500),
  'echo-1m': echo({ opcode: 2, size: 1_048_576, inFlight: 1 }, 4),
  'echo-deflate': echoDeflated(JSON_TEXT, 200),
  kept: kept({ opcode: 2, size: 125, inFlight: 32, behind: 40_000 }, 400),
  broadcast: broadcast(100, 10, 'x'.repeat(125), 5, false),
  'broadcast-deflate': broadcast(100, 1, '{"temperature":12.5},'.repeat(200), 20, true),
  'client-echo-125': clientEcho({ opcode: 2, size: 125, inFlight: 32 }, 500),
  visits,
  idle,
};

/** Plays a scene with a library: what its counts are. */
export async function play(name: string, library: Library): Promise<Counts> {
  const sockets = watchSockets();
  const peer = startPeer();
  const counts = await SCENES[name]!({ library, peer, sockets });
  await peer.stop();
  return counts;
}
