import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { TLSSocket } from 'node:tls';
import { invalidType } from '../errors.js';
import { type TransportInfo, transportInfo } from './transport-info.js';

/** A Duplex that carries a WebSocket, and what may be done with its memory. transportOf() makes one. */
export interface Transport {
  readonly duplex: Duplex;
  /** The addresses, and TLS if there is any. */
  readonly info: TransportInfo;
  /**
   * Whether the chunks that `duplex` emits belong to the connection alone. If true, payloads are unmasked in place and
   * messages may share a chunk's memory. If false, the bytes are copied first.
   */
  readonly ownsChunks: boolean;
  /**
   * Whether `duplex` is done with the memory of a write when the write's callback runs. If true, that memory is reused.
   */
  readonly copiesWrites: boolean;
}

/**
 * Returns the Transport for a Duplex.
 *
 * Node's own sockets emit chunks that nothing else holds, and the kernel copies what they write. Any other Duplex may
 * hand its reader the writer's memory, so its chunks are copied and its writes are never reused. To avoid these copies,
 * pass a Transport with `ownsChunks` and `copiesWrites`.
 *
 * @param duplex the Duplex, or a Transport, which is returned as it is
 * @param info the value of `connection.transport`; by default, the result of transportInfo()
 * @throws {TypeError} if `duplex` is neither
 */
export function transportOf(duplex: Duplex | Transport, info?: TransportInfo): Transport {
  if (isTransport(duplex)) return duplex;
  if (!isDuplex(duplex)) throw invalidType('transport', 'a Duplex or a Transport', duplex);
  const isSocket = isNodeSocket(duplex);
  return { duplex, info: info ?? transportInfo(duplex), ownsChunks: isSocket, copiesWrites: isSocket };
}

function isTransport(value: Duplex | Transport): value is Transport {
  const { duplex, info, ownsChunks, copiesWrites } = Object(value) as Partial<Transport>;
  return (
    isDuplex(duplex) &&
    typeof info === 'object' &&
    info !== null &&
    typeof ownsChunks === 'boolean' &&
    typeof copiesWrites === 'boolean'
  );
}

/**
 * Whether a value has the methods of a Duplex. The Duplex of the package readable-stream is not an instance of Node's
 * class.
 */
export function isDuplex(value: unknown): value is Duplex {
  const { on, write, destroy } = Object(value) as Partial<Duplex>;
  return typeof on === 'function' && typeof write === 'function' && typeof destroy === 'function';
}

/** Whether this is a socket exactly as Node makes it. A subclass may read or write in its own way. */
function isNodeSocket(duplex: Duplex): boolean {
  const prototype = Object.getPrototypeOf(duplex);
  return prototype === Socket.prototype || prototype === TLSSocket.prototype;
}
