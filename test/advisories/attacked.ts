/** Both ends of the library under attack: a real socket, the library at one end of it, and bytes written by hand at the other. */
import { connect } from '../../src/client/connect.js';
import type { ConnectOptions, ServerOptions, WebSocketConnection } from '../../src/index.js';
import { FRAMES, type Frames, show } from '../helpers/frames.js';
import { request, switchingProtocols } from '../helpers/http-heads.js';
import { openServer } from '../helpers/open-server.js';
import { type RawFrame, rawFrame, rawHeader } from '../helpers/raw-frame.js';
import { type RawPeer, rawConnect, rawServer } from '../helpers/raw-peer.js';

export type Options = Omit<ServerOptions & ConnectOptions, 'tls' | 'subprotocols'>;

export class Attacked {
  readonly connection: WebSocketConnection;
  readonly attacker: RawPeer;
  /** Makes legal frames of the attacker's. */
  readonly frames: Frames;
  readonly #from: 'client' | 'server';

  constructor(connection: WebSocketConnection, attacker: RawPeer) {
    this.connection = connection;
    this.attacker = attacker;
    this.#from = connection.role;
    this.frames = FRAMES[connection.role === 'client' ? 'server' : 'client'];
  }

  /** A frame of the attacker's, legal or not, masked as its side must. */
  frame(frame: RawFrame): Uint8Array {
    return rawFrame(this.#masked(frame));
  }

  /** Its header alone. */
  header(frame: RawFrame): Uint8Array {
    return rawHeader(this.#masked(frame));
  }

  #masked(frame: RawFrame): RawFrame {
    return this.connection.role === 'server' ? { ...frame, key: [0x11, 0x22, 0x33, 0x44] } : frame;
  }

  /** The first `count` frames that the library sent. */
  async saw(count: number): Promise<string[]> {
    return (await this.attacker.frames(this.#from, count)).map(show);
  }
}

/** Of the attacker: what it offers as a client, and agrees to as a server that is offered it. */
const DEFLATE = 'Sec-WebSocket-Extensions: permessage-deflate';

async function attackServer(options: Options = {}): Promise<Attacked> {
  const { port, connections } = await openServer(options);
  const attacker = await rawConnect(port);
  attacker.write(request({ add: options.perMessageDeflate === true ? [DEFLATE] : [] }));
  await attacker.head();
  return new Attacked(connections[0]!, attacker);
}

async function attackClient(options: Options = {}): Promise<Attacked> {
  const lines = options.perMessageDeflate === true ? [DEFLATE] : [];
  const server = await rawServer(async peer => peer.write(switchingProtocols(await peer.head(), ...lines)));
  const connection = await connect(`ws://127.0.0.1:${server.port}/`, options);
  return new Attacked(connection, server.peers[0]!);
}

/** For describe.each. */
export const ENDS: ReadonlyArray<readonly [end: string, attack: (options?: Options) => Promise<Attacked>]> = [
  ['a server', attackServer],
  ['a client', attackClient],
];
