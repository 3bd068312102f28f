import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

export const ROOT: string = fileURLToPath(new URL('../..', import.meta.url));

/** The package as somebody has it who ran `npm install` with what `npm pack` makes, in a folder that was empty. */
export class InstalledPackage {
  /** The folder of the application that uses it. */
  readonly folder: string;
  /** The paths of the tarball's files, without `package/`. */
  readonly files: readonly string[];

  private constructor(folder: string, files: readonly string[]) {
    this.folder = folder;
    this.files = files;
  }

  static async make(): Promise<InstalledPackage> {
    const folder = await mkdtemp(join(tmpdir(), 'ws101-package-'));
    // The lifecycle script builds, and may print: only the last thing printed is the description of the tarball.
    const output = await run(ROOT, 'npm', 'pack', '--json', '--pack-destination', folder);
    const [tarball] = JSON.parse(output.slice(output.search(/^\[$/m))) as [
      { filename: string; files: { path: string }[] },
    ];
    const application = join(folder, 'application');
    await mkdir(application);
    await writeFile(join(application, 'package.json'), '{ "private": true }\n');
    // Nothing has to be fetched for a package without dependencies.
    await run(application, 'npm', 'install', '--offline', '--no-audit', '--no-fund', join(folder, tarball.filename));
    return new InstalledPackage(application, tarball.files.map(({ path }) => path).sort());
  }

  /** Compiles the programs in consumers/ as an application does that checks every declaration file. */
  async compileConsumers(): Promise<void> {
    await cp(new URL('consumers', import.meta.url), this.folder, { recursive: true });
    const compilerOptions = {
      module: 'nodenext',
      target: 'es2023',
      strict: true,
      skipLibCheck: false,
      types: ['node'],
      typeRoots: [join(ROOT, 'node_modules/@types')],
    };
    await writeFile(join(this.folder, 'tsconfig.json'), JSON.stringify({ compilerOptions }));
    await run(this.folder, join(ROOT, 'node_modules/.bin/tsc'), '-p', '.');
  }

  /** Runs a program in the folder of the application. Gives its stdout. */
  run(command: string, ...args: string[]): Promise<string> {
    return run(this.folder, command, ...args);
  }

  remove(): Promise<void> {
    return rm(join(this.folder, '..'), { recursive: true, force: true });
  }
}

async function run(cwd: string, command: string, ...args: string[]): Promise<string> {
  try {
    return (await promisify(execFile)(command, args, { cwd })).stdout;
  } catch (error) {
    const { stdout, stderr } = error as { stdout?: string; stderr?: string };
    throw new Error(`${command} ${args.join(' ')} failed:\n${stdout}${stderr}`, { cause: error });
  }
}
