import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const PROGRAM = fileURLToPath(new URL('upgrade-memory.ts', import.meta.url));
const FLAGS = ['--expose-gc', '--conditions=ws101-source', '--import', 'tsx'];

/** What a scene of upgrade-memory.ts counts, in a process of its own. */
async function play(scene: string, count: number): Promise<number> {
  const { stdout } = await promisify(execFile)(process.execPath, [...FLAGS, PROGRAM, scene, String(count)]);
  return Number(stdout);
}

test.each(['contexts', 'contexts-and-listeners'])(
  'an authorized connection that has ended holds nothing: %s',
  async scene => {
    // The last one may lie on the stack.
    expect(await play(scene, 100)).toBeLessThanOrEqual(2);
  },
);

test('64 KiB that trickle in one byte at a time while authorize() waits take at most 512 KiB', async () => {
  expect(await play('early-bytes', 65_536)).toBeLessThan(512 * 1024);
});
