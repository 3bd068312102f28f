/** The playground in headless Chromium, opened from the file system. `npm run interop` builds it first. */
import { execFileSync } from 'node:child_process';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { launchChromium, openPage, violations } from './helpers/chromium.js';

const PAGE = new URL('../../docs/playground/index.html', import.meta.url);

let browser: Browser;

beforeAll(async () => {
  browser = await launchChromium();
});

afterAll(() => browser.close());

/** Opens the playground. */
async function open(place = '', options: BrowserContextOptions = {}): Promise<Page> {
  return await openPage(browser, PAGE.href + place, options);
}

const wire = (page: Page) => page.getByLabel('The bytes on the wire, in hex');
const verdict = (page: Page) => page.locator('.play-panel > .callout');

describe('frames', () => {
  test('a message becomes bytes, and the bytes are explained', async () => {
    const page = await open();
    expect(await wire(page).inputValue()).toBe('818537fa 213d7f9f 4d5158');
    await page.getByRole('textbox', { name: 'Text' }).fill('hi');
    expect(await wire(page).inputValue()).toBe('818237fa 213d5f93');
    await verdict(page).getByText('Legal: 1 frame, 1 message.').waitFor();
    await page.getByLabel('Sender').selectOption('server');
    expect(await wire(page).inputValue()).toBe('81026869');
  });

  test('a bit that is pressed breaks a rule, and pressed again repairs it', async () => {
    const page = await open();
    await page.getByRole('button', { name: 'RSV2, bit 2: 0' }).click();
    await verdict(page)
      .getByText(/Byte 0: .*reserved.*§5\.2.*1002/)
      .waitFor();
    expect(await wire(page).inputValue()).toMatch(/^a1/);
    // The focus stays, so the keyboard can press it again.
    await page.keyboard.press('Enter');
    await verdict(page).getByText('Legal').waitFor();
  });

  test('edited bytes are explained, and wrong hex is named', async () => {
    const page = await open();
    await wire(page).fill('01 03 4');
    await page.getByText('The last byte has only one digit.').waitFor();
    await wire(page).fill('01 03 48 65 6c 80 02 6c 6f');
    await verdict(page)
      .getByText(/must be masked/)
      .waitFor();
  });

  test('a message in fragments has a button for each frame', async () => {
    const page = await open();
    await page.getByLabel('Fragments of (bytes)').fill('2');
    await verdict(page).getByText('Legal: 3 frames, 1 message.').waitFor();
    await page.getByRole('button', { name: '#3' }).click();
    await page.getByRole('heading', { name: '#3' }).waitFor();
    await page.getByRole('row', { name: /opcode 0x0 continuation/ }).waitFor();
  });

  test('the address leads back to the same bytes', async () => {
    const page = await open();
    await page.getByRole('textbox', { name: 'Text' }).fill('ü 😀');
    const bytes = await wire(page).inputValue();
    const again = await open(new URL(page.url()).hash);
    expect(await wire(again).inputValue()).toBe(bytes);
  });
});

describe('the handshake', () => {
  test('is shown step by step, with the arithmetic of the RFC', async () => {
    const page = await open('#handshake');
    expect(await page.getByText('The server answers').isVisible()).toBe(false);
    for (let step = 1; step < 4; step++) await page.getByRole('button', { name: 'Next' }).click();
    await page.getByText('b3 7a 4f 2c c0 62 4f 16 90 f6 46 06 cf 38 59 45 b2 be c4 ea').waitFor();
    await verdict(page).getByText('The handshake is complete').waitFor();
  });

  test('a line that breaks a rule fails it', async () => {
    const page = await open('#handshake');
    for (let step = 1; step < 4; step++) await page.getByRole('button', { name: 'Next' }).click();
    const response = page.getByLabel('The response');
    await response.fill((await response.inputValue()).replace('s3pP', 's4pP'));
    await verdict(page).getByText('fails the connection').waitFor();
    await page.getByRole('button', { name: 'A correct response' }).click();
    await verdict(page).getByText('The handshake is complete').waitFor();
    await page.getByRole('button', { name: 'New key' }).click();
    await verdict(page).getByText('The handshake is complete').waitFor();
  });
});

describe('captures', () => {
  test('a dump is decoded on both sides', async () => {
    const page = await open('#capture');
    await page.getByRole('option', { name: /server to client\s*close/ }).waitFor();
    expect(await page.getByRole('listbox', { name: 'Frames' }).getByRole('option').count()).toBe(4);
  });

  test('a file is read', async () => {
    const page = await open('#capture');
    const buffer = Buffer.from('GET /chat HTTP/1.1\r\nHost: a\r\n\r\n');
    await page.getByLabel('A capture file').setInputFiles({ name: 'head.bin', mimeType: '', buffer });
    await page.getByRole('heading', { name: '/chat' }).waitFor();
  });
});

describe('for everyone', () => {
  test.each([
    ['#frames', 'light'],
    ['#frames/client/c18537fa213d7f9f4d5158', 'dark'],
    ['#handshake', 'light'],
    ['#handshake', 'dark'],
    ['#capture', 'light'],
    ['#capture', 'dark'],
  ] as const)('axe-core finds nothing on %s in %s', async (place, colorScheme) => {
    const page = await open(place, { colorScheme, bypassCSP: true });
    expect(await violations(page)).toEqual([]);
  });

  test('nothing is wider than a phone', async () => {
    for (const place of ['#frames', '#handshake', '#capture']) {
      const page = await open(place, { viewport: { width: 390, height: 800 } });
      const width = await page.evaluate(
        () =>
          (globalThis as unknown as { document: { documentElement: { scrollWidth: number } } }).document.documentElement
            .scrollWidth,
      );
      expect(width, place).toBeLessThanOrEqual(390);
    }
  });
});

test('the committed page is the one that the sources make', () => {
  const changes = execFileSync('git', ['status', '--porcelain', '--', '.'], {
    cwd: new URL('.', PAGE),
    encoding: 'utf8',
  });
  expect(changes).toBe('');
});
