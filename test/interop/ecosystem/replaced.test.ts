import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { expect, test } from 'vitest';
import * as imported from 'ws';
import { wsOf } from './helpers/ours.js';

const require = createRequire(import.meta.url);

const DEPENDENTS = [
  '@discordjs/ws',
  '@fastify/websocket',
  '@nestjs/platform-ws',
  'engine.io',
  'engine.io-client',
  'ethers',
  'express-ws',
  'jsdom',
  'mqtt',
  'puppeteer-core',
  'socket.io-adapter',
  'subscriptions-transport-ws',
  'viem',
  'webpack-dev-server',
  'websocket-stream',
];

/** A line of the table: names and versions. */
const ROW = /^\| ([^|]+) \| (\d[^|]+) \|/gm;

function readLock(): Record<string, { version?: string; resolved?: string }> {
  return JSON.parse(readFileSync(new URL('package-lock.json', import.meta.url), 'utf8')).packages;
}

test('compat/ws is the only package named ws', () => {
  const named = Object.entries(readLock()).filter(([path]) => /(^|\/)node_modules\/ws$/.test(path));
  expect(named.map(([path, { resolved }]) => [path, resolved])).toEqual([
    ['node_modules/ws', 'file:../../../compat/ws'],
  ]);
});

test('import and require return the same classes, those of ws101', () => {
  const required = require('ws');
  expect(required).toBe(require('ws101/ws'));
  expect(imported.default).toBe(required);
  expect(imported.WebSocket).toBe(required);
  expect(imported.WebSocketServer).toBe(required.WebSocketServer);
});

test.each(DEPENDENTS)('%s gets them', dependent => {
  expect(wsOf(dependent)).toBe(require('ws101/ws'));
});

test('docs/interop.md names the versions that are tested', () => {
  const page = readFileSync(new URL('../../../docs/interop.md', import.meta.url), 'utf8');
  const rows = page.split('\n# HTTP servers\n')[0]!.matchAll(ROW);
  const lock = readLock();
  let count = 0;
  for (const [, names = '', versions = ''] of rows) {
    const packages = names.replace(' (mqtt.js)', '').split(', ');
    const tested = packages.map(name => lock[`node_modules/${name}`]!.version);
    expect([names, [...new Set(tested)].join(', ')]).toEqual([names, versions]);
    count += packages.length;
  }
  expect(count).toBeGreaterThan(20);
});
