/** The scenarios. */
import type { Sample } from './payload.js';
import type { Target } from './results.js';

export interface Scenario {
  readonly id: string;
  readonly title: string;
  readonly kind: 'echo' | 'broadcast' | 'handshake' | 'visit' | 'idle' | 'client-echo' | 'client-receive' | 'masking';
  readonly metric: string;
  readonly unit: string;
  readonly better: 'lower' | 'higher';
  readonly target?: Target;
  /** The target on Node 24 and later, if it differs. */
  readonly targetFrom24?: Target;
  readonly connections: number;
  /** How many messages of a connection are in flight. In a broadcast, of the one that publishes. */
  readonly inFlight: number;
  /** The size of a payload in bytes. */
  readonly size: number;
  /** Whether messages are text, as strings, instead of binary. */
  readonly text?: boolean;
  /** The text. By default it is ASCII. */
  readonly sample?: Sample;
  /** Whether permessage-deflate is used, without context takeover. */
  readonly deflate?: boolean;
}

const CPU_PER_MESSAGE = { metric: 'CPU of the server per message', unit: 'µs', better: 'lower' } as const;
const CPU_PER_DELIVERY = { metric: 'CPU of the server per delivery', unit: 'µs', better: 'lower' } as const;
const CPU_OF_CLIENT = { metric: 'CPU of the client per message', unit: 'µs', better: 'lower' } as const;

const MEMORY_PER_CONNECTION = {
  metric: 'Resident memory of the server per connection',
  unit: 'KiB',
  better: 'lower',
} as const;

const SAMPLE_TITLES = { latin: 'Latin text with accents', chinese: 'Chinese text', emoji: 'emoji' } as const;

