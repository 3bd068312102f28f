import { once } from 'node:events';
import http from 'node:http';
import { describe, expect, onTestFinished, test } from 'vitest';
import { connect, HandshakeError } from '../../../src/index.js';
import { type Inspector, type InspectorOptions, inspector } from '../../../src/tools/inspector/inspector.js';
import { factsToText } from '../../../src/wire/facts-text.js';
import { liveUrl, Page } from './page.js';

async function start(options: InspectorOptions = {}): Promise<Inspector> {
  const started = await inspector({ page: '<!doctype html>the page', ...options });
  onTestFinished(() => started.close());
  return started;
}

/** Requests a page. */
async function get(url: string | URL, headers: http.OutgoingHttpHeaders = {}) {
  const request = http.get(url, { headers, agent: false });
  const [response] = (await once(request, 'response')) as [http.IncomingMessage];
  let body = '';
  for await (const chunk of response) body += chunk;
  return { status: response.statusCode, headers: response.headers, body };
}

/** Returns the status with which the server refuses a page's WebSocket. */
async function refusal(url: URL, headers: Record<string, string> = {}): Promise<number | undefined> {
  const error = await connect(url, { headers }).then(
    () => undefined,
    reason => reason as HandshakeError,
  );
  expect(error).toBeInstanceOf(HandshakeError);
  return error!.status;
}

describe('the page', () => {
  test('is served to the URL with the token, to no frame and no cache', async () => {
    const { url } = await start();
    const { status, headers, body } = await get(url);
    expect([status, body]).toEqual([200, '<!doctype html>the page']);
    expect(headers).toMatchObject({
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'no-store',
      'content-security-policy': "frame-ancestors 'none'",
      'referrer-policy': 'no-referrer',
    });
  });

  test('has a new token of 128 bits at each start', async () => {
    const [one, other] = [await start(), await start()];
    expect(new URL(one.url).searchParams.get('token')).toMatch(/^[\w-]{22}$/);
    expect(one.url).not.toBe(other.url);
  });

  test('is refused with 403 if the token is missing or wrong', async () => {
    const { url } = await start({ token: 'right' });
    for (const query of ['', '?token=', '?token=wrong', '?token=righ', '?token=right1', '?token=RIGHT']) {
      expect([query, (await get(new URL(`/${query}`, url))).status]).toEqual([query, 403]);
    }
  });

  test('is refused with 403 to another Host, as after DNS rebinding', async () => {
    const { url } = await start();
    expect((await get(url, { Host: 'evil.example' })).status).toBe(403);
    expect((await get(url, { Host: `evil.example:${new URL(url).port}` })).status).toBe(403);
    expect((await get(url, { Host: `localhost:${new URL(url).port}` })).status).toBe(200);
  });

  test('is the only one: other paths get 404', async () => {
    const { url } = await start();
    expect((await get(url.replace('/?', '/other?'))).status).toBe(404);
  });
});

describe('the WebSocket of the page', () => {
  test('is refused with 403 if the token is missing or wrong', async () => {
    const url = liveUrl(await start({ token: 'right' }));
    url.search = '?token=wrong';
    expect(await refusal(url)).toBe(403);
    url.search = '';
    expect(await refusal(url)).toBe(403);
  });

  test('is refused to pages of other origins and to other hosts', async () => {
    const url = liveUrl(await start());
    expect(await refusal(url, { Origin: 'http://evil.example' })).toBe(403);
    expect(await refusal(url, { Host: 'evil.example', Origin: 'http://evil.example' })).toBe(403);
  });

  test('listens on the loopback address only', async () => {
    expect(new URL((await start()).url).hostname).toBe('127.0.0.1');
  });

  test('gets a greeting, and the events of connections in batches', async () => {
    const shown = await start({ title: 'ws101 serve' });
    const page = await Page.open(shown);
    shown.open({ id: 1, client: '127.0.0.1:5', server: '127.0.0.1:6' });
    const bytes = Buffer.alloc(10);
    for (let i = 0; i < 1000; i++) shown.push(1, { type: 'bytes', from: 'client', time: i, bytes });
    // The caller may reuse its memory.
    bytes.fill(9);
    await page.until(({ records }) => records.length === 1001);
    expect(page.texts).toEqual([{ type: 'hello', title: 'ws101 serve', sendsFrom: [] }]);
    expect(page.records[0]).toMatchObject({ type: 'open', connection: 1, client: '127.0.0.1:5', isTls: false });
    expect(page.records[1000]).toMatchObject({ offset: 9990, event: { bytes: Buffer.alloc(10) } });
    expect(page.batches).toBeLessThan(10);
  });

  test('gets what happened before the page was opened', async () => {
    const shown = await start();
    shown.open({ id: 1 });
    shown.push(1, { type: 'message', from: 'server', time: 1, opcode: 1, data: Uint8Array.of(65) });
    shown.push(1, { type: 'end', from: 'server', time: 2, how: 'fin' });
    const page = await Page.open(shown);
    await page.until(({ records }) => records.length === 3);
    expect(page.records.map(record => (record.type === 'open' ? 'open' : record.event.type))).toEqual([
      'open',
      'message',
      'end',
    ]);
  });

  test('gets a write of any size, in pieces', async () => {
    const shown = await start();
    const page = await Page.open(shown);
    shown.open({ id: 1 });
    shown.push(1, { type: 'bytes', from: 'server', time: 1, bytes: new Uint8Array(20_000_000).fill(7) });
    shown.push(1, { type: 'end', from: 'server', time: 2, how: 'fin' });
    await page.until(({ records }) => records.some(record => record.type === 'event' && record.event.type === 'end'));
    const lengths = page.records.map(record =>
      record.type === 'event' && record.event.type === 'bytes' ? record.event.bytes.length : 0,
    );
    expect(lengths.reduce((sum, length) => sum + length)).toBe(20_000_000);
    expect(page.records.at(-1)).toMatchObject({ offset: 20_000_000 });
  });

  test('gets the newest events and the number of those dropped if there are too many', async () => {
    const shown = await start();
    shown.open({ id: 1 });
    const bytes = new Uint8Array(2 ** 16);
    for (let i = 0; i < 1000; i++) shown.push(1, { type: 'bytes', from: 'server', time: i, bytes });
    const page = await Page.open(shown);
    await page.until(({ records }) => records.some(record => record.type === 'event' && record.event.time === 999));
    const [, notice] = page.texts;
    expect(notice).toEqual({ type: 'dropped', records: 1001 - page.records.length });
    // The start of the connection is kept, and the memory is bounded.
    expect(page.records.slice(0, 2)).toMatchObject([{ type: 'open' }, { offset: 0 }]);
    expect(page.records.length * bytes.length).toBeLessThan(2 ** 25 + 2 * bytes.length);
  });

  test('gets the last events before the inspector closes', async () => {
    const shown = await start();
    const page = await Page.open(shown);
    await page.until(({ texts }) => texts.length === 1);
    shown.open({ id: 1 });
    const closed = once(page.connection, 'close');
    await shown.close();
    await closed;
    expect(page.records).toHaveLength(1);
  });
});

