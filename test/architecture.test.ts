import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import vm from 'node:vm';
import { build } from 'esbuild';
import { describe, expect, test } from 'vitest';

const SOURCES = fileURLToPath(new URL('../src', import.meta.url));

/** Which other folders each folder (or file) of src/ may import. docs/architecture.md shows the same table. */
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  'host-values': [],
  'header-fields': [],
  errors: ['host-values', 'header-fields'],
  'abort-signal': ['errors'],
  'option-names': ['errors'],
  'ws-option-names': ['option-names'],
  timers: [],
  fifo: [],
  'application-code': ['errors', 'host-values'],
  platform: [],
  framing: ['errors', 'host-values', 'platform'],
  protocol: ['errors', 'platform', 'framing'],
  handshake: ['errors', 'header-fields', 'option-names', 'application-code', 'platform'],
  'permessage-deflate': ['errors', 'option-names', 'ws-option-names', 'fifo', 'handshake'],
  transport: ['errors', 'application-code', 'timers'],
  connection: [
    'errors',
    'header-fields',
    'host-values',
    'abort-signal',
    'option-names',
    'ws-option-names',
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
    'fifo',
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
  streams: ['errors', 'host-values', 'option-names', 'timers', 'connection'],
  websocket: [
    'errors',
    'host-values',
    'abort-signal',
    'option-names',
    'ws-option-names',
    'timers',
    'handshake',
    'connection',
    'client',
  ],
  wire: ['errors', 'header-fields', 'host-values', 'platform', 'framing', 'handshake', 'permessage-deflate'],
  ws: ['errors', 'host-values', 'timers', 'framing', 'handshake', 'permessage-deflate', 'transport'],
  index: [
    'errors',
    'framing',
    'handshake',
    'permessage-deflate',
    'transport',
    'connection',
    'client',
    'server',
    'websocket',
  ],
  tools: ['errors', 'host-values', 'option-names', 'timers', 'framing', 'handshake', 'wire', 'index'],
  inspector: ['framing', 'handshake', 'wire'],
  cli: ['wire', 'tools', 'index'],
};

/** Which modules of Node the folders without I/O may import. The other folders may import any. */
const PURE: Readonly<Record<string, readonly string[]>> = {
  'host-values': [],
  'header-fields': [],
  errors: [],
  'abort-signal': [],
  'option-names': [],
  'ws-option-names': [],
  framing: [],
  protocol: [],
  wire: [],
  handshake: ['node:buffer'],
  platform: ['node:buffer', 'node:crypto'],
};

interface Import {
  readonly from: string;
  readonly to: string;
  /** Whether it is a type import, which does not exist at run time. */
  readonly isType: boolean;
}

/** Returns every import in src/. Relative imports are resolved to files. */
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

function folderOf(file: string): string {
  return file === '#platform' ? 'platform' : file.split('/')[0]!.replace(/\.ts$/, '');
}

const ALL = imports();

