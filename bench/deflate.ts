/**
 * Measures the values for the constants in src/permessage-deflate: which messages zlib handles synchronously and which
 * on the thread pool, how much of earlier messages a message may refer to, and what a context costs per connection. Run
 * it with `npm run deflate` in this folder.
 */
import { performance } from 'node:perf_hooks';
import { constants, createDeflateRaw, createInflateRaw, deflateRawSync, inflateRawSync, type Zlib } from 'node:zlib';
import { PerMessageDeflate, resolvePerMessageDeflate } from '../src/permessage-deflate/index.js';
import { ZlibJob } from '../src/permessage-deflate/zlib-job.js';
import { machine, measure, type Subject, table } from './measure.js';

const SIZES = [64, 1024, 4096, 8192, 16_384, 65_536, 262_144];
const HISTORIES = [0, 1024, 2048, 4096, 8192, 16_384, 32_768];
const FLUSH = { finishFlush: constants.Z_SYNC_FLUSH };

/**
 * Text as servers send it: objects of one form with different values. Seeded, so that every run compresses the same
 * bytes.
 */
function sample(size: number): Buffer {
  let state = 101;
  const random = (below: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
  const words = ['open', 'filled', 'cancelled', 'limit', 'market', 'EUR', 'USD', 'JPY', 'Paris', 'Tokyo', 'London'];
  let text = '';
  while (text.length < size) {
    text += JSON.stringify({
      id: random(1e9),
      status: words[random(words.length)],
      place: words[random(words.length)],
      price: random(1e6) / 100,
      time: 1_700_000_000_000 + random(1e9),
    });
  }
  return Buffer.from(text.slice(0, size));
}

const TEXT = sample(400_000);

function subject(name: string, run: () => void): Subject {
  return {
    name,
    run: times => {
      for (let i = 0; i < times; i++) run();
    },
  };
}

const micro = (nanoseconds: number): string => (nanoseconds / 1000).toFixed(0);

/** Returns the microseconds until a job is done, and how long it keeps this thread busy: the best of eight rounds. */
async function onPool(run: () => Promise<unknown>): Promise<{ latency: number; busy: number }> {
  const best = { latency: Number.POSITIVE_INFINITY, busy: Number.POSITIVE_INFINITY };
  for (let round = 0; round < 8; round++) {
    const before = performance.eventLoopUtilization();
    const begin = performance.now();
    for (let i = 0; i < 60; i++) await run();
    best.latency = Math.min(best.latency, ((performance.now() - begin) * 1000) / 60);
    best.busy = Math.min(best.busy, (performance.eventLoopUtilization(before).active * 1000) / 60);
  }
  return best;
}

console.log(`${machine()}, zlib ${process.versions.zlib}\n`);

/* Memory that a connection holds between messages. Measured first, before there is freed memory to reuse. */
{
  const CONNECTIONS = 100;
  const held: unknown[] = [];
  const residentEach = async (make: () => Promise<unknown>): Promise<string> => {
    globalThis.gc?.();
    const before = process.memoryUsage().rss;
    for (let i = 0; i < CONNECTIONS; i++) held.push(await make());
    globalThis.gc?.();
    return ((process.memoryUsage().rss - before) / CONNECTIONS / 1024).toFixed(0);
  };
  const contextOf = (role: 'client' | 'server', takeover: boolean): string => {
    const noTakeover = { serverNoContextTakeover: !takeover, clientNoContextTakeover: !takeover };
    const settings = resolvePerMessageDeflate(noTakeover, role)!;
    const mine = new PerMessageDeflate(role, settings, settings, 65_536);
    const peer = new PerMessageDeflate(role === 'client' ? 'server' : 'client', settings, settings, 65_536);
    for (let i = 0; i < 200; i++) {
      const message = TEXT.subarray(i * 1500, i * 1500 + 1500);
      peer.inflate(mine.deflate(message) as Uint8Array);
      mine.inflate(peer.deflate(message) as Uint8Array);
    }
    held.push(mine);
    return (mine.contextSize / 1024).toFixed(1);
  };
  const used = async (stream: Zlib & NodeJS.ReadWriteStream, input: Buffer): Promise<unknown> => {
    stream.on('data', () => {});
    await new Promise<void>(resolve => {
      stream.write(input);
      stream.flush(constants.Z_SYNC_FLUSH, resolve);
    });
    return stream;
  };
  const plain = TEXT.subarray(0, 65_536);
  const deflated = deflateRawSync(plain, FLUSH);
  const rows = [
    ['zlib stream, deflate', await residentEach(() => used(createDeflateRaw({ chunkSize: 1024 }), plain))],
    [
      'zlib stream, deflate, 10 bits, memLevel 1',
      await residentEach(() => used(createDeflateRaw({ chunkSize: 1024, windowBits: 10, memLevel: 1 }), plain)),
    ],
    ['zlib stream, inflate', await residentEach(() => used(createInflateRaw({ chunkSize: 1024 }), deflated))],
    ['ws101, no context takeover', contextOf('server', false)],
    ['ws101, context takeover in both directions', contextOf('server', true)],
  ];
  console.log(`${table(['held per connection', 'KiB'], rows)}\n`);
}

/* Synchronously, or on the thread pool. */
for (const way of ['deflate', 'inflate'] as const) {
  const rows: string[][] = [];
  for (const size of SIZES) {
    const plain = TEXT.subarray(0, size);
    const deflated = deflateRawSync(plain, FLUSH);
    const sync = measure([
      way === 'deflate'
        ? subject('', () => deflateRawSync(plain, { ...FLUSH, chunkSize: size + 64 }))
        : subject('', () => inflateRawSync(deflated, { ...FLUSH, info: true })),
    ])[0]!.median;
    const create = (): Zlib =>
      way === 'deflate'
        ? createDeflateRaw({ ...FLUSH, chunkSize: 65_536 })
        : createInflateRaw({ ...FLUSH, chunkSize: 65_536 });
    const input = [way === 'deflate' ? plain : deflated];
    const pool = await onPool(() => new ZlibJob(create as () => never, input, Number.POSITIVE_INFINITY).result);
    rows.push([
      String(size),
      String(deflated.length),
      micro(sync),
      pool.latency.toFixed(0),
      pool.busy.toFixed(0),
      ((size * 1000) / sync).toFixed(0),
    ]);
  }
  const head = [`${way}, bytes`, 'deflated', 'sync, µs', 'pool, µs', 'pool, µs of this thread', 'sync, MB/s'];
  console.log(`${table(head, rows)}\n`);
}

/* How much history: consecutive messages of 300 bytes, each with the history before it as a dictionary. */
{
  const size = 300;
  const starts = Array.from({ length: 200 }, (_, i) => 40_000 + i * size);
  const deflateAt = (start: number, history: number): Buffer =>
    deflateRawSync(TEXT.subarray(start, start + size), {
      ...FLUSH,
      chunkSize: size + 64,
      ...(history === 0 ? {} : { dictionary: TEXT.subarray(start - history, start) }),
    });
  let next = 0;
  const times = measure(
    HISTORIES.map(history => subject('', () => deflateAt(starts[next++ % starts.length]!, history))),
  );
  const rows = HISTORIES.map((history, i) => {
    const bytes = starts.reduce((sum, start) => sum + deflateAt(start, history).length - 4, 0) / starts.length;
    return [String(history), (times[i]!.median / 1000).toFixed(1), bytes.toFixed(0)];
  });
  const stream = createDeflateRaw();
  let streamed = 0;
  stream.on('data', (chunk: Buffer) => {
    streamed += chunk.length;
  });
  const send = (start: number): Promise<void> =>
    new Promise(resolve => {
      stream.write(TEXT.subarray(start, start + size));
      stream.flush(constants.Z_SYNC_FLUSH, resolve);
    });
  for (let start = 0; start < 40_000; start += size) await send(start);
  streamed = 0;
  for (const start of starts) await send(start);
  const bytes = streamed / starts.length - 4;
  let at = 0;
  const { busy } = await onPool(() => send(starts[at++ % starts.length]!));
  rows.push(['a zlib stream', `${busy.toFixed(1)} of this thread`, bytes.toFixed(0)]);
  console.log(`${table(['history, bytes', `deflate ${size} bytes, µs`, 'deflated, bytes'], rows)}\n`);
}
