import type { Conversation } from '../conversation.js';
import { counted } from './capture.js';
import { chosen } from './carried.js';
import { type Packet, segmentOf } from './segment.js';
import { TcpConnection } from './tcp-connection.js';

/** Returns the TCP connections in the packets of a file, in the order in which they began. */
export function conversationsIn(
  file: Uint8Array,
  packets: Iterable<Packet>,
  note: (text: string) => void,
): readonly Conversation[] {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const connections: TcpConnection[] = [];
  const current = new Map<string, TcpConnection>();
  const skipped = new Map<string, number>();
  let count = 0;
  for (const packet of packets) {
    count++;
    const segment = segmentOf(view, packet);
    if (typeof segment === 'string') skipped.set(segment, (skipped.get(segment) ?? 0) + 1);
    if (typeof segment !== 'object') continue;
    const { source, destination } = segment;
    const key = source < destination ? `${source} ${destination}` : `${destination} ${source}`;
    let connection = current.get(key);
    if (connection === undefined || connection.isFollowedBy(segment)) {
      connection = new TcpConnection(file, segment);
      current.set(key, connection);
      connections.push(connection);
    }
    connection.take(segment);
  }
  for (const [reason, packets] of skipped) note(`left out: ${counted(packets, 'packet')} (${reason})`);
  const all = connections.map((connection, i) => connection.conversation(i + 1)).filter(one => one !== undefined);
  if (all.length === 0) note(`${counted(count, 'packet')}, of which none carries bytes of a TCP connection`);
  return chosen(all, note);
}
