import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { CONNECT_OPTION_NAMES } from '../src/client/options.js';
import { SOCKET_OPTION_NAMES } from '../src/client/socket-options.js';
import { SEND_OPTION_NAMES } from '../src/connection/payload.js';
import type { OptionHints } from '../src/option-names.js';
import { PERMESSAGE_DEFLATE_OPTION_NAMES } from '../src/permessage-deflate/index.js';
import { SERVER_OPTION_NAMES } from '../src/server/options.js';
import { WS_CLIENT_OPTIONS, WS_DEFLATE_OPTIONS, WS_SEND_OPTIONS, WS_SERVER_OPTIONS } from '../src/ws-option-names.js';

/**
 * The options that the README and the source of `ws` 8.23 document, except those that http.request() and node:tls
 * document.
 */
const OPTIONS_OF_WS = {
  client: [
    'allowSynchronousEvents',
    'autoPong',
    'closeTimeout',
    'finishRequest',
    'followRedirects',
    'generateMask',
    'handshakeTimeout',
    'maxBufferedChunks',
    'maxFragments',
    'maxPayload',
    'maxPendingAutoPongs',
    'maxRedirects',
    'origin',
    'perMessageDeflate',
    'protocolVersion',
    'skipUTF8Validation',
    // Those of http.request(), net.connect() and tls.connect() that people pass.
    'agent',
    'auth',
    'ca',
    'cert',
    'checkServerIdentity',
    'ciphers',
    'createConnection',
    'family',
    'headers',
    'host',
    'key',
    'localAddress',
    'localPort',
    'lookup',
    'maxVersion',
    'minVersion',
    'passphrase',
    'path',
    'pfx',
    'port',
    'rejectUnauthorized',
    'secureContext',
    'servername',
    'signal',
    'socketPath',
    'timeout',
  ],
  server: [
    'WebSocket',
    'allowSynchronousEvents',
    'autoPong',
    'backlog',
    'clientTracking',
    'closeTimeout',
    'handleProtocols',
    'host',
    'maxBufferedChunks',
    'maxFragments',
    'maxPayload',
    'maxPendingAutoPongs',
    'noServer',
    'path',
    'perMessageDeflate',
    'port',
    'server',
    'skipUTF8Validation',
    'verifyClient',
  ],
  send: ['binary', 'compress', 'fin', 'mask'],
  deflate: [
    'clientMaxWindowBits',
    'clientNoContextTakeover',
    'concurrencyLimit',
    'serverMaxWindowBits',
    'serverNoContextTakeover',
    'threshold',
    'zlibDeflateOptions',
    'zlibInflateOptions',
  ],
};

type Case = readonly [table: string, hints: OptionHints, names: object, ofWs: readonly string[]];

const CASES: readonly Case[] = [
  ['WS_CLIENT_OPTIONS', WS_CLIENT_OPTIONS, CONNECT_OPTION_NAMES, OPTIONS_OF_WS.client],
  ['WS_SERVER_OPTIONS', WS_SERVER_OPTIONS, SERVER_OPTION_NAMES, OPTIONS_OF_WS.server],
  ['WS_SEND_OPTIONS', WS_SEND_OPTIONS, SEND_OPTION_NAMES, OPTIONS_OF_WS.send],
  ['WS_DEFLATE_OPTIONS', WS_DEFLATE_OPTIONS, PERMESSAGE_DEFLATE_OPTION_NAMES, OPTIONS_OF_WS.deflate],
];

/** Returns the options that a hint names, in single quotes. */
function optionsIn(hint: string): string[] {
  return Array.from(hint.matchAll(/'([^']+)'/g), ([, name]) => name!);
}

/** Returns whether an option such as `maxMessageSize` or `tls.ca` exists in this package. */
function exists(option: string, names: object): boolean {
  const [name = '', ...rest] = option.split('.');
  if (!Object.hasOwn(names, name)) return false;
  if (rest.length === 0) return true;
  const inner = { perMessageDeflate: PERMESSAGE_DEFLATE_OPTION_NAMES, socket: SOCKET_OPTION_NAMES }[name];
  return inner === undefined ? name === 'tls' : Object.hasOwn(inner, rest.join('.'));
}

describe.each(CASES)('%s', (table, hints, names, ofWs) => {
  // An option of `perMessageDeflate` may point to an option beside it.
  const known = table === 'WS_DEFLATE_OPTIONS' ? { ...CONNECT_OPTION_NAMES } : names;

  test('has a hint for every option of ws that does not exist here', () => {
    expect(ofWs.filter(name => !Object.hasOwn(names, name) && !Object.hasOwn(hints, name))).toEqual([]);
  });

  test('has no hint for a name that is an option here', () => {
    expect(Object.keys(hints).filter(name => Object.hasOwn(names, name))).toEqual([]);
  });

  test.each(Object.entries(hints))('%s: %s', (_, hint) => {
    const options = optionsIn(hint);
    expect(options.filter(option => !exists(option, known))).toEqual([]);
    expect(options.length > 0 || /^not (needed|available)\b|\burl\b/.test(hint)).toBe(true);
  });
});

test('docs/coming-from-ws.md shows the same hints', () => {
  const page = readFileSync(new URL('../docs/coming-from-ws.md', import.meta.url), 'utf8').split('\n## Options\n')[1]!;
  const rows = Array.from(page.matchAll(/^\| (`.+) \| (.+) \|$/gm), ([, names, hint]) => [names!, hint!] as const);
  const documented = new Set(
    rows.flatMap(([names, hint]) => Array.from(names.matchAll(/`([^`]+)`/g), ([, name]) => `${name}: ${hint}`)),
  );
  const rowsOf = (hints: OptionHints, prefix = '') =>
    Object.entries(hints)
      // One row stands for all options of node:tls.
      .filter(([, hint]) => !hint.startsWith("use 'tls."))
      .map(([name, hint]) => `${prefix}${name}: ${hint.replaceAll("'", '`')}`);
  const expected = [
    ...rowsOf(WS_CLIENT_OPTIONS),
    ...rowsOf(WS_SERVER_OPTIONS),
    ...rowsOf(WS_DEFLATE_OPTIONS, 'perMessageDeflate.'),
  ];
  expect([...documented].filter(row => !row.includes('`tls.')).sort()).toEqual([...new Set(expected)].sort());
});