export const SCENARIOS: readonly Scenario[] = [
  {
    id: 'echo-16',
    title: 'Echo, 16 B, 64 connections, 32 in flight',
    kind: 'echo',
    ...CPU_PER_MESSAGE,
    target: { text: '≤ ws / 15', against: 'ws', ratio: 1 / 15 },
    targetFrom24: { text: '≤ 0.6 µs', against: 'fixed', ratio: 0.6 },
    connections: 64,
    inFlight: 32,
    size: 16,
  },
  {
    id: 'echo-1k-binary',
    title: 'Echo, 1 KiB binary, 64 connections, 32 in flight',
    kind: 'echo',
    ...CPU_PER_MESSAGE,
    target: { text: '≤ ws / 7', against: 'ws', ratio: 1 / 7 },
    connections: 64,
    inFlight: 32,
    size: 1024,
  },
  {
    id: 'echo-1k-text',
    title: 'Echo, 1 KiB text, 64 connections, 32 in flight',
    kind: 'echo',
    ...CPU_PER_MESSAGE,
    target: { text: '≤ ws / 5', against: 'ws', ratio: 1 / 5 },
    targetFrom24: { text: '≤ 1.9 µs', against: 'fixed', ratio: 1.9 },
    connections: 64,
    inFlight: 32,
    size: 1024,
    text: true,
  },
  ...(['latin', 'chinese', 'emoji'] as const).map(sample => ({
    id: `echo-1k-${sample}`,
    title: `Echo, 1 KiB of ${SAMPLE_TITLES[sample]}, 64 connections, 32 in flight`,
    kind: 'echo' as const,
    ...CPU_PER_MESSAGE,
    connections: 64,
    inFlight: 32,
    size: 1024,
    text: true,
    sample,
    ...(sample === 'chinese'
      ? {
          target: { text: '≤ Bun', against: 'bun', ratio: 1 },
          targetFrom24: { text: '≤ Bun × 0.9', against: 'bun', ratio: 0.9 },
        }
      : {}),
  })),
  {
    id: 'echo-125',
    title: 'Echo, 125 B, 64 connections, 1 in flight',
    kind: 'echo',
    ...CPU_PER_MESSAGE,
    target: { text: '≤ raw net × 1.15', against: 'raw-net', ratio: 1.15 },
    connections: 64,
    inFlight: 1,
    size: 125,
  },
  {
    id: 'echo-1k',
    title: 'Echo, 1 KiB binary, 64 connections, 1 in flight',
    kind: 'echo',
    ...CPU_PER_MESSAGE,
    connections: 64,
    inFlight: 1,
    size: 1024,
  },
  {
    id: 'echo-16k',
    title: 'Echo, 16 KiB, 64 connections, 1 in flight',
    kind: 'echo',
    ...CPU_PER_MESSAGE,
    target: { text: '≤ ws / 1.4', against: 'ws', ratio: 1 / 1.4 },
    targetFrom24: { text: '≤ ws × 0.95', against: 'ws', ratio: 0.95 },
    connections: 64,
    inFlight: 1,
    size: 16_384,
  },
  {
    id: 'echo-128k',
    title: 'Echo, 128 KiB, 64 connections, 1 in flight',
    kind: 'echo',
    ...CPU_PER_MESSAGE,
    target: { text: '≤ raw net × 1.15', against: 'raw-net', ratio: 1.15 },
    targetFrom24: { text: '≤ raw net × 1.25', against: 'raw-net', ratio: 1.25 },
    connections: 64,
    inFlight: 1,
    size: 131_072,
  },
  {
    id: 'echo-1m',
    title: 'Echo, 1 MiB, 16 connections, 1 in flight',
    kind: 'echo',
    ...CPU_PER_MESSAGE,
    target: { text: '≤ raw net × 1.1', against: 'raw-net', ratio: 1.1 },
    connections: 16,
    inFlight: 1,
    size: 1_048_576,
  },
  {
    id: 'broadcast-128',
    title: 'Broadcast, 128 B to 2,000 connections, 2 at a time',
    kind: 'broadcast',
    ...CPU_PER_DELIVERY,
    target: { text: '≤ ws / 2', against: 'ws', ratio: 1 / 2 },
    connections: 2000,
    inFlight: 2,
    size: 128,
  },
  {
    id: 'broadcast-128x1',
    title: 'Broadcast, 128 B to 2,000 connections, 1 at a time',
    kind: 'broadcast',
    ...CPU_PER_DELIVERY,
    target: { text: '≤ raw net × 0.9', against: 'raw-net', ratio: 0.9 },
    connections: 2000,
    inFlight: 1,
    size: 128,
  },
  {
    id: 'handshake',
    title: 'Opening and closing, 64 at a time',
    kind: 'handshake',
    metric: 'CPU of the server per connection',
    unit: 'µs',
    better: 'lower',
    target: { text: '≤ ws / 2.5', against: 'ws', ratio: 1 / 2.5 },
    connections: 64,
    inFlight: 1,
    size: 0,
  },
  {
    id: 'visit',
    title: 'Opening and closing, 64 at a time, by clients that leave as soon as the Close frame of the server arrives',
    kind: 'visit',
    metric: 'CPU of the server per connection',
    unit: 'µs',
    better: 'lower',
    target: { text: '≤ ws / 1.6', against: 'ws', ratio: 1 / 1.6 },
    targetFrom24: { text: '≤ ws / 1.5', against: 'ws', ratio: 1 / 1.5 },
    connections: 64,
    inFlight: 1,
    size: 0,
  },
  {
    id: 'deflate-1k',
    title: 'Echo, 1 KiB of JSON compressed, 64 connections, 1 in flight',
    kind: 'echo',
    ...CPU_PER_MESSAGE,
    target: { text: '≤ ws / 4', against: 'ws', ratio: 1 / 4 },
    connections: 64,
    inFlight: 1,
    size: 1024,
    text: true,
    deflate: true,
  },
  {
    id: 'idle-10k',
    title: 'Idle, 10,000 connections',
    kind: 'idle',
    ...MEMORY_PER_CONNECTION,
    target: { text: '≤ 5.0 KiB', against: 'fixed', ratio: 5 },
    connections: 10_000,
    inFlight: 1,
    size: 0,
  },
  {
    id: 'idle-used-10k',
    title: 'Idle after a message each way, 10,000 connections',
    kind: 'idle',
    ...MEMORY_PER_CONNECTION,
    target: { text: '≤ 6.9 KiB', against: 'fixed', ratio: 6.9 },
    connections: 10_000,
    inFlight: 1,
    size: 125,
  },
  {
    id: 'client-echo-125',
    title: 'Client: echo, 125 B, 16 connections, 32 in flight',
    kind: 'client-echo',
    ...CPU_OF_CLIENT,
    target: { text: '≤ ws / 8', against: 'ws', ratio: 1 / 8 },
    connections: 16,
    inFlight: 32,
    size: 125,
  },
  {
    id: 'client-receive-125',
    title: 'Client: receiving a stream of 125 B messages',
    kind: 'client-receive',
    ...CPU_OF_CLIENT,
    target: { text: '≤ ws', against: 'ws', ratio: 1 },
    connections: 1,
    inFlight: 1,
    size: 125,
  },
  {
    id: 'masking-64k',
    title: 'Masking 64 KiB',
    kind: 'masking',
    metric: 'Payload masked per second of CPU',
    unit: 'GB/s',
    better: 'higher',
    target: { text: '≥ bufferutil', against: 'ws', ratio: 1 },
    connections: 0,
    inFlight: 0,
    size: 65_536,
  },
];
