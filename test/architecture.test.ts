import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import vm from 'node:vm';
import { build } from 'esbuild';
import { describe, expect, test } from 'vitest';

const SOURCES = fileURLToPath(new URL('../src', import.meta.url));

/** What each room of src/ may import, besides itself (docs/architecture.md). */
const ARROWS: Readonly<Record<string, readonly string[]>> = {
  'host-values': [],
  errors: ['host-values'],
  'abort-signal': ['errors'],
  'option-names': ['errors'],
  'ws-option-names': ['option-names'],
  timers: [],
  fifo: [],
  'application-code': ['errors', 'host-values'],
  platform: [],
  framing: ['errors', 'host-values', 'platform'],
  protocol: ['errors', 'platform', 'framing'],
  handshake: ['errors', 'option-names', 'application-code', 'platform'],
  'permessage-deflate': ['errors', 'option-names', 'ws-option-names', 'handshake'],
  transport: ['errors', 'application-code', 'timers'],
  connection: [
    'errors',
    'host-values',
    'abort-signal',
    'option-names',
    'timers',
    'fifo',
    'application-code',
    'platform',
    'framing',
    'protocol',
    'permessage-deflate',
    'transport',
  ],
  client: [
    'errors',
    'host-values',
    'abort-signal',
    'option-names',
    'ws-option-names',
    'timers',
    'application-code',
    'framing',
    'protocol',
    'handshake',
    'permessage-deflate',
    'transport',
    'connection',
  ],
  server: [
    'errors',
    'host-values',
    'abort-signal',
    'option-names',
    'ws-option-names',
    'timers',
    'application-code',
    'framing',
    'protocol',
    'handshake',
    'permessage-deflate',
    'transport',
    'connection',
  ],
  wire: ['errors', 'host-values', 'platform', 'framing', 'handshake'],
  index: ['errors', 'framing', 'handshake', 'permessage-deflate', 'transport', 'connection', 'client', 'server'],
  cli: ['wire', 'index'],
};

/** What of node each room without I/O may import. The others may import anything of node's. */
const PURE: Readonly<Record<string, readonly string[]>> = {
  'host-values': [],
  errors: [],
  'abort-signal': [],
  'option-names': [],
  'ws-option-names': [],
  framing: [],
  protocol: [],
  wire: [],
  handshake: ['node:buffer', 'node:crypto'],
  platform: ['node:buffer', 'node:crypto'],
};

interface Import {
  readonly from: string;
  readonly to: string;
  /** Whether it is gone at run time. */
  readonly isType: boolean;
}

