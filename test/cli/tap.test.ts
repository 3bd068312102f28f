import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { ws101 as run } from '../../src/cli/ws101.js';
import { connect } from '../../src/index.js';
import { closedPort } from '../helpers/raw-peer.js';
import { ws101 } from './process.js';
import { echo } from './servers.js';
import { pipes } from './streams.js';

function temporaryFile(name: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'ws101-tap-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return join(folder, name);
}

async function output(...args: string[]) {
  const streams = pipes('');
  const code = await run(args, streams);
  return { code, stdout: streams.stdout.text, stderr: streams.stderr.text };
}

async function urlOf(command: ReturnType<typeof ws101>): Promise<string> {
  await command.stdout.until(/listening on \S+, /);
  return /listening on (\S+),/.exec(command.stdout.text)![1]!;
}

test.each(['lines', 'pcapng'])('tap shows the traffic and records it as %s, until Ctrl-C', async format => {
  const url = await echo();
  const file = temporaryFile(`record.${format}`);
  const command = ws101('tap', url, '--listen', '0', '--record', file);
  const connection = await connect(`${await urlOf(command)}/chat`);
  connection.send('a message');
  await connection[Symbol.asyncIterator]().next();
  await command.stdout.until(/← #2 .*"a message"/);
  const open = await connect(await urlOf(command));
  open.send('never closed');
  await open[Symbol.asyncIterator]().next();
  await connection.close();
  await command.stdout.until(/\[1\] .*✓ The connection opened/);
  command.process.kill('SIGINT');
  expect(await command.exit).toBe(0);
  expect(command.stderr.text).toBe('');
  expect(await open.closed).toMatchObject({ wasClean: false });
  const explained = await output('explain', file, '--stream', '1');
  expect(explained.stdout).toContain('"a message"');
  expect(explained.code).toBe(0);
  expect((await output('explain', file, '--stream', '2')).stdout).toContain('"never closed"');
});

test('tap answers 502 and says why if the target is down', async () => {
  const command = ws101('tap', `ws://127.0.0.1:${await closedPort()}`, '--listen', '0');
  const error = await connect(await urlOf(command)).catch((thrown: Error) => thrown);
  expect(error).toMatchObject({ status: 502, body: expect.stringContaining('ECONNREFUSED') });
  await command.stdout.until('[1] * cannot connect to ws://127.0.0.1');
  command.process.kill('SIGTERM');
  expect(await command.exit).toBe(0);
});

test('tap prints a help page of at most 80 columns', async () => {
  const { code, stdout } = await output('tap', '--help');
  expect(code).toBe(0);
  expect(stdout).toContain('Exit codes\n  0  ');
  expect(stdout.split('\n').filter(line => line.length > 80)).toEqual([]);
});

test.each([
  [['tap'], 2, 'tap takes a target'],
  [['tap', 'nonsense'], 2, 'the target must be a valid, absolute URL'],
  [['tap', 'ws://a', '-H', 'a b: c'], 2, 'a name in --header must be a token'],
  [['tap', 'ws://a', '--record', '/nowhere/file'], 2, '--record: ENOENT'],
  [['tap', 'ws://a', '--tls-cert', '/nowhere', '--tls-key', '/nowhere'], 2, '--tls-cert: ENOENT'],
  [['tap', 'ws://a', '--host', '192.0.2.1'], 1, 'cannot listen on 192.0.2.1, port 9002'],
])('%j exits %i', async (args, code, message) => {
  const got = await output(...args);
  expect(got.stderr).toContain(message);
  expect([got.code, got.stdout]).toEqual([code, '']);
});
