import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { FRAMES } from './helpers/frames.js';
import { plainResponse, switchingProtocols } from './helpers/http-heads.js';
import { type RawPeer, rawServer } from './helpers/raw-peer.js';

const run = promisify(execFile);
const root = fileURLToPath(new URL('..', import.meta.url));

async function runExample(name: string, ...args: string[]): Promise<string[]> {
  const flags = ['--conditions=ws101-source', '--import', 'tsx'];
  const { stdout } = await run(process.execPath, [...flags, `examples/${name}`, ...args], { cwd: root });
  return stdout.trimEnd().split('\n');
}

describe('the examples do what they say', () => {
  it('echo.ts', async () => {
    expect(await runExample('echo.ts')).toEqual([
      'received hello',
      'received <Buffer 01 00 01>',
      'closed 1000 cleanly',
    ]);
  });

  it('own-transport.ts', async () => {
    expect(await runExample('own-transport.ts')).toEqual([
      'client got HELLO',
      'server got Close 1000 "thanks"',
      'client got Close 1000 ""',
    ]);
  });

  it('read-frames.ts', async () => {
    expect(await runExample('read-frames.ts', '8185 37fa213d 7f9f4d5158', '83')).toEqual([
      'byte 0: FIN masked text, 5 bytes "Hello"',
      '… and here the bytes end, in the middle of a frame',
    ]);
  });
});

describe('the first example of README.md', () => {
  /** Runs it with this server in place of its own, and returns what it prints. A process that fails throws here. */
  async function runFirstExample(port: number): Promise<{ stdout: string; stderr: string }> {
    const readme = await readFile(join(root, 'README.md'), 'utf8');
    const code = /^```ts\n(.*?)^```$/ms.exec(readme)![1]!.replace('wss://example.com/chat', `ws://127.0.0.1:${port}/`);
    const flags = ['--conditions=ws101-source', '--import', 'tsx', '--input-type=module', '-e', code];
    return run(process.execPath, flags, { cwd: root });
  }

  const MESSAGES = Buffer.concat(['1', 'bye'].map(text => FRAMES.server.text(text)));
  const open = async (peer: RawPeer) => peer.write(switchingProtocols(await peer.head()));

  it.each<[string, (peer: RawPeer) => Promise<void>, RegExp]>([
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
  ])('notices a server that %s, and does not end by an unhandled rejection', async (_, serve, error) => {
    const { port } = await rawServer(serve);
    const { stdout, stderr } = await runFirstExample(port);
    expect(stderr).toMatch(error);
    expect(stdout).not.toContain('closed');
  });

  it('says so if every message has come', async () => {
    const { port } = await rawServer(async peer => {
      await open(peer);
      peer.write(MESSAGES);
      await peer.frames('client', 2);
      peer.socket.end(FRAMES.server.close(1000));
    });
    expect(await runFirstExample(port)).toEqual({ stdout: '1\nbye\nclosed\n', stderr: '' });
  });
});

describe('the code in README.md', () => {
  it('passes the type checker as it stands', async () => {
    const readme = await readFile(join(root, 'README.md'), 'utf8');
    const blocks = [...readme.matchAll(/^```ts\n(.*?)^```$/gms)].map(match => match[1]!);
    expect(blocks.length).toBeGreaterThanOrEqual(3);
    const folder = await mkdtemp(join(tmpdir(), 'ws101-readme-'));
    try {
      // What a block leaves to the reader.
      const given = `import type { Server } from 'node:http';
declare const httpServer: Server;
declare function whoIs(cookie: string | undefined, signal: AbortSignal): Promise<string | undefined>;
export { httpServer, whoIs };
`;
      await Promise.all(blocks.map((block, i) => writeFile(join(folder, `block-${i}.mts`), withImport(block) + given)));
      await writeFile(
        join(folder, 'tsconfig.json'),
        JSON.stringify({
          extends: join(root, 'tsconfig.json'),
          compilerOptions: {
            paths: { ws101: [join(root, 'src/index.ts')], '#platform': [join(root, 'src/platform/node.ts')] },
            typeRoots: [join(root, 'node_modules/@types')],
            noUnusedLocals: false,
          },
          include: ['*.mts'],
        }),
      );
      await run(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', folder]).catch(error => {
        throw new Error(error.stdout);
      });
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

/** A block that goes on where another one stopped needs its import. */
function withImport(block: string): string {
  return block.includes('import ') ? block : `import { WebSocketServer } from 'ws101';\n${block}`;
}
