import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

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
