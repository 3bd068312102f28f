import { once } from 'node:events';
import { expect, onTestFinished, test } from 'vitest';
import { startEcho, urlOf } from '../../src/cli/echo.js';
import { inspectClient, inspectServer } from '../../src/cli/inspected.js';
import { connect } from '../../src/index.js';
import { Page } from '../tools/inspector/page.js';

const RSV2_TEXT = Uint8Array.of(0xa1, 2, 0x68, 0x69);
const TEXT = Uint8Array.of(0x81, 2, 0x68, 0x69);

test('the page of a server shows both directions, and sends frames that the server would not', async () => {
  const { page, tap } = await inspectServer('ws101 serve', '<!doctype html>');
  onTestFinished(() => page.close());
  const server = await startEcho({ host: '127.0.0.1', port: 0, tap });
  onTestFinished(() => server.close({ timeout: 0 }));
  const shown = await Page.open(page);
  const connection = await connect(urlOf(server, false));
  const messages = connection.messages();
  connection.send('hello');
  expect(await messages.next()).toMatchObject({ value: { data: 'hello' } });
  await shown.until(({ records }) => shown.bytes('server').includes('hello') && records.length > 4);
  expect(shown.texts[0]).toEqual({ type: 'hello', title: 'ws101 serve', sendsFrom: ['server'] });
  expect(shown.bytes('client')).toMatch(/^GET \/ HTTP\/1\.1\r\n/);
  expect(shown.bytes('server')).toMatch(/^HTTP\/1\.1 101 /);

  shown.send(1, 'server', TEXT);
  await shown.until(({ texts }) => texts.length === 2);
  expect(await messages.next()).toMatchObject({ value: { data: 'hi' } });
  shown.send(1, 'server', RSV2_TEXT);
  // The client has failed the connection.
  expect(await connection.closed).toMatchObject({ code: 1006, wasClean: false });
  await shown.until(() => shown.bytes('server').includes('\xa1\x02hi'));
  await shown.until(
    ({ records }) => records.filter(one => one.type === 'event' && one.event.type === 'end').length === 2,
  );
  shown.send(1, 'server', TEXT);
  await shown.until(({ texts }) => texts.length === 4);
  expect(shown.texts[3]).toEqual({ type: 'sent', problem: expect.stringContaining('connection 1 is closed') });
});

test('the page of a client shows both directions, and sends frames', async () => {
  const { page, tap, dial } = await inspectClient('ws101 connect', '<!doctype html>');
  onTestFinished(() => page.close());
  const server = await startEcho({ host: '127.0.0.1', port: 0 });
  onTestFinished(() => server.close({ timeout: 0 }));
  const connection = await connect(urlOf(server, false), { tap, dial });
  const shown = await Page.open(page);
  const message = once(connection, 'message');
  shown.send(1, 'client', Uint8Array.of(0x81, 0x82, 0, 0, 0, 0, 0x68, 0x69));
  expect((await message)[0]).toBe('hi');
  await shown.until(() => shown.bytes('client').endsWith('\x81\x82\0\0\0\0hi') && shown.bytes('server').endsWith('hi'));
  await connection.close();
});
