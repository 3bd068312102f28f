import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import puppeteer from 'puppeteer-core';
import { expect, onTestFinished, test } from 'vitest';
import { replaceInPlaywright } from './helpers/bundled-ws.js';
import { listen } from './helpers/http.js';
import { countOpenings } from './helpers/ours.js';

const CHROMIUM = '/usr/bin/chromium';
const FLAGS = ['--headless=new', '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--no-first-run'];

const { chromium } = replaceInPlaywright();

/** Starts Chromium with its DevTools protocol on a WebSocket. Returns the URL. */
async function startChromium(): Promise<string> {
  const profile = await mkdtemp(join(tmpdir(), 'ws101-chromium-'));
  const flags = [...FLAGS, '--remote-debugging-port=0', `--user-data-dir=${profile}`, 'about:blank'];
  const browser: ChildProcess = spawn(CHROMIUM, flags, { stdio: ['ignore', 'ignore', 'pipe'] });
  onTestFinished(async () => {
    const exited = once(browser, 'exit');
    browser.kill('SIGKILL');
    await exited;
    await rm(profile, { recursive: true, force: true, maxRetries: 5 });
  });
  for await (const line of createInterface(browser.stderr!)) {
    const url = /DevTools listening on (ws:\S+)/.exec(line)?.[1];
    if (url !== undefined) {
      browser.stderr!.resume();
      return url;
    }
  }
  throw new Error('Chromium ended without a DevTools URL');
}

/** Serves a page whose button changes its title. */
async function startSite(): Promise<string> {
  const site = createServer((_, response) => {
    response.writeHead(200, { 'Content-Type': 'text/html; charset=utf-8' });
    response.end('<title>before</title><button onclick="document.title = \'after\'">κλικ</button>');
  });
  return `http://127.0.0.1:${await listen(site)}/`;
}

test('playwright-core drives Chromium over CDP', async () => {
  const openings = countOpenings();
  const [site, url] = [await startSite(), await startChromium()];
  const browser = await chromium.connectOverCDP(url);
  const page = await browser.newPage();
  await page.goto(site);
  await page.getByRole('button', { name: 'κλικ' }).click();
  expect(await page.title()).toBe('after');
  // A message of several MiB in each direction.
  expect(await page.evaluate(text => text + text, 'x'.repeat(2 ** 20))).toHaveLength(2 ** 21);
  expect((await page.screenshot()).subarray(1, 4).toString()).toBe('PNG');
  await browser.close();
  expect(openings()).toEqual({ clients: 1, servers: 0 });
}, 60_000);

test('playwright-core: the server of launchServer(), and connect()', async () => {
  const openings = countOpenings();
  const site = await startSite();
  const server = await chromium.launchServer({ executablePath: CHROMIUM, args: FLAGS });
  onTestFinished(() => server.close());
  const browser = await chromium.connect(server.wsEndpoint());
  const page = await browser.newPage();
  await page.goto(site);
  await page.getByRole('button').click();
  expect(await page.title()).toBe('after');
  const disconnected = new Promise(resolve => browser.on('disconnected', resolve));
  await server.close();
  await disconnected;
  expect(openings()).toEqual({ clients: 1, servers: 1 });
}, 60_000);

test('puppeteer-core drives Chromium over CDP', async () => {
  const openings = countOpenings();
  const [site, browserWSEndpoint] = [await startSite(), await startChromium()];
  const browser = await puppeteer.connect({ browserWSEndpoint });
  const page = await browser.newPage();
  await page.goto(site);
  await page.locator('button').click();
  expect(await page.title()).toBe('after');
  expect(await page.evaluate(text => text + text, 'x'.repeat(2 ** 20))).toHaveLength(2 ** 21);
  await browser.disconnect();
  expect(openings()).toEqual({ clients: 1, servers: 0 });
}, 60_000);
