/** Installs what the packaging tests use, each folder from its own lock file. */
import { execFileSync } from 'node:child_process';

for (const folder of ['types', 'jest', 'linters', 'runtimes']) {
  execFileSync('npm', ['ci', '--no-audit', '--no-fund'], {
    cwd: new URL(folder, import.meta.url),
    stdio: 'inherit',
    shell: process.platform === 'win32',
  });
}