describe('frames sent by hand', () => {
  const frame = Buffer.of(0x81, 0);

  test('reach the side that sends them', async () => {
    const sent: unknown[] = [];
    const send = { from: ['server'] as const, send: (...args: unknown[]) => void sent.push(args) };
    const page = await Page.open(await start({ send }));
    page.send(3, 'server', frame);
    await page.until(({ texts }) => texts.length === 2);
    expect(page.texts).toEqual([{ type: 'hello', title: '', sendsFrom: ['server'] }, { type: 'sent' }]);
    expect(sent).toEqual([[3, 'server', frame]]);
  });

  test('are refused with the reason', async () => {
    const send = {
      from: ['server'] as const,
      send: () => {
        throw new Error('connection 3 is closed');
      },
    };
    const page = await Page.open(await start({ send }));
    page.send(3, 'server', frame);
    page.send(3, 'client', frame);
    page.connection.send('{');
    await page.until(({ texts }) => texts.length === 4);
    expect(page.texts.slice(1, 3)).toEqual([
      { type: 'sent', problem: 'connection 3 is closed' },
      { type: 'sent', problem: 'frames of the client cannot be sent' },
    ]);
    expect(page.texts[3]).toHaveProperty('problem');
  });

  test('are refused if the server does not allow them', async () => {
    const page = await Page.open(await start());
    page.send(3, 'server', frame);
    await page.until(({ texts }) => texts.length === 2);
    expect(page.texts[1]).toEqual({ type: 'sent', problem: 'this page only watches' });
  });
});

test('a problem is diagnosed by the facts that the page sends', async () => {
  const page = await Page.open(await start());
  const facts = factsToText({
    request: { headers: [] },
    response: { version: '1.1', status: 404, reason: 'Not Found', headers: [], body: '' },
    failure: { phase: 'response', summary: 'the server answered 404' },
  });
  page.connection.send(JSON.stringify({ type: 'diagnose', connection: 2, facts }));
  await page.until(({ texts }) => texts.length === 2);
  const [, { diagnoses, ...rest } = {}] = page.texts;
  expect(rest).toEqual({ type: 'diagnosis', connection: 2 });
  expect(diagnoses).toMatchObject([{ severity: 'problem', cause: expect.stringContaining('404') }]);
});

describe('a tap of the inspector', () => {
  test('shows a connection of a client, from its start to its end', async () => {
    const shown = await start();
    const tap = shown.tap('client');
    tap.connected({ localAddress: '::1', localPort: 5, remoteAddress: '::1', remotePort: 6 });
    tap.sent(Uint8Array.of(1));
    tap.received(Uint8Array.of(2));
    tap.ended('remote');
    tap.closed();
    tap.connected({ remoteAddress: '/tmp/socket' });
    tap.closed(new Error('reset'));
    const page = await Page.open(shown);
    await page.until(({ records }) => records.length === 8);
    expect(page.records).toMatchObject([
      { type: 'open', connection: 1, client: '[::1]:5', server: '[::1]:6' },
      { connection: 1, event: { type: 'bytes', from: 'client' } },
      { connection: 1, event: { type: 'bytes', from: 'server' } },
      { connection: 1, event: { type: 'end', from: 'server', how: 'fin' } },
      { connection: 1, event: { type: 'end', from: 'client', how: 'fin' } },
      { type: 'open', connection: 2, server: '/tmp/socket' },
      { connection: 2, event: { type: 'end', from: 'server', how: 'reset' } },
      { connection: 2, event: { type: 'end', from: 'client', how: 'reset' } },
    ]);
  });

  test('shows a connection of a server', async () => {
    const shown = await start();
    shown.tap('client').connected({});
    const tap = shown.tap('server');
    tap.connected({ localAddress: '127.0.0.1', localPort: 5, remoteAddress: '127.0.0.1', remotePort: 6 });
    tap.sent(Uint8Array.of(1));
    tap.ended('local');
    const page = await Page.open(shown);
    await page.until(({ records }) => records.length === 4);
    expect(page.records.slice(1)).toMatchObject([
      { type: 'open', connection: 2, client: '127.0.0.1:6', server: '127.0.0.1:5' },
      { event: { type: 'bytes', from: 'server' } },
      { event: { type: 'end', from: 'server' } },
    ]);
  });
});
