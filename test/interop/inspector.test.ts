/** The inspector page in headless Chromium. `npm run interop` builds the page first. */
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import {
  type ConnectOptions,
  connect,
  type ServerOptions,
  type WebSocketConnection,
  WebSocketServer,
} from '../../src/index.js';
import { type Inspector, type InspectorOptions, inspector } from '../../src/tools/inspector/inspector.js';
import { misbehave } from '../../src/tools/misbehave/misbehave.js';
import { readCapture } from '../../src/wire/capture/index.js';
import { type Conversation, ConversationDecoder } from '../../src/wire/index.js';
import { launchChromium, openPage, violations } from './helpers/chromium.js';

let browser: Browser;

beforeAll(async () => {
  browser = await launchChromium();
});

afterAll(() => browser.close());

interface Scene {
  readonly shown: Inspector;
  readonly url: string;
  /** Opens a connection that the inspector shows. */
  open(url?: string, options?: ConnectOptions): Promise<WebSocketConnection>;
}

/** Starts an inspector, and an echo server. */
async function start(options: ServerOptions = {}, shownAs: InspectorOptions = {}): Promise<Scene> {
  const shown = await inspector({ title: 'ws101 test', ...shownAs });
  onTestFinished(() => shown.close());
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0, ...options });
  server.on('connection', connection => connection.on('message', data => connection.send(data)));
  onTestFinished(() => server.close({ timeout: 0 }));
  await once(server, 'listening');
  const url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}/chat`;
  const open = async (to = url, connectOptions: ConnectOptions = {}) => {
    const connection = await connect(to, { ...connectOptions, tap: shown.tap('client') });
    connection.on('message', () => {});
    return connection;
  };
  return { shown, url, open };
}

/** Waits until the list shows this many frames. */
async function frames(page: Page, count: string): Promise<void> {
  await page.locator('.count', { hasText: count }).waitFor();
}

function median(times: readonly number[]): number {
  return times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)]!;
}

describe('the inspector page', () => {
  test('shows a connection live, and a frame bit by bit', async () => {
    const scene = await start();
    const page = await openPage(browser, scene.shown.url);
    await page.getByText('Waiting for a connection').waitFor();
    const connection = await scene.open();
    await page.getByRole('heading', { name: '/chat' }).waitFor();
    connection.send('{"hello":"world"}');
    await frames(page, '2 frames');
    await page.getByRole('option', { name: /client to server\s*text\s*17 B/ }).click();
    const detail = page.getByRole('complementary', { name: 'The chosen frame' });
    await detail.getByRole('img', { name: /FIN 1.*opcode 0x1.*MASK 1.*payload length 17/ }).waitFor();
    await detail.getByText('masked, as clients must').waitFor();
    expect(await detail.getByRole('tabpanel').innerText()).toBe('{\n  "hello": "world"\n}');
    await detail.getByRole('tab', { name: 'Hex' }).click();
    expect(await detail.getByRole('tabpanel').innerText()).toContain('7b 22 68 65');
    await connection.close();
    await page.locator('.conversation-head .pill', { hasText: 'closed' }).waitFor();
  });

  test('shows what happened before it was opened, and messages inflated with context takeover', async () => {
    const scene = await start({ perMessageDeflate: { serverNoContextTakeover: false } });
    const connection = await scene.open(undefined, { perMessageDeflate: { clientNoContextTakeover: false } });
    for (let i = 0; i < 3; i++) connection.send('the same text, which compresses well, again and again');
    const page = await openPage(browser, scene.shown.url);
    await frames(page, '6 frames');
    await page.locator('.frame-row:visible').last().click();
    const detail = page.getByRole('complementary', { name: 'The chosen frame' });
    await detail.getByText(/from \d+ B deflated/).waitFor();
    expect(await detail.getByRole('tabpanel').innerText()).toBe(
      'the same text, which compresses well, again and again',
    );
  });

  test('filters by direction, kind and text, pauses, and follows', async () => {
    const scene = await start();
    const connection = await scene.open();
    const page = await openPage(browser, scene.shown.url);
    for (let i = 0; i < 20; i++) connection.send(`message ${i}`);
    connection.send(Uint8Array.of(1, 2));
    await connection.ping();
    await frames(page, '44 frames');
    await page.getByLabel('Direction').selectOption({ label: 'Client → server' });
    await frames(page, '22 of 44');
    await page.getByLabel('Kind of frame').selectOption({ label: 'Ping and pong' });
    await frames(page, '1 of 44');
    await page.getByLabel('Kind of frame').selectOption({ label: 'All frames' });
    await page.getByLabel('Search payloads').fill('MESSAGE 1');
    await frames(page, '11 of 44');
    await page.getByLabel('Search payloads').fill('');
    await page.getByLabel('Direction').selectOption({ label: 'Both ways' });
    await frames(page, '44 frames');

    await page.getByRole('button', { name: 'Pause' }).click();
    connection.send('late');
    const resume = page.getByRole('button', { name: 'Resume (2 new)' });
    await resume.waitFor();
    expect(await page.getByRole('option', { name: /late/ }).count()).toBe(0);
    await resume.click();
    await page.getByRole('option', { name: /late/ }).first().waitFor();

    // Following stops when a person scrolls, and starts again on demand.
    const list = page.getByRole('listbox', { name: 'Frames' });
    await list.hover();
    await page.mouse.wheel(0, -10_000);
    await page.getByRole('button', { name: 'Follow', pressed: false }).click();
    await expect
      .poll(() => list.evaluate(({ scrollTop, clientHeight, scrollHeight }) => scrollHeight - scrollTop - clientHeight))
      .toBeLessThan(5);
  });

  test('is used with the keyboard alone', async () => {
    const scene = await start();
    const connection = await scene.open();
    for (let i = 0; i < 100; i++) connection.send(`message ${i}`);
    const page = await openPage(browser, scene.shown.url);
    await frames(page, '200 frames');
    const list = page.getByRole('listbox', { name: 'Frames' });
    await list.focus();
    await page.keyboard.press('Home');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('PageDown');
    const chosen = page.locator('.frame-row[aria-selected=true]');
    expect(Number(await chosen.getAttribute('aria-posinset'))).toBeGreaterThan(5);
    expect(await list.getAttribute('aria-activedescendant')).toBe(await chosen.getAttribute('id'));
    await page.keyboard.press('End');
    expect(await chosen.getAttribute('aria-posinset')).toBe('200');
    await page.keyboard.press('Enter');
    expect(await page.evaluate('document.activeElement.textContent')).toBe('#200 text');
    await page.keyboard.press('Escape');
    expect(await page.getByRole('complementary', { name: 'The chosen frame' }).count()).toBe(0);
    await page.keyboard.press('/');
    expect(await page.evaluate("document.activeElement.getAttribute('aria-label')")).toBe('Search payloads');
  });

  test('draws the four acts as a sequence', async () => {
    const scene = await start();
    const connection = await scene.open();
    for (let i = 0; i < 5; i++) connection.send('x');
    await connection.ping();
    await connection.close(4001, 'bye');
    const page = await openPage(browser, scene.shown.url);
    await page.getByRole('tab', { name: 'Sequence' }).click();
    const text = await page.getByRole('tabpanel').innerText();
    const acts = [
      '1 TCP connection',
      'GET /chat HTTP/1.1',
      '101 Switching Protocols',
      '5 × text',
      'ping',
      '4001',
      'FIN',
      'cleanly',
    ];
    expect(acts.filter(act => !text.includes(act))).toEqual([]);
    await page
      .getByRole('button', { name: /5 × text/ })
      .first()
      .click();
    await page.getByRole('heading', { name: '#1 text' }).waitFor();
  });

  test('says in words what is wrong', async () => {
    const scene = await start();
    await expect(scene.open(scene.url, { headers: { Origin: 'http://evil.example' } })).rejects.toThrow('403');
    const peer = await misbehave('masked', { port: 0 });
    onTestFinished(() => peer.close());
    const connection = await scene.open(peer.url);
    if (connection.state === 'open') {
      connection.send('hello');
      await once(connection, 'close');
    }
    const page = await openPage(browser, scene.shown.url);
    await page.getByText('it answered 403 Forbidden instead of 101').waitFor();
    await page.locator('.diagnosis', { hasText: /Likely cause: .*403/ }).waitFor();
    await page.getByRole('tab', { name: 'Handshake' }).click();
    await page.getByText('Origin: http://evil.example').waitFor();
    await page.getByRole('button', { name: /#2/ }).click();
    await page.locator('.callout', { hasText: 'a frame from a server must not be masked (§5.1)' }).first().waitFor();
  });

  test.each([
    ['light', { colorScheme: 'light' }],
    ['dark', { colorScheme: 'dark' }],
    ['phone', { viewport: { width: 390, height: 844 } }],
  ] as const)('axe-core finds nothing: %s', async (_, options) => {
    const sent: unknown[] = [];
    const scene = await start({}, { send: { from: ['server'], send: (...args) => void sent.push(args) } });
    const connection = await scene.open();
    connection.send('{"hello":[1,2,3]}');
    connection.send(Uint8Array.of(1, 2));
    await connection.ping();
    await expect(scene.open(scene.url, { headers: { Origin: 'http://evil.example' } })).rejects.toThrow('403');
    // The policy of the page forbids the script of axe-core.
    const page = await openPage(browser, scene.shown.url, { ...options, bypassCSP: true });
    await frames(page, '6 frames');
    await page.locator('.frame-row:visible').first().click();
    expect(await violations(page)).toEqual([]);
    for (const tab of ['Sequence', 'Handshake', 'Send']) {
      await page.getByRole('tab', { name: tab }).click();
      expect([tab, await violations(page)]).toEqual([tab, []]);
    }
    await page.getByRole('button', { name: /#2/ }).click();
    expect(await violations(page)).toEqual([]);
  });

  test('sends a frame by hand, even one that breaks a rule', async () => {
    const sent: unknown[] = [];
    const send = (...args: unknown[]) => {
      if (sent.push(args) > 1) throw new Error('the connection is closed');
    };
    const scene = await start({}, { send: { from: ['server'], send } });
    await scene.open();
    const page = await openPage(browser, scene.shown.url);
    await page.getByRole('tab', { name: 'Send' }).click();
    await page.getByRole('textbox', { name: 'Payload' }).fill('hi');
    await page.getByRole('button', { name: 'Send frame' }).click();
    await page.getByText('Sent.').waitFor();
    expect(sent).toEqual([[1, 'server', Buffer.from([0x81, 2, 0x68, 0x69])]]);
    await page.getByRole('checkbox', { name: 'RSV2' }).check();
    await page.getByText('Breaks a rule: a reserved bit is set').waitFor();
    await page.getByRole('button', { name: 'Send frame' }).click();
    await page.getByText('Not sent: the connection is closed').waitFor();
  });

  test('exports connections as files that ws101 and Wireshark read', async () => {
    const scene = await start();
    for (let i = 0; i < 2; i++) {
      const connection = await scene.open();
      connection.send('exported');
      await connection.close();
    }
    const page = await openPage(browser, scene.shown.url);
    await page.getByRole('button', { name: /#2 .*closed/ }).click();
    const saved = async (format: string, which: number): Promise<Buffer> => {
      await page.getByText('Export', { exact: true }).click();
      const [file] = await Promise.all([
        page.waitForEvent('download'),
        page
          .getByRole('button', { name: new RegExp(`^${format}`) })
          .nth(which)
          .click(),
      ]);
      return await readFile(await file.path());
    };
    const save = async (format: string, which: number): Promise<Conversation[]> => [
      ...readCapture(await saved(format, which)).conversations,
    ];
    const { log } = JSON.parse(String(await saved('HAR', 1)));
    expect(log.entries.map((entry: { _webSocketMessages: unknown[] }) => entry._webSocketMessages.length)).toEqual([
      2, 2,
    ]);
    for (const format of ['JSON Lines', 'pcapng']) {
      expect((await save(format, 0)).length).toBe(1);
      const all = await save(format, 1);
      const decoder = new ConversationDecoder();
      const items = all[1]!.events.flatMap(event => [...decoder.push(event)]);
      const texts = items.flatMap(item => (item.type === 'message' ? [Buffer.from(item.data).toString()] : []));
      expect([all.length, texts]).toEqual([2, ['exported', 'exported']]);
      expect(decoder.summary().isFine).toBe(true);
    }
  });

  test('scrolls 10,000 frames smoothly, with few rows in the document', async () => {
    const scene = await start();
    const connection = await scene.open();
    for (let i = 0; i < 5000; i++) connection.send(`message ${i}`);
    const page = await openPage(browser, scene.shown.url);
    await frames(page, '10,000 frames');
    const { times, rows } = await page.evaluate<{ times: number[]; rows: number }>(`(async () => {
      const list = document.querySelector('ws-frame-list');
      const screen = () => new Promise(resolve => requestAnimationFrame(resolve));
      list.scrollTop = 0;
      const times = [];
      for (let i = 0, last = await screen(); i < 100; i++) {
        list.scrollTop += 300 + 20 * i;
        const now = await screen();
        times.push(now - last);
        last = now;
      }
      return { times, rows: list.querySelectorAll('.frame-row').length };
    })()`);
    expect(rows).toBeLessThan(100);
    // 17 ms on an idle machine. A busy one gives the browser less time.
    expect(median(times)).toBeLessThan(70);
    await page.getByRole('listbox', { name: 'Frames' }).press('End');
    await page.getByRole('option', { name: /10000\b.*message 4999/ }).waitFor();
  });

  test('keeps up with 5,000 messages a second', async () => {
    const scene = await start();
    const connection = await scene.open();
    const page = await openPage(browser, scene.shown.url);
    await page.getByRole('heading', { name: '/chat' }).waitFor();
    await page.evaluate(`(() => {
      globalThis.times = [];
      let last = performance.now();
      const note = now => {
        times.push(now - last);
        last = now;
        requestAnimationFrame(note);
      };
      requestAnimationFrame(note);
    })()`);
    const started = performance.now();
    let sent = 0;
    while (sent < 15_000) {
      const due = Math.min(15_000, (performance.now() - started) * 5);
      while (sent < due) connection.send(`message ${sent++}`.padEnd(100, '.'));
      await new Promise(resolve => setTimeout(resolve, 4));
    }
    // The 15,000 messages and their echoes: nothing was dropped.
    await frames(page, '30,000 frames');
    expect(median(await page.evaluate<number[]>('times'))).toBeLessThan(70);
    expect(await page.locator('.notice').isVisible()).toBe(false);
  });

  test('is refused without the token', async () => {
    const scene = await start();
    const page = await browser.newPage();
    onTestFinished(() => page.close());
    const response = await page.goto(scene.shown.url.replace(/token=.*/, 'token=guessed'));
    expect(response?.status()).toBe(403);
  });

  test('says that the server has stopped', async () => {
    const scene = await start();
    const page = await openPage(browser, scene.shown.url);
    await page.locator('.link-state', { hasText: 'live' }).waitFor();
    await scene.shown.close();
    await page.getByText('The server has stopped (1001).').waitFor();
  });
});
