/** The scripts of CI and releases, run in a temporary folder. */
import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, onTestFinished, test } from 'vitest';

const root = fileURLToPath(new URL('../', import.meta.url));

interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Creates a temporary folder with one of our scripts and the given files. Its path contains a space. */
function folderWith(script: string, files: Record<string, string>): string {
  const folder = mkdtempSync(join(tmpdir(), 'ws101 scripts-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  mkdirSync(join(folder, dirname(script)));
  cpSync(join(root, script), join(folder, script));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return folder;
}

function run(command: string, ...parameters: string[]): Promise<Ran> {
  return new Promise(resolve => {
    execFile(command, parameters, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr });
    });
  });
}

describe('.ci/run', () => {
  /** Stands in for vitest: writes a report like its JSON reporter, and exits with the same code. */
  const TESTS = `
    const [path] = process.argv.flatMap(argument => /^--outputFile.json=(.*)$/.exec(argument)?.slice(1) ?? []);
    require('node:fs').writeFileSync(path, process.env.REPORT);
    process.exit(1);`;

  function ciRun(scripts: Record<string, string>, ...steps: string[]): Promise<Ran> {
    const folder = folderWith('.ci/run', { 'package.json': JSON.stringify({ scripts }), 'tests.cjs': TESTS });
    return run('bash', join(folder, '.ci/run'), ...steps);
  }

  const lastLine = ({ stdout }: Ran) => stdout.trimEnd().split('\n').at(-1);

  test('runs the named steps in its own order, each with its time', async () => {
    const ran = await ciRun({ build: 'echo built', lint: 'echo linted' }, 'lint', 'build');
    expect(ran.code).toBe(0);
    expect(ran.stdout).toMatch(
      /=== build\nbuilt\n=== build: done in \d+ s\n\n=== lint\nlinted\n=== lint: done in \d+ s/,
    );
    expect(lastLine(ran)).toBe('0 passed, 0 failed');
  });

  test('continues after a failed step, and counts it', async () => {
    const ran = await ciRun({ build: 'exit 3', lint: 'echo linted' }, 'build', 'lint');
    expect(ran.code).toBe(1);
    expect(ran.stdout).toMatch(/=== build: FAILED after \d+ s/);
    expect(ran.stdout).toContain('linted');
    expect(ran.stdout).toContain('\nFAILED: build\n');
    expect(lastLine(ran)).toBe('0 passed, 1 failed');
  });

  test.each([
    ['counts the tests of a report', '{"numPassedTests":5,"numFailedTests":2,"testResults":[]}', '5 passed, 2 failed'],
    [
      'counts a failed step without failed tests',
      '{"numPassedTests":5,"numFailedTests":0,"testResults":[]}',
      '5 passed, 1 failed',
    ],
    ['accepts a truncated report', '{"numPassedTests":5', '0 passed, 1 failed'],
  ])('%s', async (_, report, expected) => {
    const ran = await ciRun({ test: `REPORT='${report}' node tests.cjs` }, 'tests');
    expect(ran.code).toBe(1);
    expect(lastLine(ran)).toBe(expected);
  });

  test('names each test that failed, and each that passed only when it was run again', async () => {
    const result = (fullName: string, status: string, ...failureMessages: string[]) => ({
      fullName,
      status,
      failureMessages,
    });
    const assertionResults = [
      result('adds', 'passed'),
      result('waits', 'passed', 'Error: late\n    at x'),
      result('ends', 'failed', 'Error: open\n    at x', 'Error: again'),
    ];
    const testResults = [{ name: 'a.test.ts', assertionResults }];
    const report = JSON.stringify({ numPassedTests: 2, numFailedTests: 1, testResults });
    const ran = await ciRun({ test: `REPORT='${report}' node tests.cjs` }, 'tests');
    expect(ran.stdout).toContain('tests: passed when run again: a.test.ts: waits\n  Error: late\n');
    expect(ran.stdout).toContain('tests: failed: a.test.ts: ends\n  Error: open\n');
    expect(ran.stdout).not.toContain('adds');
    expect(lastLine(ran)).toBe('2 passed, 1 failed');
  });

  test('runs nothing after a failed install', async () => {
    // npm ci fails without a package-lock.json.
    const ran = await ciRun({ build: 'echo built' }, 'install', 'build');
    expect(ran.code).toBe(1);
    expect(ran.stdout).not.toContain('built');
    expect(lastLine(ran)).toBe('0 passed, 1 failed');
  });

  test('rejects an unknown step before it runs any', async () => {
    const ran = await ciRun({ build: 'echo built' }, 'build', 'tets');
    expect(ran).toMatchObject({ code: 2, stdout: '' });
    expect(ran.stderr).toMatch(/^unknown step "tets"; the steps are: install build /);
  });
});

describe('scripts/check-release.mjs', () => {
  function checkRelease(tag: string, version: string, lockVersion: string, changelog: string, repository?: string) {
    const folder = folderWith('scripts/check-release.mjs', {
      'package.json': JSON.stringify({ version, repository }),
      'package-lock.json': JSON.stringify({ version: lockVersion }),
      'CHANGELOG.md': changelog,
    });
    return run(process.execPath, join(folder, 'scripts/check-release.mjs'), tag);
  }

  test('accepts a tag that matches the version and the changelog', async () => {
    const changelog = '# Changelog\n\n## 0.2.0 (2026-12-01)\n\n- New.\n\n## 0.1.0 (2026-11-01)\n';
    const ran = await checkRelease('v0.2.0', '0.2.0', '0.2.0', changelog, 'example/ws101');
    expect(ran).toEqual({ code: 0, stdout: 'v0.2.0 can be published\n', stderr: '' });
  });

  test('lists everything that is missing', async () => {
    const ran = await checkRelease('v0.2.0', '0.1.0', '0.0.9', '# Changelog\n\n## 0.1.0 (unreleased)\n');
    expect(ran).toEqual({
      code: 1,
      stdout: '',
      stderr: [
        'the tag must be v0.1.0, as in package.json, got "v0.2.0"',
        'package-lock.json has version 0.0.9: run npm install',
        'CHANGELOG.md must begin with "## 0.1.0 (YYYY-MM-DD)", got "## 0.1.0 (unreleased)"',
        'package.json has no "repository": npm refuses provenance without it',
        '',
      ].join('\n'),
    });
  });
});

describe.each(['fuzz', 'soak', 'guard'])('npm run %s', name => {
  const program = ['--conditions=ws101-source', '--import', 'tsx', join(root, `test/${name}/main.ts`)];

  test('prints its usage for --help', async () => {
    const { code, stdout, stderr } = await run(process.execPath, ...program, '--help');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain(`Usage: npm run ${name} -- `);
  });

  test('names an option that is wrong, prints its usage and exits with 2', async () => {
    const { code, stdout, stderr } = await run(process.execPath, ...program, '--bad');
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(new RegExp(`^Unknown option '--bad'\n\nUsage: npm run ${name} -- `));
  });
});
