/** The scenes: what the process under test does, and what is counted. Each scene runs in a process of its own. */
import { once } from 'node:events';
import type { AddressInfo, Socket } from 'node:net';
import type { ServerOptions, WebSocketServer } from '../../src/index.js';
import { slope } from '../soak/measure.js';
import { countAllocations, countTimers, countWrites, heldMemory, turns, watchSockets } from './counters.js';
import { type Peer, startPeer } from './peer.js';
import type { Messages } from './peer-process.js';

type Library = typeof import('../../src/index.js');

/** The counts of a scene, by name. */
export type Counts = Readonly<Record<string, number>>;

interface Stage {
  readonly library: Library;
  readonly peer: Peer;
  readonly sockets: ReadonlySet<Socket>;
}

type Scene = (stage: Stage) => Promise<Counts>;

const OFFER = 'Sec-WebSocket-Extensions: permessage-deflate';

/** A JSON text of 1,024 bytes. */
const JSON_TEXT: string = JSON.stringify(
  Array.from({ length: 23 }, (_, i) => ({ id: (i * 7_919) % 1_000, name: `user ${i}`, price: (i * 137) / 100 })),
)
  .padEnd(1_024)
  .slice(0, 1_024);

/** Opens an echo server, and returns it with its port. */
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

/** A server echoes messages. Counts writes per 1,000 messages, and bytes allocated per message. */
function echo(messages: Messages, times: number): Scene {
  return async ({ library, peer, sockets }) => {
    const [, port] = await openServer(library);
    await peer.ask('dial', port, 1);
    return countMessages(sockets, messages.inFlight * times, () => peer.ask('echo', messages, times));
  };
}

/** As `echo()`, for one text that is compressed in both directions. */
function echoDeflated(text: string, times: number): Scene {
  return async ({ library, peer, sockets }) => {
    const [, port] = await openServer(library, { perMessageDeflate: true });
    await peer.ask('dial', port, 1, OFFER);
    return countMessages(sockets, times, () => peer.ask('echoDeflated', text, times));
  };
}

/** As `echo()`, for a client. The peer answers its messages. */
function clientEcho(messages: Messages, times: number): Scene {
  return async ({ library, peer, sockets }) => {
    const port = await peer.ask('serve', messages);
    const connection = await library.connect(`ws://127.0.0.1:${port}/`);
    const payload = Buffer.alloc(messages.size, 'x');
    const round = () =>
      new Promise<void>(resolve => {
        let left = messages.inFlight * times;
        const send = () => {
          for (let i = 0; i < messages.inFlight; i++) connection.send(payload);
        };
        const onMessage = () => {
          if (--left % messages.inFlight > 0) return;
          if (left > 0) {
            send();
          } else {
            connection.off('message', onMessage);
            resolve();
          }
        };
        connection.on('message', onMessage);
        send();
      });
    return countMessages(sockets, messages.inFlight * times, round);
  };
}

async function countMessages(sockets: ReadonlySet<Socket>, count: number, round: () => Promise<void>): Promise<Counts> {
  // The first round runs code for the first time, and creates lazy state.
  await round();
  const { heap, buffers } = await countAllocations(round);
  const writes = await countWrites(sockets, round);
  return { writes: (writes / count) * 1000, heap: heap / count, buffers: buffers / count };
}

/**
 * The application keeps small messages that arrived together with large ones. Counts the memory that each one holds.
 */
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

/** Broadcasts `perTurn` messages per turn. Counts writes per 1,000 deliveries, and bytes allocated per delivery. */
function broadcast(peers: number, perTurn: number, payload: string, times: number, deflate: boolean): Scene {
  return async ({ library, peer, sockets }) => {
    const [server, port] = await openServer(library, { perMessageDeflate: deflate });
    await peer.ask('dial', port, peers, ...(deflate ? [OFFER] : []));
    await until(() => server.clients.size === peers);
    const [socket] = sockets;
    const before = socket!.bytesWritten;
    server.broadcast(payload);
    // A message leaves in one write, so this is the size for each peer.
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

/** Connections open and close. Counts bytes allocated per connection. */
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

/** Connections that carried nothing, or one message. Counts what each holds, and its listeners and timers. */
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
  // Last, because watching timers takes memory.
  const timers = await countTimers(() => dial(100));
  // V8 may count a whole reserved page as used. The median of slopes ignores such a step.
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
  'echo-128k': echo({ opcode: 2, size: 131_072, inFlight: 1 }, 100),
  'echo-1m': echo({ opcode: 2, size: 1_048_576, inFlight: 1 }, 4),
  'echo-deflate': echoDeflated(JSON_TEXT, 200),
  kept: kept({ opcode: 2, size: 125, inFlight: 32, behind: 40_000 }, 400),
  broadcast: broadcast(100, 10, 'x'.repeat(125), 5, false),
  'broadcast-deflate': broadcast(100, 1, '{"temperature":12.5},'.repeat(200), 20, true),
  'client-echo-125': clientEcho({ opcode: 2, size: 125, inFlight: 32 }, 500),
  visits,
  idle,
};

/** Runs a scene with a library, and returns its counts. */
export async function play(name: string, library: Library): Promise<Counts> {
  const sockets = watchSockets();
  const peer = startPeer();
  const counts = await SCENES[name]!({ library, peer, sockets });
  await peer.stop();
  return counts;
}
