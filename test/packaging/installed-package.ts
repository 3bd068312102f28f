import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

export const ROOT: string = fileURLToPath(new URL('../..', import.meta.url));

/** The package.json of the tarball, as far as tests read it. */
interface Manifest {
  readonly version: string;
  readonly exports: Readonly<Record<string, unknown>>;
}

/** The package after `npm pack`, and `npm install` of the tarball in an empty folder. */
export class InstalledPackage {
  /** The folder of the application that uses it. */
  readonly folder: string;
  /** The paths of the tarball's files, without `package/`. */
  readonly files: readonly string[];
  /** The path of the tarball. */
  readonly tarball: string;
  /** What npm printed when it installed the tarball. */
  readonly installOutput: string;

  private constructor(folder: string, files: readonly string[], tarball: string, installOutput: string) {
    this.folder = folder;
    this.files = files;
    this.tarball = tarball;
    this.installOutput = installOutput;
  }

  get manifest(): Manifest {
    return JSON.parse(readFileSync(join(this.folder, 'node_modules/ws101/package.json'), 'utf8')) as Manifest;
  }

  static async make(): Promise<InstalledPackage> {
    const folder = await mkdtemp(join(tmpdir(), 'ws101-package-'));
    // The lifecycle script builds, and may print: only the last thing printed is the description of the tarball.
    const output = await run(ROOT, 'npm', 'pack', '--json', '--pack-destination', folder);
    const [packed] = JSON.parse(output.slice(output.search(/^\[$/m))) as [
      { filename: string; files: { path: string }[] },
    ];
    const application = join(folder, 'application');
    await mkdir(application);
    await writeFile(join(application, 'package.json'), '{ "private": true }\n');
    // Nothing has to be fetched for a package without dependencies.
    const tarball = join(folder, packed.filename);
    const { stdout, stderr } = await promisify(execFile)(
      'npm',
      ['install', '--offline', '--no-audit', '--no-fund', '--loglevel=notice', tarball],
      { cwd: application },
    );
    return new InstalledPackage(application, packed.files.map(({ path }) => path).sort(), tarball, stdout + stderr);
  }

  /** Compiles esm.mts and cjs.cts of consumers/ as a strict application that checks every declaration file. */
  async compileConsumers(): Promise<void> {
    for (const name of ['esm.mts', 'cjs.cts']) {
      await cp(new URL(`consumers/${name}`, import.meta.url), join(this.folder, name));
    }
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

  /** Runs a program in the folder of the application. Returns its stdout. */
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
