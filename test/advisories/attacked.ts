/** A connection of the library, and an attacker at the other end of a real socket. */
import { connect } from '../../src/client/connect.js';
import type { ConnectOptions, ServerOptions, WebSocketConnection } from '../../src/index.js';
import { FRAMES, type Frames, show } from '../helpers/frames.js';
import { request, switchingProtocols } from '../helpers/http-heads.js';
import { openServer } from '../helpers/open-server.js';
import { type RawFrame, rawFrame, rawHeader } from '../helpers/raw-frame.js';
import { type RawPeer, rawOpen, rawServer } from '../helpers/raw-peer.js';

export type Options = Omit<ServerOptions & ConnectOptions, 'tls' | 'subprotocols'>;

export class Attacked {
  readonly connection: WebSocketConnection;
  readonly attacker: RawPeer;
  /** Creates legal frames of the attacker. */
  readonly frames: Frames;
  readonly #from: 'client' | 'server';

  constructor(connection: WebSocketConnection, attacker: RawPeer) {
    this.connection = connection;
    this.attacker = attacker;
    this.#from = connection.role;
    this.frames = FRAMES[connection.role === 'client' ? 'server' : 'client'];
  }

  /** Returns a frame of the attacker, legal or not, masked as its role requires. */
  frame(frame: RawFrame): Uint8Array {
    return rawFrame(this.#masked(frame));
  }

  /** Returns the header of such a frame. */
  header(frame: RawFrame): Uint8Array {
    return rawHeader(this.#masked(frame));
  }

  #masked(frame: RawFrame): RawFrame {
    return this.connection.role === 'server' ? { ...frame, key: [0x11, 0x22, 0x33, 0x44] } : frame;
  }

  /** Waits for the first `count` frames that the library sends, and returns them as text. */
  async saw(count: number): Promise<string[]> {
    return (await this.attacker.frames(this.#from, count)).map(show);
  }
}

/** What the attacker offers as a client, and accepts as a server. */
const DEFLATE = 'Sec-WebSocket-Extensions: permessage-deflate';

async function attackServer(options: Options = {}): Promise<Attacked> {
  const { port, connections } = await openServer(options);
  const attacker = await rawOpen(port, request({ add: options.perMessageDeflate === true ? [DEFLATE] : [] }));
  return new Attacked(connections[0]!, attacker);
}

async function attackClient(options: Options = {}): Promise<Attacked> {
  const lines = options.perMessageDeflate === true ? [DEFLATE] : [];
  const server = await rawServer(async peer => peer.write(switchingProtocols(await peer.head(), ...lines)));
  const connection = await connect(`ws://127.0.0.1:${server.port}/`, options);
  return new Attacked(connection, server.peers[0]!);
}

/** The two ends of the library that can be attacked, for `describe.each`. */
export const ENDS: ReadonlyArray<readonly [end: string, attack: (options?: Options) => Promise<Attacked>]> = [
  ['a server', attackServer],
  ['a client', attackClient],
];
