import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { transform } from 'esbuild';
import { describe, expect, inject, test } from 'vitest';
import { FRAMES } from './helpers/frames.js';
import { plainResponse, switchingProtocols } from './helpers/http-heads.js';
import { codeBlocks, DOCUMENTS } from './helpers/markdown.js';
import { type RawPeer, rawServer } from './helpers/raw-peer.js';

const run = promisify(execFile);
const root = fileURLToPath(new URL('..', import.meta.url));

async function runExample(name: string, ...args: string[]): Promise<string[]> {
  const flags = ['--conditions=ws101-source', '--import', 'tsx'];
  const { stdout } = await run(process.execPath, [...flags, `examples/${name}`, ...args], { cwd: root });
  return stdout.trimEnd().split('\n');
}

describe('the examples print what they should', () => {
  test('echo.ts', async () => {
    expect(await runExample('echo.ts')).toEqual([
      'received hello',
      'received <Buffer 01 00 01>',
      'closed 1000 cleanly',
    ]);
  });

  test('own-transport.ts', async () => {
    expect(await runExample('own-transport.ts')).toEqual([
      'client received HELLO',
      'server received Close 1000 "done"',
      'client received Close 1000 ""',
    ]);
  });

  test('read-frames.ts', async () => {
    expect(await runExample('read-frames.ts', '8185 37fa213d 7f9f4d5158', '83')).toEqual([
      'byte 0: FIN masked text, 5 bytes "Hello"',
      'the last frame is incomplete',
    ]);
  });
});

describe('the first example of README.md', () => {
  /** Runs the example against a local port, and returns what it prints. Throws if the process fails. */
  async function runFirstExample(port: number): Promise<{ stdout: string; stderr: string }> {
    const { code } = codeBlocks('README.md').find(({ info }) => info === 'ts')!;
    return runCode(code.replace('wss://example.com/chat', `ws://127.0.0.1:${port}/`));
  }

  const MESSAGES = Buffer.concat(['1', 'bye'].map(text => FRAMES.server.text(text)));
  const open = async (peer: RawPeer) => peer.write(switchingProtocols(await peer.head()));

  test.each<[string, (peer: RawPeer) => Promise<void>, RegExp]>([
    ['refuses', async peer => peer.write(plainResponse('404 Not Found', ['Connection: close'])), /HandshakeError/],
    ['resets instead of answering', async peer => peer.reset(), /HandshakeError/],
    [
      'is lost',
      async peer => {
        await open(peer);
        await peer.frames('client', 1);
        peer.reset();
      },
      /ConnectionLostError/,
    ],
    [
      'sends garbage',
      async peer => {
        await open(peer);
        peer.write(Buffer.from('ff00', 'hex'));
      },
      /ProtocolError/,
    ],
    [
      'is lost in the closing handshake',
      async peer => {
        await open(peer);
        peer.write(MESSAGES);
        await peer.frames('client', 2);
        peer.reset();
      },
      /ConnectionLostError/,
    ],
  ])('handles a server that %s', async (_, serve, error) => {
    const { port } = await rawServer(serve);
    const { stdout, stderr } = await runFirstExample(port);
    expect(stderr).toMatch(error);
    expect(stdout).not.toContain('closed');
  });

  test('prints the close code after every message has arrived', async () => {
    const { port } = await rawServer(async peer => {
      await open(peer);
      peer.write(MESSAGES);
      await peer.frames('client', 2);
      peer.socket.end(FRAMES.server.close(1000));
    });
    expect(await runFirstExample(port)).toEqual({ stdout: '1\nbye\nclosed with 1000\n', stderr: '' });
  });
});

describe('the server of README.md', () => {
  test('echoes, and closes every connection on SIGTERM', async () => {
    const block = codeBlocks('README.md').find(({ code }) => code.includes('new WebSocketServer'))!;
    const { stdout } = await runCode(`${withFreePort(block.code)}
      import { connect } from 'ws101';
      import { once } from 'node:events';
      await once(server, 'listening');
      const client = await connect('ws://127.0.0.1:' + server.address().port + '/chat');
      client.send('hello');
      console.log((await once(client, 'message'))[0]);
      process.kill(process.pid, 'SIGTERM');
      console.log((await client.closed).code);`);
    expect(stdout.split('\n').sort()).toEqual(['', '/chat local 1001', '1001', 'hello']);
  });
});

const BLOCKS = DOCUMENTS.flatMap(codeBlocks).filter(({ info }) => /^ts\b/.test(info));

