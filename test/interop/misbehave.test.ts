import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { WebSocket as Ws } from 'ws';
import { WebSocket } from '../../src/index.js';
import { MISBEHAVE_KINDS, type MisbehaveKind, misbehave, type PeerReport } from '../../src/tools/index.js';
import { launchChromium } from './helpers/chromium.js';
import { NODE_24 } from './helpers/node24.js';
import { startPageServer } from './helpers/page-server.js';
import { run } from './helpers/program.js';
import { askPython } from './helpers/python.js';
import { probeAll, type Seen, type Server } from './misbehave/probe.js';

/**
 * What clients do about servers that misbehave: docs/misbehave-results.md is what this test found.
 * `WRITE_RESULTS=1 npm run interop -- misbehave` writes it, in four minutes.
 */

interface Result {
  readonly version: string;
  readonly seen: readonly Seen[];
}

const KINDS: readonly MisbehaveKind[] = MISBEHAVE_KINDS.filter(({ by }) => by !== 'client');

/** Kinds that keep a client busy, so that others would have to wait. */
const FLOODS = /flood|endless|bomb|huge/;

/** Our own WebSocket, which offers permessage-deflate as those of others do. */
class Deflating extends WebSocket {
  constructor(url: string, protocols: string[]) {
    super(url, { protocols, perMessageDeflate: true });
  }
}

const CLIENTS: Readonly<Record<string, (servers: readonly Server[]) => Promise<Result>>> = {
  ws101: async servers => ({ version: '', seen: await probeAll(Deflating, servers) }),
  ws: async servers => ({ version: versionOf('ws'), seen: await probeAll(Ws, servers) }),
  Node: async servers => {
    const program = fileURLToPath(new URL('misbehave/run.js', import.meta.url));
    return JSON.parse(await run(NODE_24, [program, JSON.stringify(servers)]));
  },
  Chromium: async servers => {
    const { origin } = await startPageServer();
    const browser = await launchChromium();
    onTestFinished(() => browser.close());
    const page = await browser.newPage();
    await page.goto(`${origin}/page.html`);
    // The function must not be compiled by the test runner, which replaces import().
    const probes = `import('./probe.js').then(({ probeAll }) => probeAll(WebSocket, ${JSON.stringify(servers)}))`;
    return { version: browser.version(), seen: await page.evaluate<readonly Seen[]>(probes) };
  },
  websockets: async servers =>
    (await askPython('misbehave_clients.py', 'websockets', JSON.stringify(servers))) as Result,
  'websocket-client': async servers =>
    (await askPython('misbehave_clients.py', 'websocket-client', JSON.stringify(servers))) as Result,
};

function versionOf(name: string): string {
  return (createRequire(import.meta.url)(`${name}/package.json`) as { version: string }).version;
}

interface Column {
  readonly version: string;
  readonly cells: readonly string[];
}

/** Returns what a client did with each kind, in a few words. */
async function meet(client: (servers: readonly Server[]) => Promise<Result>): Promise<Column> {
  const reports: Array<PeerReport | undefined> = KINDS.map(() => undefined);
  const servers = await Promise.all(
    KINDS.map(({ kind }, i) => {
      const onReport = (report: PeerReport) => {
        reports[i] ??= report;
      };
      const delay = kind === 'slow-byte' ? 1 : kind === 'slow-head' ? 200 : 100;
      return misbehave(kind, { delay, onReport, ...(kind === 'message-flood' ? { count: 2_000 } : {}) });
    }),
  );
  onTestFinished(async () => void (await Promise.all(servers.map(server => server.close()))));
  const { version, seen } = await client(
    servers.map(({ url }, i) => {
      const { kind } = KINDS[i]!;
      return [url, kind.includes('subprotocol') ? ['chat'] : [], FLOODS.test(kind)];
    }),
  );
  await Promise.all(servers.map(server => server.close()));
  // The last reports come when their sockets have closed.
  await setTimeout(100);
  return { version, cells: seen.map((one, i) => summary(one, reports[i])) };
}

function summary({ opened, waited, echoed, messages, code }: Seen, report: PeerReport | undefined): string {
  if (!opened) return waited ? 'waits' : 'refuses';
  const texts = messages.map(message => JSON.stringify(message).replace('\ufeff', '\\ufeff'));
  const received =
    texts.length === 0 ? [] : [`receives ${texts.length > 2 ? `${texts.length} messages` : texts.join(', ')}`];
  if (echoed && code === 1000 && report?.close?.code === 1000) return ['works', ...received].join(', ');
  const sent = report?.close === undefined ? [] : [`sends ${report.close.code}`];
  return [...received, ...sent, code === undefined ? 'stays open' : `reports ${code}`].join(', ');
}

const INTRODUCTION = `# What clients do about servers that misbehave

[Peers that misbehave](misbehave.md) says what each kind does, and what a correct client does. \`test/interop/misbehave.test.ts\` wrote this table: each client
connects, sends a message, waits 4 s for its echo, and closes with 1000. Then it has 5 s to end the connection. Apart from that, its options are the
defaults; ws101 offers permessage-deflate, as the others do, except for websocket-client. Node has undici's WebSocket; websockets and websocket-client
are Debian's python3-websockets and python3-websocket.

- \`refuses\`: the opening handshake fails. \`waits\`: it neither fails nor succeeds within 8 s, or 4 s for the Python clients.
- \`works\`: the echo arrived, and both sides closed with 1000.
- \`receives\`: what the application received apart from the echo.
- How the floods end (\`huge-head\`, \`endless-…\`, \`…-flood\`, \`deflate-bomb\`) depends on the speed of the machine, too.
- \`sends\`: the code of the client's Close frame. Without it, the client sent none.
- \`reports\`: the code that the application saw. \`stays open\`: it saw none in time.
`;

const FILE = new URL('../../docs/misbehave-results.md', import.meta.url);

async function meetAll(names: readonly string[]): Promise<ReadonlyMap<string, Column>> {
  const columns = new Map<string, Column>();
  for (const name of names) columns.set(name, await meet(CLIENTS[name]!));
  return columns;
}

test.runIf(process.env.WRITE_RESULTS !== undefined)('all clients are tried', { timeout: 300_000 }, async () => {
  const columns = await meetAll(Object.keys(CLIENTS));
  const titles = Array.from(columns, ([name, { version }]) =>
    `${name} ${/^\d+(\.\d+)?/.exec(version)?.[0] ?? ''}`.trim(),
  );
  const rows = KINDS.map(({ kind }, i) => [`\`${kind}\``, ...Array.from(columns.values(), ({ cells }) => cells[i]!)]);
  const table = [['kind', ...titles], ['kind', ...titles].map(() => '---'), ...rows];
  writeFileSync(FILE, `${INTRODUCTION}\n${table.map(row => `| ${row.join(' | ')} |\n`).join('')}`);
});

// The others take minutes, and what they do depends on time.
test('ws101 and ws do what docs/misbehave-results.md says', { timeout: 120_000 }, async () => {
  const columns = [...(await meetAll(['ws101', 'ws'])).values()];
  const found = KINDS.map(({ kind }, i) => [kind, ...columns.map(({ cells }) => cells[i]!)]);
  const written = Array.from(readFileSync(FILE, 'utf8').matchAll(/^\| `(.*?)` \| (.*?) \| (.*?) \|/gm), row =>
    row.slice(1, 4),
  );
  const isStable = ([kind = '']: readonly string[]) => !FLOODS.test(kind);
  expect(found.filter(isStable)).toEqual(written.filter(isStable));
});
