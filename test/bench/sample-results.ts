import type { Results } from '../../bench/results.js';
import type { ScaleResults } from '../../bench/scale/results.js';

/** Invented values. */
export const RESULTS: Results = {
  machine: {
    cpu: 'Sample CPU & Sons',
    cores: 2,
    memoryGiB: 8,
    kernel: 'Linux 6.1',
    node: 'v20.19.0',
    date: '2001-02-03',
    pinned: true,
  },
  mode: 'full',
  rounds: 5,
  contenders: [
    { id: 'raw-net', label: 'raw net', version: '20.19.0' },
    { id: 'ws101', label: 'ws101', version: '0.1.0' },
    { id: 'ws', label: 'ws + bufferutil', version: '8.23.0' },
    { id: 'ws-js', label: 'ws, JS only', version: '8.23.0' },
    { id: 'uws', label: 'uWebSockets.js', version: '20.51.0' },
    { id: 'bun', label: 'Bun', version: '1.4.5' },
    { id: 'deno', label: 'Deno', version: '2.9.6' },
    { id: 'undici', label: 'undici', version: '7.30.2' },
    { id: 'node-websocket', label: 'websocket <native>', version: '1.0.35' },
    { id: 'faye', label: 'faye-websocket', version: '0.11.4' },
  ],
  scenarios: [
    {
      id: 'echo-16',
      title: 'Echo, 16 B, 64 connections, 32 in flight',
      metric: 'CPU of the server per message',
      unit: 'µs',
      better: 'lower',
      target: { text: '≤ ws / 15', against: 'ws', ratio: 1 / 15 },
      runs: [
        run('raw-net', [0.61, 0.6, 0.62, 0.61, 0.63]),
        run('ws101', [0.94, 0.97, 0.95, 0.96, 0.93]),
        {
          contender: 'ws',
          samples: [15.2, 15, 16.1, 14.9, 31].map((value, i) => ({
            value,
            rate: 60_000 - i,
            p50: 400,
            p99: 900,
            generatorShare: 0.3,
            ...(i === 4 ? { disturbed: 'others took 30 % of the core' } : {}),
          })),
        },
        run('ws-js', [15.9, 15.6, 16.3]),
        run('uws', [1.36, 1.3, 1.4]),
        run('bun', [0.69, 0.66, 0.71]),
        run('deno', [6.2, 6.1, 6.4]),
        run('node-websocket', [24.1, 23, 26]),
        run('faye', [38.2, 36, 39.9]),
      ],
    },
    {
      id: 'echo-1m',
      title: 'Echo, 1 MiB, 16 connections, 1 in flight',
      metric: 'CPU of the server per message',
      unit: 'µs',
      better: 'lower',
      target: { text: '≤ raw net × 1.1', against: 'raw-net', ratio: 1.1 },
      runs: [
        run('raw-net', [831, 820, 840]),
        run('ws101', [1010, 980, 1050]),
        run('ws', [1008, 1001, 1020]),
        run('ws-js', [3477, 3400, 3500]),
      ],
    },
    {
      id: 'idle-10k',
      title: 'Idle, 10,000 connections',
      metric: 'Resident memory of the server per connection',
      unit: 'KiB',
      better: 'lower',
      target: { text: '≤ 5.0 KiB', against: 'fixed', ratio: 5 },
      runs: [run('ws101', [4.9]), run('ws', [6.53])],
    },
    {
      id: 'masking-64k',
      title: 'Masking 64 KiB',
      metric: 'Payload masked per second of CPU',
      unit: 'GB/s',
      better: 'higher',
      target: { text: '≥ bufferutil', against: 'ws', ratio: 1 },
      runs: [run('ws101', [12.4, 12.2, 12.9]), run('ws', [12.2, 12.1, 12.4]), run('ws-js', [0.36, 0.35, 0.36])],
    },
    {
      id: 'deflate-1k',
      title: 'Echo, 1 KiB of JSON compressed',
      metric: 'CPU of the server per message',
      unit: 'µs',
      better: 'lower',
      target: { text: '≤ ws / 4', against: 'ws', ratio: 1 / 4 },
      runs: [run('ws101', [50, 51, 52])],
    },
  ],
};

function run(contender: string, values: readonly number[]): Results['scenarios'][number]['runs'][number] {
  return { contender, samples: values.map(value => ({ value })) };
}

/** Invented values. */
export const SCALE: ScaleResults = {
  machine: RESULTS.machine,
  curves: [
    {
      id: 'scale-connections',
      title: 'CPU per message, by the number of connections',
      note: 'Invented values.',
      x: { label: 'connections', scale: 'log' },
      y: { label: 'CPU of the server per message', unit: 'µs' },
      series: [
        {
          label: 'ws101',
          tone: 'ours',
          points: [
            [100, 2.1],
            [1_000, 2.2],
            [10_000, 2.4],
          ],
        },
        {
          label: 'ws + bufferutil',
          tone: 'other',
          points: [
            [100, 15],
            [1_000, 15.9],
            [10_000, 19],
          ],
        },
      ],
    },
    {
      id: 'scale-heap',
      title: 'The heap over time',
      note: 'Nor this.',
      x: { label: 'seconds', scale: 'linear' },
      y: { label: 'heap in use', unit: 'MiB' },
      series: [
        {
          label: 'in use',
          tone: 'ours',
          points: Array.from({ length: 200 }, (_, i) => [i / 10, 8 + (i % 17)] as const),
        },
        {
          label: 'minimum per second',
          tone: 'floor',
          points: Array.from({ length: 20 }, (_, i) => [i, 8 + (i % 2) / 5] as const),
        },
      ],
    },
  ],
};
