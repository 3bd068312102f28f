import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest';
import webpack from 'webpack';
import WebpackDevServer from 'webpack-dev-server';
import { replaceInVite } from './helpers/bundled-ws.js';
import { countOpenings } from './helpers/ours.js';

const require = createRequire(import.meta.url);

let browser: Browser;

beforeAll(async () => {
  browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] });
});
afterAll(() => browser.close());

/** Makes a folder with an index.html, a main.js that accepts updates of value.js, and value.js. */
async function makeApplication(
  accept: string,
): Promise<{ folder: string; writeValue: (value: string) => Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'ws101-hmr-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const writeValue = (value: string) => writeFile(join(folder, 'value.js'), value);
  await writeValue('export const value = "one";');
  const main = [
    "import { value } from './value.js';",
    'const show = text => { document.body.dataset.value = text; };',
    'show(value);',
    accept,
  ];
  await writeFile(join(folder, 'main.js'), main.join('\n'));
  await writeFile(join(folder, 'package.json'), '{ "type": "module" }');
  await writeFile(join(folder, 'index.html'), '<body><script type="module" src="/main.js"></script></body>');
  return { folder, writeValue };
}

/** Opens a page, and marks it, so that a reload shows. */
async function open(url: string): Promise<Page> {
  const page = await browser.newPage();
  onTestFinished(() => page.close());
  const hasWebSocket = page.waitForEvent('websocket');
  await page.goto(url);
  await hasWebSocket;
  await page.locator('body[data-value=one]').waitFor();
  await page.evaluate('window.isSame = true');
  return page;
}

const isSame = (page: Page) => page.evaluate('window.isSame === true');

test('Vite: the page is updated without a reload, shows an error, and reloads', async () => {
  const openings = countOpenings();
  const vite = await replaceInVite();
  const { folder, writeValue } = await makeApplication(
    "import.meta.hot.accept('./value.js', ({ value }) => show(value));",
  );
  const server = await vite.createServer({
    root: folder,
    configFile: false,
    logLevel: 'silent',
    cacheDir: join(folder, '.vite'),
    server: { port: 0, host: '127.0.0.1' },
  });
  onTestFinished(() => server.close());
  await server.listen();
  const page = await open(server.resolvedUrls!.local[0]!);
  /** Writes value.js until an element appears, because the watcher drops a change that follows another within 50 ms. */
  const change = (value: string, selector: string) =>
    vi.waitFor(async () => {
      await writeValue(value);
      await page.locator(selector).waitFor({ state: 'attached', timeout: 1000 });
    }, 20_000);
  await change('export const value = "two";', 'body[data-value=two]');
  await change('import "./missing.js";', 'vite-error-overlay');
  await change('export const value = "one";', 'body[data-value=one]');
  expect(await isSame(page)).toBe(true);
  server.ws.send({ type: 'full-reload' });
  await page.waitForFunction('window.isSame === undefined && document.body.dataset.value === "one"');
  const custom = new Promise(resolve =>
    server.ws.on('question', (data, client) => resolve([data, client.socket.readyState])),
  );
  await page.evaluate(
    `import('/@vite/client').then(({ createHotContext }) => createHotContext('/x').send('question', { answer: 42 }))`,
  );
  expect(await custom).toEqual([{ answer: 42 }, 1]);
  expect(openings().servers).toBeGreaterThanOrEqual(2);
}, 60_000);

test('webpack-dev-server: the page is updated without a reload, and reloads after another change', async () => {
  const openings = countOpenings();
  const { folder, writeValue } = await makeApplication(
    "import.meta.webpackHot.accept('./value.js', () => show(value));",
  );
  const compiler = webpack({
    mode: 'development',
    context: folder,
    entry: './main.js',
    output: { filename: 'main.js', path: join(folder, 'dist') },
    infrastructureLogging: { level: 'none' },
    stats: 'none',
    resolveLoader: { modules: [join(require.resolve('webpack/package.json'), '../..')] },
    resolve: { modules: [join(require.resolve('webpack/package.json'), '../..')] },
  });
  const server = new WebpackDevServer(
    { port: 0, host: '127.0.0.1', static: { directory: folder, watch: false } },
    compiler,
  );
  await server.start();
  onTestFinished(() => server.stop());
  const { port } = server.server!.address() as { port: number };
  const page = await open(`http://127.0.0.1:${port}/`);
  await writeValue('export const value = "two";');
  await page.locator('body[data-value=two]').waitFor();
  expect(await isSame(page)).toBe(true);
  await writeFile(join(folder, 'main.js'), 'document.body.dataset.value = "three";');
  await page.locator('body[data-value=three]').waitFor();
  expect(await isSame(page)).toBe(false);
  expect(openings()).toMatchObject({ clients: 0, servers: 2 });
}, 60_000);
