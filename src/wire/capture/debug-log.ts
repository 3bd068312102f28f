import { FIN_BIT, MAX_HEADER_LENGTH, writeHeader } from '../../framing/frame-header.js';
import { OPCODE } from '../../framing/opcode.js';
import type { Conversation, Side, WireEvent } from '../conversation.js';

/**
 * A frame, as `NODE_DEBUG=ws101` prints it:
 *
 *     WS101 4711: client 1: sent frame text, FIN 1, RSV 000, MASK 1, 5 bytes, at byte 0: 68656c6c6f
 */
const FRAME = new RegExp(
  /^(?:WS101 (?<process>\d+): )?(?<role>client|server) (?<number>\d+): (?<direction>sent|received) frame /.source +
    /(?<opcode>[a-z]+|reserved 0x[0-9a-f]), FIN (?<fin>[01]), RSV (?<rsv>[01]{3}), MASK (?<mask>[01]), /.source +
    /(?<length>\d+) bytes, at byte \d+(?:: (?<payload>(?:[0-9a-f]{2})+))?/.source,
);

const OPCODES: ReadonlyMap<string, number> = new Map(
  Object.entries(OPCODE).map(([name, opcode]) => [name.toLowerCase(), opcode]),
);

/** Whether a text has frames that `NODE_DEBUG=ws101` printed. */
export function isDebugLog(text: string): boolean {
  return new RegExp(FRAME.source, 'm').test(text);
}

/** Reads the frames that `NODE_DEBUG=ws101` printed. Each connection of a process is one conversation. */
export function readDebugLog(text: string): Conversation[] {
  const connections = new Map<string, WireEvent[]>();
  for (const line of text.split('\n')) {
    const { groups } = FRAME.exec(line) ?? {};
    if (groups === undefined) continue;
    const key = `${groups.process} ${groups.role} ${groups.number}`;
    const events = connections.get(key) ?? [];
    connections.set(key, events);
    events.push(...eventsOf(groups));
  }
  const notes = ['the masking keys are not in the log: 0 is shown', 'the log keeps the first bytes of a payload'];
  return Array.from(connections.values(), (events, i) => ({
    id: i + 1,
    client: undefined,
    server: undefined,
    events,
    notes,
  }));
}

function eventsOf(fields: Readonly<Record<string, string | undefined>>): WireEvent[] {
  const { role, direction, opcode = '', fin, rsv = '0', mask, length, payload = '' } = fields;
  const isSender = direction === 'sent';
  const from: Side = (role === 'client') === isSender ? 'client' : 'server';
  const number = OPCODES.get(opcode) ?? Number.parseInt(opcode.slice('reserved '.length), 16);
  const firstByte = (fin === '1' ? FIN_BIT : 0) | (Number.parseInt(rsv, 2) << 4) | number;
  const known = Uint8Array.from(payload.match(/../g) ?? [], pair => Number.parseInt(pair, 16));
  const frame = new Uint8Array(MAX_HEADER_LENGTH + known.length);
  const start = writeHeader(frame, 0, firstByte, Number(length), mask === '1' ? 0 : undefined);
  frame.set(known, start);
  const missing = Number(length) - known.length;
  return [
    { type: 'bytes', from, time: undefined, bytes: frame.subarray(0, start + known.length) },
    ...(missing > 0 ? [{ type: 'gap', from, time: undefined, length: missing } as const] : []),
  ];
}
