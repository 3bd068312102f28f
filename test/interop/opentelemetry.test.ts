/** The recipe of docs/diagnostics.md, with the SDK of OpenTelemetry. */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { metrics, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { connect, HandshakeError, WebSocketServer } from '../../src/index.js';

const page = readFileSync(new URL('../../docs/diagnostics.md', import.meta.url), 'utf8');
const [recipe] = Array.from(page.matchAll(/^```ts\n([\s\S]*?)^```$/gm), ([, code]) => code!).filter(code =>
  code.includes('@opentelemetry/api'),
);
// Beside this file, so that its imports are found.
const module = fileURLToPath(new URL('opentelemetry-recipe.generated.ts', import.meta.url));

const spans = new InMemorySpanExporter();
const points = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
const reader = new PeriodicExportingMetricReader({ exporter: points, exportIntervalMillis: 3_600_000 });

beforeAll(async () => {
  trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(spans)] }));
  metrics.setGlobalMeterProvider(new MeterProvider({ readers: [reader] }));
  writeFileSync(module, recipe!);
  const { instrumentWebSockets } = await import(module);
  instrumentWebSockets();
});

afterAll(() => rmSync(module));

/** Returns the data points of a metric, as attributes and values. */
async function metric(name: string) {
  await reader.forceFlush();
  const all = points
    .getMetrics()
    .at(-1)!
    .scopeMetrics.flatMap(scope => scope.metrics);
  return all.find(({ descriptor }) => descriptor.name === name)!.dataPoints;
}

test('the recipe reports spans of both ends, refusals, sizes and open connections', async () => {
  const server = new WebSocketServer({
    port: 0,
    host: '127.0.0.1',
    authorize: ({ path }) => (path === '/closed' ? { status: 403, detail: 'not here' } : {}),
  });
  await new Promise<void>(resolve => server.once('listening', () => resolve()));
  server.on('connection', connection => connection.on('message', data => connection.send(data)));
  const url = `ws://127.0.0.1:${(server.address() as { port: number }).port}`;

  await expect(connect(`${url}/closed`)).rejects.toBeInstanceOf(HandshakeError);
  const connection = await connect(`${url}/chat`);
  const echoed = new Promise(resolve => connection.once('message', resolve));
  connection.send('hello');
  await echoed;
  const openNow = await metric('websocket.connections');
  expect(openNow.map(({ attributes, value }) => [attributes.role, value]).sort()).toEqual([
    ['client', 1],
    ['server', 1],
  ]);
  await connection.close(1000, 'done');
  await server.close();

  const finished = spans.getFinishedSpans();
  expect(finished).toHaveLength(4);
  const refused = finished.find(({ kind, status }) => kind === SpanKind.CLIENT && status.code === SpanStatusCode.ERROR);
  expect(refused).toMatchObject({ attributes: { 'url.full': `${url}/closed`, 'http.response.status_code': 403 } });
  const closed = finished.find(({ kind, status }) => kind === SpanKind.SERVER && status.code === SpanStatusCode.UNSET);
  expect(closed).toMatchObject({
    attributes: { 'url.full': '/chat', 'websocket.close.code': 1000, 'websocket.close.reason': 'done' },
  });

  expect((await metric('websocket.connections')).map(({ value }) => value)).toEqual([0, 0]);
  expect((await metric('websocket.handshake.failures')).map(({ value }) => value)).toEqual([1, 1]);
  const sizes = await metric('websocket.message.size');
  expect(sizes).toHaveLength(4);
  expect(sizes.every(({ value }) => (value as { sum: number }).sum === 5)).toBe(true);
});