/** Every import of src/, with relative ones resolved to files of it. */
function imports(): Import[] {
  const files = readdirSync(SOURCES, { recursive: true, encoding: 'utf8' }).filter(file => file.endsWith('.ts'));
  return files.flatMap(from => {
    const source = readFileSync(join(SOURCES, from), 'utf8');
    const statements = source.matchAll(/^(?:import|export)\s+(type\s)?[^'";]*?from '([^']+)'|import\('([^']+)'\)/gm);
    return Array.from(statements, ([, type, name = '', dynamic]) => {
      const to = dynamic ?? name;
      const file = to.startsWith('.')
        ? relative(SOURCES, join(SOURCES, dirname(from), to)).replace(/\.js$/, '.ts')
        : to;
      return { from, to: file, isType: type !== undefined };
    });
  });
}

function roomOf(file: string): string {
  return file === '#platform' ? 'platform' : file.split('/')[0]!.replace(/\.ts$/, '');
}

const ALL = imports();

describe('imports', () => {
  test('are found', () => {
    // So that a pattern that matches nothing does not pass for order.
    expect(ALL.length).toBeGreaterThan(150);
    expect(new Set(ALL.map(({ from }) => roomOf(from)))).toEqual(
      new Set(Object.keys(ARROWS).filter(room => room !== 'host-values' && room !== 'fifo')),
    );
  });

  test('go one way', () => {
    const astray = ALL.filter(({ from, to }) => {
      const [room, other] = [roomOf(from), roomOf(to)];
      return !to.startsWith('node:') && room !== other && !ARROWS[room]!.includes(other);
    });
    expect(astray).toEqual([]);
  });

  test('the arrows themselves have no circle', () => {
    const reaches = (room: string, goal: string): boolean =>
      ARROWS[room]!.some(next => next === goal || reaches(next, goal));
    for (const room of Object.keys(ARROWS)) expect([room, reaches(room, room)]).toEqual([room, false]);
  });

  test('of files have no circle either', () => {
    const next = new Map<string, string[]>();
    for (const { from, to, isType } of ALL) if (!isType) next.set(from, [...(next.get(from) ?? []), to]);
    const done = new Set<string>();
    const visit = (file: string, path: readonly string[]): void => {
      expect(path).not.toContain(file);
      if (done.has(file)) return;
      for (const other of next.get(file) ?? []) visit(other, [...path, file]);
      done.add(file);
    };
    for (const file of next.keys()) visit(file, []);
  });

  test('framing and handshake never meet', () => {
    const meeting = ALL.filter(({ from, to }) => {
      const rooms = [roomOf(from), roomOf(to)];
      return rooms.includes('framing') && rooms.includes('handshake');
    });
    expect(meeting).toEqual([]);
  });

  test('the rooms without I/O import none: no net, tls, http, stream, timers, events, fs', () => {
    const impure = ALL.filter(({ from, to }) => {
      const allowed = PURE[roomOf(from)];
      return to.startsWith('node:') && allowed !== undefined && !allowed.includes(to);
    });
    expect(impure).toEqual([]);
  });

  test('only timers.ts reads the global timer functions and the clock, which test runners replace', () => {
    const GLOBALS =
      /(?<![.\w'#])(setTimeout|clearTimeout|setInterval|clearInterval|setImmediate|clearImmediate)\(|process\.nextTick|performance\.now|Date\.now|globalThis\.(set|clear)/;
    const IMPORT = /import \{([^}]*)\} from '(?:\.\.\/)+timers\.js'/;
    const users = readdirSync(SOURCES, { recursive: true, encoding: 'utf8' }).filter(file => {
      if (!file.endsWith('.ts') || file === 'timers.ts' || file.startsWith('cli/')) return false;
      const code = readFileSync(join(SOURCES, file), 'utf8').replace(/\/\*[\s\S]*?\*\/|\/\/.*/g, '');
      const imported =
        IMPORT.exec(code)?.[1]
          ?.split(',')
          .map(name => name.trim()) ?? [];
      return Array.from(code.matchAll(new RegExp(GLOBALS, 'g')), ([all, name]) => name ?? all).some(
        name => !imported.includes(name),
      );
    });
    expect(users).toEqual([]);
  });

  test('only application-code.ts calls listeners', () => {
    // Of our own events there are no others: what has no listener throws, and a server of node's is handed a socket.
    const allowed = ["emit('error'", "tlsServer.emit('connection'"];
    const users = readdirSync(SOURCES, { recursive: true, encoding: 'utf8' }).filter(file => {
      if (!file.endsWith('.ts') || file === 'application-code.ts') return false;
      const lines = readFileSync(join(SOURCES, file), 'utf8').split('\n');
      return lines.some(line => /\.emit\b/.test(line) && !allowed.some(one => line.includes(one)));
    });
    expect(users).toEqual([]);
  });

  test('instanceof is asked of our own classes and of those of node:net and node:tls, which are one in all realms', () => {
    const foreign = readdirSync(SOURCES, { recursive: true, encoding: 'utf8' }).flatMap(file => {
      if (!file.endsWith('.ts')) return [];
      const code = readFileSync(join(SOURCES, file), 'utf8').replace(/\/\*[\s\S]*?\*\/|\/\/.*/g, '');
      const known = Array.from(code.matchAll(/class (\w+)/g), ([, name]) => name!);
      for (const [, names] of code.matchAll(/import \{([^}]*)\} from '(?:\.|node:net|node:tls)/g)) {
        known.push(...names!.split(',').map(name => name.trim()));
      }
      known.push(...(/import net from 'node:net'/.test(code) ? ['net.Server'] : []));
      const asked = Array.from(code.matchAll(/instanceof ([\w.]+)/g), ([, name]) => name!);
      return asked.filter(name => !known.includes(name)).map(name => `${file}: ${name}`);
    });
    expect(foreign).toEqual([]);
  });

  test('node:crypto is for handshake and platform/node.ts alone', () => {
    const users = ALL.filter(({ to }) => to === 'node:crypto').map(({ from }) => from);
    expect(users.sort()).toEqual(['handshake/http1/key.ts', 'platform/node.ts']);
  });

  test('nothing but node and ourselves is imported', () => {
    const foreign = ALL.filter(({ to }) => !/^node:|\.ts$|^#platform$/.test(to));
    expect(foreign).toEqual([]);
    const { dependencies } = JSON.parse(readFileSync(join(SOURCES, '../package.json'), 'utf8'));
    expect(dependencies).toBeUndefined();
  });

  test('only the command imports what only it needs', () => {
    const importers = ALL.filter(({ to }) => roomOf(to) === 'cli' || roomOf(to) === 'wire').map(({ from }) =>
      roomOf(from),
    );
    expect([...new Set(importers)].sort()).toEqual(['cli', 'wire']);
  });
});

describe('docs', () => {
  const page = readFileSync(join(SOURCES, '../docs/architecture.md'), 'utf8');

  /** The rows under a heading, as cells without backquotes. */
  function rowsUnder(heading: string): string[][] {
    const section = page.split(`\n## ${heading}\n`)[1]!.split('\n## ')[0]!;
    return Array.from(section.matchAll(/^\| (`.*) \|$/gm), ([, row]) => row!.replaceAll('`', '').split(' | '));
  }

  test('has the imports that are allowed', () => {
    const rows = rowsUnder('Folders').map(([folder, , imports]) => [
      folder!.replace(/\.ts$|\/$/, ''),
      imports === 'nothing' ? [] : imports!.split(', '),
    ]);
    expect(Object.fromEntries(rows)).toEqual(ARROWS);
  });

  test('names every file with state of the whole process', () => {
    const stateful = readdirSync(SOURCES, { recursive: true, encoding: 'utf8' }).filter(file => {
      if (!file.endsWith('.ts') || /^(cli|wire)\//.test(file)) return false;
      const source = readFileSync(join(SOURCES, file), 'utf8');
      return /^let |^const \w+(: \w+\[\])? = (new (Weak)?(Map|Set)<|\[\];)|^export const \w+: \w+Queue = /m.test(
        source,
      );
    });
    expect(stateful.length).toBeGreaterThan(10);
    expect(
      rowsUnder('Process-wide state')
        .map(([file]) => file)
        .sort(),
    ).toEqual(stateful.sort());
  });

  test.each(['architecture.md', 'performance.md'])('%s names files that exist', document => {
    const page = readFileSync(join(SOURCES, '../docs', document), 'utf8');
    const files = Array.from(page.matchAll(/`([\w-]+\/[\w/.-]+\.ts)`/g), ([, file]) => file!.replace(/^src\//, ''));
    expect(files.length).toBeGreaterThan(20);
    expect(files.filter(file => !/^(test|bench)\//.test(file) && !existsSync(join(SOURCES, file)))).toEqual([]);
  });
});

describe('in a browser', () => {
  /** A world with what browsers have and nothing of node's: no Buffer, no process, no require. */
  function browser(): vm.Context {
    return vm.createContext({ TextEncoder, TextDecoder, crypto: globalThis.crypto });
  }

  async function bundle(file: string, globalName: string): Promise<string> {
    const { outputFiles, warnings } = await build({
      entryPoints: [join(SOURCES, file)],
      bundle: true,
      write: false,
      format: 'iife',
      globalName,
      platform: 'browser',
      conditions: ['ws101-source'],
      logLevel: 'silent',
    });
    expect(warnings).toEqual([]);
    return outputFiles[0]!.text;
  }

  test('protocol runs: an echo between a client and a server, to the end of the closing handshake', async () => {
    const context = browser();
    vm.runInContext(await bundle('protocol/index.ts', 'ws101'), context);
    const told: unknown = vm.runInContext(
      `
      const told = [];
      const handler = (name, onMessage) => ({
        message: data => { told.push([name, typeof data === 'string' ? data : Array.from(data)]); onMessage(data); },
        ping: () => told.push([name, 'ping']),
        pong: () => told.push([name, 'pong']),
        closeReceived: (code, reason) => told.push([name, 'close', code, reason]),
        failed: error => told.push([name, 'failed', error.message]),
      });
      const client = new ws101.Protocol('client', handler('client', () => {}));
      const server = new ws101.Protocol('server', handler('server', data => server.send(data)));
      const exchange = () => {
        while (client.hasOutput || server.hasOutput) {
          for (const piece of client.takeOutput()) server.receive(piece.slice());
          for (const piece of server.takeOutput()) client.receive(piece.slice());
        }
      };
      client.send('grüße, 🌍');
      client.send(new Uint8Array([1, 2, 255]));
      client.ping(new Uint8Array(0));
      exchange();
      client.close(4000, 'bye');
      exchange();
      told.push([client.state, server.state]);
      JSON.stringify(told);
      `,
      context,
    );
    expect(JSON.parse(String(told))).toEqual([
      ['server', 'grüße, 🌍'],
      ['server', [1, 2, 255]],
      ['server', 'ping'],
      ['client', 'grüße, 🌍'],
      ['client', [1, 2, 255]],
      ['client', 'pong'],
      ['server', 'close', 4000, 'bye'],
      ['client', 'close', 4000, ''],
      ['CLOSED', 'CLOSED'],
    ]);
  });

  test('framing runs: a masked frame, there and back', async () => {
    const context = browser();
    vm.runInContext(await bundle('framing/index.ts', 'ws101'), context);
    const message: unknown = vm.runInContext(
      `
      const frame = ws101.encodeFrame('client', ws101.OPCODE.TEXT, 'grüße');
      let message;
      const sink = { message: data => { message = data; }, control: () => undefined };
      const limits = { maxMessageSize: 100, maxFragments: 1 };
      new ws101.FrameDecoder(new ws101.MessageAssembler(sink, limits), { from: 'client' }).push(frame);
      message;
      `,
      context,
    );
    expect(message).toBe('grüße');
  });
});