describe('the code in the documents', () => {
  test('passes the type checker', async () => {
    expect(BLOCKS.length).toBeGreaterThanOrEqual(20);
    const folder = await mkdtemp(join(tmpdir(), 'ws101-documents-'));
    try {
      await writeFile(join(folder, 'given.d.ts'), GIVEN);
      const names = BLOCKS.map(({ place }) => `${place.replaceAll(/\W/g, '-')}.mts`);
      await Promise.all(BLOCKS.map(({ code }, i) => writeFile(join(folder, names[i]!), `${code}export {};\n`)));
      await writeFile(
        join(folder, 'tsconfig.json'),
        JSON.stringify({
          extends: join(root, 'tsconfig.json'),
          compilerOptions: {
            paths: {
              ws101: [join(root, 'src/index.ts')],
              'ws101/streams': [join(root, 'src/streams/index.ts')],
              'ws101/tools': [join(root, 'src/tools/index.ts')],
              'ws101/websocket': [join(root, 'src/websocket/index.ts')],
              'ws101/wire': [join(root, 'src/wire/index.ts')],
              'ws101/ws': [join(root, 'src/ws/index.ts')],
              '#platform': [join(root, 'src/platform/node.ts')],
              vitest: [join(root, 'node_modules/vitest/dist/index.d.ts')],
            },
            typeRoots: [join(root, 'node_modules/@types')],
            noUnusedLocals: false,
          },
          include: ['*.mts', 'given.d.ts'],
        }),
      );
      await run(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', folder]).catch(error => {
        throw new Error(error.stdout);
      });
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  const runnable = BLOCKS.filter(({ info }) => info === 'ts run');
  const servers = BLOCKS.filter(({ info }) => info === 'ts start');

  test.each(runnable)('prints the output shown: $place', async ({ code, output }) => {
    expect(await runCode(code)).toEqual({ stdout: output, stderr: '' });
  });

  test.each(servers)('starts without output: $place', async ({ code }) => {
    const end = 'setTimeout(() => process.exit(), 100);';
    expect(await runCode(`${withFreePort(code)}${end}`)).toEqual({ stdout: '', stderr: '' });
  });

  test('every block has a known kind, and every output has its code', () => {
    const infos = new Set(BLOCKS.map(({ info }) => info));
    expect([...infos].sort()).toEqual(['ts', 'ts run', 'ts start']);
    const outputs = DOCUMENTS.flatMap(codeBlocks).filter(({ info }) => info === 'text output');
    expect(outputs.length).toBe(runnable.filter(({ output }) => output !== undefined).length);
  });
});

/** Declarations for names that the blocks leave to the reader, and for packages that are not installed here. */
const GIVEN = `
declare function whoIs(cookie: string | undefined, signal: AbortSignal): Promise<string | undefined>;

declare module 'express' {
  import type { Server } from 'node:http';
  interface Response { send(body: string): void }
  interface Application {
    get(path: string, handler: (request: unknown, response: Response) => void): void;
    use(middleware: (request: any, response: any, next: (error?: unknown) => void) => void): void;
    listen(port: number): Server;
  }
  export default function express(): Application;
}

declare module 'express-session' {
  export default function session(options: object): (request: any, response: any, next: (error?: unknown) => void) => void;
}

declare module 'fastify' {
  import type { Server } from 'node:http';
  interface Instance {
    readonly server: Server;
    addHook(name: 'preClose', hook: () => Promise<void>): void;
    listen(options: { port: number }): Promise<string>;
  }
  export default function fastify(): Instance;
}

declare module 'koa' {
  import type { Server } from 'node:http';
  export default class Koa {
    use(middleware: (context: { body: unknown }) => void): this;
    listen(port: number): Server;
  }
}

declare module 'hono' {
  interface Context { text(body: string): Response }
  export class Hono {
    readonly fetch: (request: Request) => Response | Promise<Response>;
    get(path: string, handler: (context: Context) => Response): this;
  }
}

declare module '@hono/node-server' {
  import type { Server } from 'node:http';
  import type { Http2SecureServer, Http2Server } from 'node:http2';
  export function serve(options: {
    fetch: (request: Request) => Response | Promise<Response>;
    port: number;
  }): Server | Http2Server | Http2SecureServer;
}

declare module 'vite' {
  import type { Server } from 'node:http';
  import type { Http2SecureServer } from 'node:http2';
  export interface Plugin {
    name: string;
    configureServer?(server: { httpServer: Server | Http2SecureServer | null }): void;
  }
  export function defineConfig(config: { plugins: Plugin[] }): object;
}

declare module '@opentelemetry/api' {
  export interface Span {
    addEvent(name: string): void;
    setAttributes(attributes: object): void;
    setStatus(status: { code: number; message?: string | undefined }): void;
    recordException(error: Error): void;
    end(): void;
  }
  export const SpanKind: { CLIENT: number; SERVER: number };
  export const SpanStatusCode: { ERROR: number };
  interface Meter {
    createCounter(name: string, options: object): { add(value: number, attributes: object): void };
    createUpDownCounter(name: string, options: object): { add(value: number, attributes: object): void };
    createHistogram(name: string, options: object): { record(value: number, attributes: object): void };
  }
  export const metrics: { getMeter(name: string): Meter };
  export const trace: { getTracer(name: string): { startSpan(name: string, options: object): Span } };
}

declare module 'next' {
  import type { IncomingMessage, ServerResponse } from 'node:http';
  interface NextServer {
    prepare(): Promise<void>;
    getRequestHandler(): (request: IncomingMessage, response: ServerResponse) => Promise<void>;
  }
  export default function next(options: { dev: boolean }): NextServer;
}
`;

function withFreePort(code: string): string {
  return code
    .replaceAll('port: 8080', "port: 0, host: '127.0.0.1'")
    .replaceAll('listen(8080)', "listen(0, '127.0.0.1')");
}

/** Runs a code block in a process of its own. Throws if the process fails. */
async function runCode(code: string): Promise<{ stdout: string; stderr: string }> {
  const { code: javascript } = await transform(code, { loader: 'ts', format: 'esm', target: 'es2022' });
  const flags = ['--disable-warning=ExperimentalWarning', '--input-type=module'];
  return run(process.execPath, [...flags, '-e', javascript], { cwd: inject('compiledPackage') });
}
