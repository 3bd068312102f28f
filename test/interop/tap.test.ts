/** Clients and servers of others through `tap()`, and its recording in tshark. */
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest';
import { WebSocket as WsClient, WebSocketServer as WsServer } from 'ws';
import { tap } from '../../src/tools/index.js';
import { PcapngWriter, type WireEvent } from '../../src/wire/index.js';
import { launchChromium } from './helpers/chromium.js';

let browser: Browser;

beforeAll(async () => {
  browser = await launchChromium();
});

afterAll(() => browser.close());

/** An echo server of `ws` behind a tap that records. */
async function tappedServer() {
  const server = new WsServer({ host: '127.0.0.1', port: 0, perMessageDeflate: { threshold: 0 } });
  server.on('connection', socket => socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary })));
  onTestFinished(() => {
    for (const client of server.clients) client.terminate();
    server.close();
  });
  await once(server, 'listening');
  const writer = new PcapngWriter();
  const recorded: Uint8Array[] = [writer.start()];
  const events: WireEvent[] = [];
  const started = await tap({
    target: `ws://127.0.0.1:${(server.address() as AddressInfo).port}`,
    onOpen: connection => recorded.push(writer.open(connection.id, connection)),
    onEvent: (id, event) => {
      recorded.push(writer.event(id, event));
      events.push(event);
      return undefined;
    },
  });
  onTestFinished(() => started.close());
  const ended = () =>
    vi.waitFor(() => expect(events.filter(({ type }) => type === 'end')).toHaveLength(2), { timeout: 10_000 });
  return { url: started.url, recording: () => Buffer.concat(recorded), ended };
}

/** Returns what tshark reads in a recording: the opcode and the text of each frame. */
function dissected(recording: Uint8Array): { frames: string[]; texts: string[]; complaints: string } {
  const folder = mkdtempSync(join(tmpdir(), 'ws101-tap-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, 'tap.pcapng');
  writeFileSync(file, recording);
  const fields = (...names: string[]) =>
    execFileSync('tshark', ['-r', file, '-T', 'fields', ...names.flatMap(name => ['-e', name])], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
  const values = (name: string) => fields(name).split(/[\n,]/).filter(Boolean);
  return {
    frames: values('websocket.opcode'),
    texts: values('websocket.payload.text'),
    complaints: fields('_ws.malformed', 'tcp.analysis.flags').trim(),
  };
}

test('Chromium talks through the tap as without it, and tshark reads the recording', async () => {
  const { url, recording, ended } = await tappedServer();
  const page = await browser.newPage();
  const answers = await page.evaluate(
    to =>
      new Promise<string[]>((resolve, reject) => {
        const received: string[] = [];
        const socket = new WebSocket(to);
        socket.onopen = () => {
          socket.send('hello');
          socket.send('x'.repeat(100_000));
        };
        socket.onmessage = ({ data }) => {
          received.push(`${data.length}`);
          if (received.length === 2) socket.close(4000, 'done');
        };
        socket.onclose = ({ code, wasClean }) => resolve([...received, `${code} ${wasClean}`, socket.extensions]);
        socket.onerror = () => reject(new Error('error'));
      }),
    url,
  );
  expect(answers.slice(0, 3)).toEqual(['5', '100000', '4000 true']);
  expect(answers[3]).toContain('permessage-deflate');
  await ended();
  const { frames, complaints } = dissected(recording());
  expect(complaints).toBe('');
  expect(frames.toSorted()).toEqual(['1', '1', '1', '1', '8', '8']);
});

test('a client of `ws` talks through the tap, and tshark reads its texts', async () => {
  const { url, recording, ended } = await tappedServer();
  const client = new WsClient(url, { perMessageDeflate: false });
  await once(client, 'open');
  const echoed = once(client, 'message');
  client.send('through the tap');
  expect(String((await echoed)[0])).toBe('through the tap');
  const ponged = once(client, 'pong');
  client.ping('p');
  await ponged;
  client.close(1000);
  await once(client, 'close');
  await ended();
  const { frames, texts, complaints } = dissected(recording());
  expect(complaints).toBe('');
  expect(texts).toEqual(['through the tap', 'through the tap']);
  expect(frames).toEqual(['1', '1', '9', '10', '8', '8']);
});