describe('imports', () => {
  test('are found', () => {
    // Otherwise a pattern that matches nothing would make every other test pass.
    expect(ALL.length).toBeGreaterThan(150);
    expect(new Set(ALL.map(({ from }) => folderOf(from)))).toEqual(
      new Set(Object.keys(ALLOWED).filter(folder => !['host-values', 'header-fields', 'fifo'].includes(folder))),
    );
  });

  test('follow the allowed directions', () => {
    const forbidden = ALL.filter(({ from, to }) => {
      const [folder, other] = [folderOf(from), folderOf(to)];
      return !to.startsWith('node:') && folder !== other && !ALLOWED[folder]!.includes(other);
    });
    expect(forbidden).toEqual([]);
  });

  test('are allowed only in directions without a cycle', () => {
    const reaches = (folder: string, goal: string): boolean =>
      ALLOWED[folder]!.some(next => next === goal || reaches(next, goal));
    for (const folder of Object.keys(ALLOWED)) expect([folder, reaches(folder, folder)]).toEqual([folder, false]);
  });

  test('between files have no cycle', () => {
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

  test('framing and handshake do not import each other', () => {
    const meeting = ALL.filter(({ from, to }) => {
      const folders = [folderOf(from), folderOf(to)];
      return folders.includes('framing') && folders.includes('handshake');
    });
    expect(meeting).toEqual([]);
  });

  test('errors.ts creates every TypeError and RangeError, so that all have a code', () => {
    const creators = readdirSync(SOURCES, { recursive: true, encoding: 'utf8' }).filter(file => {
      if (!file.endsWith('.ts') || file === 'errors.ts') return false;
      return /new (Type|Range)Error\(/.test(readFileSync(join(SOURCES, file), 'utf8'));
    });
    expect(creators).toEqual([]);
  });

  test('negotiation knows no version of HTTP', () => {
    const isNeutral = (file: string) => /^handshake\/[^/]+\.ts$/.test(file) && file !== 'handshake/index.ts';
    const bound = ALL.filter(({ from, to }) => isNeutral(from) && to.startsWith('handshake/http1/'));
    expect(bound).toEqual([]);
  });

  test('folders without I/O import no modules of Node, except where allowed', () => {
    const impure = ALL.filter(({ from, to }) => {
      const allowed = PURE[folderOf(from)];
      return to.startsWith('node:') && allowed !== undefined && !allowed.includes(to);
    });
    expect(impure).toEqual([]);
  });

  test('only timers.ts uses the global timer functions and the clock, which test runners replace', () => {
    const GLOBALS =
      /(?<![.\w'#])(setTimeout|clearTimeout|setInterval|clearInterval|setImmediate|clearImmediate)\(|process\.nextTick|performance\.now|Date\.now|globalThis\.(set|clear)/;
    const IMPORT = /import \{([^}]*)\} from '(?:\.\.\/)+timers\.js'/;
    const users = readdirSync(SOURCES, { recursive: true, encoding: 'utf8' }).filter(file => {
      if (!file.endsWith('.ts') || file === 'timers.ts' || /^(cli|inspector)\//.test(file)) return false;
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

  test('only application-code.ts calls listeners, except for the interface of the package ws, where they may throw', () => {
    // Exceptions: an unhandled 'error' event must throw, and a TLS server is handed a socket.
    const allowed = ["emit('error'", "tlsServer.emit('connection'"];
    const users = readdirSync(SOURCES, { recursive: true, encoding: 'utf8' }).filter(file => {
      if (!file.endsWith('.ts') || file === 'application-code.ts' || file.startsWith('ws/')) return false;
      const lines = readFileSync(join(SOURCES, file), 'utf8').split('\n');
      return lines.some(line => /\.emit\b/.test(line) && !allowed.some(one => line.includes(one)));
    });
    expect(users).toEqual([]);
  });

  test('instanceof is used only with classes of this package, node:net and node:tls, which are the same in all realms', () => {
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

  test('only platform/node.ts imports node:crypto', () => {
    const users = ALL.filter(({ to }) => to === 'node:crypto').map(({ from }) => from);
    expect(users).toEqual(['platform/node.ts']);
  });

  test('only modules of Node and of this package are imported', () => {
    const foreign = ALL.filter(({ to }) => !/^node:|\.ts$|^#platform$/.test(to));
    expect(foreign).toEqual([]);
    const { dependencies } = JSON.parse(readFileSync(join(SOURCES, '../package.json'), 'utf8'));
    expect(dependencies).toBeUndefined();
  });

  test('the command and the tools import other entry points by their index, so that the bundles share them', () => {
    const entries = ['tools', 'wire'];
    const deep = ALL.filter(({ from, to }) => {
      const [user, used] = [folderOf(from), folderOf(to)];
      return ['cli', 'tools'].includes(user) && entries.includes(used) && user !== used && to !== `${used}/index.ts`;
    });
    expect(deep).toEqual([]);
  });

  test('the library imports neither the command nor what shows the wire', () => {
    const shows = ['cli', 'tools', 'inspector', 'wire'];
    const importers = ALL.filter(({ to }) => shows.includes(folderOf(to))).map(({ from }) => folderOf(from));
    expect([...new Set(importers)].filter(folder => !shows.includes(folder))).toEqual([]);
  });
});

describe('docs', () => {
  const page = readFileSync(join(SOURCES, '../docs/architecture.md'), 'utf8');

  /** Returns the table rows under a heading, as cells without backquotes. */
  function rowsUnder(heading: string): string[][] {
    const section = page.split(`\n## ${heading}\n`)[1]!.split('\n## ')[0]!;
    return Array.from(section.matchAll(/^\| (`.*) \|$/gm), ([, row]) => row!.replaceAll('`', '').split(' | '));
  }

  test('architecture.md shows the allowed imports', () => {
    const rows = rowsUnder('Folders').map(([folder, , imports]) => [
      folder!.replace(/\.ts$|\/$/, ''),
      imports === 'nothing' ? [] : imports!.split(', '),
    ]);
    expect(Object.fromEntries(rows)).toEqual(ALLOWED);
  });

  test('architecture.md lists every file with process-wide state', () => {
    const stateful = readdirSync(SOURCES, { recursive: true, encoding: 'utf8' }).filter(file => {
      if (!file.endsWith('.ts') || /^(cli|wire|tools|inspector)\//.test(file)) return false;
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
  /** A context with the globals of a browser, without Buffer, process and require. */
  function browser(): vm.Context {
    return vm.createContext({ TextEncoder, TextDecoder, btoa, crypto: globalThis.crypto });
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

  test('protocol runs: a client and a server exchange messages and close', async () => {
    const context = browser();
    vm.runInContext(await bundle('protocol/index.ts', 'ws101'), context);
    const events: unknown = vm.runInContext(
      `
      const events = [];
      const handler = (name, onMessage) => ({
        message: data => { events.push([name, typeof data === 'string' ? data : Array.from(data)]); onMessage(data); },
        ping: () => events.push([name, 'ping']),
        pong: () => events.push([name, 'pong']),
        closeReceived: (code, reason) => events.push([name, 'close', code, reason]),
        failed: error => events.push([name, 'failed', error.message]),
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
      events.push([client.state, server.state]);
      JSON.stringify(events);
      `,
      context,
    );
    expect(JSON.parse(String(events))).toEqual([
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

  test('framing runs: a masked frame is encoded and decoded', async () => {
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

  test('wire runs: a trace checks the opening handshake', async () => {
    const context = browser();
    vm.runInContext(await bundle('wire/index.ts', 'ws101'), context);
    const lines: unknown = vm.runInContext(
      `
      const lines = [];
      const trace = new ws101.WireTrace({ write: line => lines.push(line), now: () => 0 });
      const bytes = (...head) => new TextEncoder().encode(head.join('\\r\\n') + '\\r\\n\\r\\n');
      trace.connected({});
      trace.sent(bytes('GET / HTTP/1.1', 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=='));
      trace.received(bytes('HTTP/1.1 101 Switching Protocols', 'Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo='));
      lines.join('\\n');
      `,
      context,
    );
    expect(lines).toContain('= s3pPLMBiTxaQ9kYGzzhZRbK+xOo=: correct');
  });
});
