import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { closedPort } from '../../helpers/raw-peer.js';

/** Tests of the scripts that run wstest, with a stand-in for wstest. */

const HERE = import.meta.dirname;
const STAND_IN = `node --conditions=ws101-source --import tsx ${join(HERE, 'stand-in/wstest.ts')}`;

interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

function run(script: string, spec: string, environment: Record<string, string> = {}): Promise<Ran> {
  const env = { ...process.env, WSTEST: STAND_IN, ...environment };
  return new Promise(resolve => {
    execFile('bash', [join(HERE, script), spec], { env }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr });
    });
  });
}

async function specOf(kind: 'server' | 'client'): Promise<{ path: string; port: number }> {
  const folder = mkdtempSync(join(tmpdir(), 'ws101-autobahn-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const port = await closedPort();
  const url = `ws://127.0.0.1:${port}`;
  const path = join(folder, 'spec.json');
  const side = kind === 'server' ? { servers: [{ agent: 'ours', url }] } : { url };
  writeFileSync(path, JSON.stringify({ ...side, outdir: './reports', cases: ['*'] }));
  return { path, port };
}

async function isFree(port: number): Promise<boolean> {
  return new Promise(resolve => {
    const socket = net.connect(port, '127.0.0.1');
    socket.on('connect', () => resolve(socket.destroy() === undefined));
    socket.on('error', () => resolve(true));
  });
}

// Each test starts three or four processes.
vi.setConfig({ testTimeout: 60_000 });

describe.each([
  ['run-server.sh', 'server', 'ours'],
  ['run-client.sh', 'client', 'ws101'],
] as const)('%s', (script, kind, agent) => {
  test('runs the cases, reads the report, and leaves nothing running', async () => {
    const { path, port } = await specOf(kind);
    const { code, stdout, stderr } = await run(script, path);
    expect(stderr).toBe('');
    expect(stdout).toContain(`${agent}: 2 cases, 0 of them neither OK nor INFORMATIONAL`);
    expect(code).toBe(0);
    await expect.poll(() => isFree(port)).toBe(true);
  });

  test('fails for a NON-STRICT case, and names it', async () => {
    const { path } = await specOf(kind);
    const { code, stdout, stderr } = await run(script, path, { STAND_IN_BEHAVIOR: 'NON-STRICT' });
    expect(stderr).toContain('1.1.2: NON-STRICT, close OK');
    expect(stdout).toContain('2 cases, 1 of them');
    expect(code).toBe(1);
  });
});

test('run-server.sh fails if wstest wrote no report, and ends the server', async () => {
  const { path, port } = await specOf('server');
  const { code, stderr } = await run('run-server.sh', path, { WSTEST: 'true' });
  expect(stderr).toContain('index.json');
  expect(code).toBe(1);
  await expect.poll(() => isFree(port)).toBe(true);
});
