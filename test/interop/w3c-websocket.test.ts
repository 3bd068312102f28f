import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { type ServerOptions, WebSocketServer } from '../../src/index.js';
import { launchChromium } from './helpers/chromium.js';
import { watch } from './helpers/echo-server.js';
import { askNode24 } from './helpers/node24.js';
import { startPageServer } from './helpers/page-server.js';
import { startWireProxy } from './helpers/wire-proxy.js';

let browser: Browser;

beforeAll(async () => {
  browser = await launchChromium();
});

afterAll(() => browser.close());

/** Attaches our server to a node:http server that has the page for the browser. */
async function start(options: ServerOptions = {}) {
  const { server: pages, origin } = await startPageServer();
  const server = new WebSocketServer({ server: pages, ...options });
  onTestFinished(() => server.close({ timeout: 0 }));
  return { origin, url: `${origin.replace('http', 'ws')}/echo`, ...watch(server) };
}

/** Runs a case in a page of `origin`. */
async function askChromium(name: string, url: string, origin: string): Promise<unknown> {
  const page: Page = await browser.newPage();
  try {
    await page.goto(`${origin}/page.html`);
    return await page.evaluate(`cases[${JSON.stringify(name)}](${JSON.stringify(url)})`);
  } finally {
    await page.close();
  }
}

const PEERS = [
  { peer: "Node 24's own WebSocket", ask: askNode24 },
  { peer: 'headless Chromium', ask: askChromium },
] as const;

describe.each(PEERS)('$peer with our server', ({ ask }) => {
  test('receives its text back', async () => {
    const { url, origin, closed } = await start();
    const farewell = { code: 1000, reason: '', wasClean: true };
    expect(await ask('text', url, origin)).toEqual({ same: true, closed: farewell });
    expect(await closed).toMatchObject({ ...farewell, initiator: 'remote' });
  });

  test('receives its binary back, from a view, an ArrayBuffer or a Blob', async () => {
    const { url, origin } = await start();
    const bytes = Array.from({ length: 256 }, (_, byte) => byte);
    expect(await ask('binary', url, origin)).toEqual([bytes, bytes, bytes]);
  });

  test('receives 1 MiB of binary and of text back', async () => {
    const { url, origin } = await start();
    expect(await ask('mebibyte', url, origin)).toEqual({ binary: true, text: true });
  });

  test('receives a thousand messages back in order', async () => {
    const { url, origin } = await start();
    expect(await ask('many', url, origin)).toBe(true);
  });

  test('reads a message that we send in fragments', async () => {
    const { url, origin } = await start();
    expect(await ask('fragments', url, origin)).toEqual(['one two three']);
  });

  test('answers our Ping', async () => {
    const { url, origin } = await start();
    expect(await ask('ping', url, origin)).toEqual(['pong hello']);
  });

  test('negotiates a subprotocol, and works without permessage-deflate', async () => {
    const { url, origin } = await start({ subprotocols: ['chat.v1', 'chat.v2'] });
    expect(await ask('subprotocol', url, origin)).toEqual({ protocol: 'chat.v2', extensions: '' });
  });

  test("closes with a code and a reason: close(3001, 'reason')", async () => {
    const { url, origin, closed } = await start();
    expect(await ask('close', url, origin)).toMatchObject({ code: 3001, wasClean: true });
    expect(await closed).toMatchObject({ code: 3001, reason: 'reason', wasClean: true, initiator: 'remote' });
  });

  test('receives our close code and reason', async () => {
    const { url, origin, closed } = await start();
    const farewell = { code: 4002, reason: 'the server says goodbye', wasClean: true };
    expect(await ask('closedByServer', url, origin)).toEqual(farewell);
    expect(await closed).toMatchObject({ code: 4002, wasClean: true, initiator: 'local' });
  });

  test('reports a refusal as an error and 1006', async () => {
    const { url, origin } = await start({ authorize: () => ({ status: 401 }) });
    expect(await ask('refused', url, origin)).toMatchObject({
      events: ['error'],
      closed: { code: 1006, wasClean: false },
    });
  });
});

/** What browsers offer by default. */
const OFFER = 'permessage-deflate; client_max_window_bits';
const WILLING = { serverNoContextTakeover: false, clientNoContextTakeover: false };

const AGREED: ReadonlyArray<readonly [string, NonNullable<ServerOptions['perMessageDeflate']>]> = [
  ['permessage-deflate; server_no_context_takeover; client_no_context_takeover', true],
  ['permessage-deflate', WILLING],
  [
    'permessage-deflate; server_max_window_bits=12; client_max_window_bits=11',
    { ...WILLING, serverMaxWindowBits: 12, clientMaxWindowBits: 11 },
  ],
];

describe.each([
  // undici inflates messages, but does not compress its own.
  { peer: "Node 24's own WebSocket", ask: askNode24, compresses: false },
  { peer: 'headless Chromium', ask: askChromium, compresses: true },
])('$peer and permessage-deflate', ({ ask, compresses }) => {
  test.each(AGREED)('negotiates `%s`, and receives 1 KiB of JSON and 1 MiB back', async (agreed, perMessageDeflate) => {
    const { origin } = await start({ perMessageDeflate });
    const proxy = await startWireProxy(Number(new URL(origin).port));
    const through = `127.0.0.1:${proxy.port}`;
    const seen = await ask('compressed', `ws://${through}/echo`, `http://${through}`);
    expect(seen).toEqual({ extensions: agreed, size: expect.any(Number), same: [true, true, true, true] });

    const { size } = seen as { size: number };
    const record = proxy.record();
    expect(record).toMatchObject({ offered: OFFER, agreed });
    for (const [messages, isCompressed, isAlone] of [
      [record.fromClient, compresses, agreed.includes('client_no_context_takeover')],
      [record.fromServer, true, agreed.includes('server_no_context_takeover')],
    ] as const) {
      expect(messages).toHaveLength(4);
      expect(messages.map(message => message.isCompressed)).toEqual(messages.map(() => isCompressed));
      if (!isCompressed) continue;
      const [first, second, text, data] = messages.map(message => message.size) as [number, number, number, number];
      expect(first).toBeLessThan(size / 2);
      if (isAlone) expect(second).toBe(first);
      else expect(second).toBeLessThan(first / 4);
      expect(Math.max(text, data)).toBeLessThan((size * 2 ** 10) / 4);
    }
  });
});

describe('a page of another origin, in Chromium', () => {
  test('is refused', async () => {
    const { url } = await start();
    const { origin: elsewhere } = await startPageServer();
    expect(await askChromium('refused', url, elsewhere)).toEqual({
      events: ['error'],
      closed: { code: 1006, reason: '', wasClean: false },
    });
  });

  test('is accepted if the server lists its origin', async () => {
    const { origin: elsewhere } = await startPageServer();
    const { url } = await start({ origins: [elsewhere] });
    expect(await askChromium('fragments', url, elsewhere)).toEqual(['one two three']);
  });
});
