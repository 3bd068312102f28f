/** Workflows, issue forms, editor settings and the container agree with each other. */
import { readdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { readDocument } from './helpers/markdown.js';

interface Workflow {
  readonly permissions: Record<string, string>;
  readonly concurrency: { readonly group: string };
  readonly jobs: Record<string, Job>;
}

interface Job {
  readonly 'timeout-minutes'?: number;
  readonly strategy?: { readonly matrix: { readonly node: readonly string[] } };
  readonly steps: readonly { readonly uses?: string; readonly run?: string; readonly with?: Record<string, unknown> }[];
}

interface Form {
  readonly name: string;
  readonly description: string;
  readonly body: readonly {
    readonly type: string;
    readonly id?: string;
    readonly attributes: { readonly label?: string; readonly description?: string };
    readonly validations?: { readonly required: boolean };
  }[];
}

const root = new URL('../', import.meta.url);
const { engines, scripts } = JSON.parse(readDocument('package.json'));
const oldestNode: string = engines.node.replace('>=', '');

function workflow(name: string): Workflow {
  return parse(readDocument(`.github/workflows/${name}`));
}

/** Returns the steps that a command line passes to `.ci/run`, or undefined if it does not call it. */
function stepsOf(command: string): string[] | undefined {
  const [, steps] = /^bash \.ci\/run\b(.*)$/.exec(command) ?? [];
  return steps?.split(' ').filter(step => step !== '');
}

const [, known = ''] = /^all_steps=\((.*)\)$/m.exec(readDocument('.ci/run')) ?? [];
const knownSteps = known.split(' ');

describe.each(readdirSync(new URL('.github/workflows', root)))('the workflow %s', name => {
  const { permissions, concurrency, jobs } = workflow(name);

  test('has read-only permissions, and a concurrency rule', () => {
    expect(permissions).toEqual({ contents: 'read' });
    expect(concurrency.group).toBeTypeOf('string');
  });

  test.each(Object.entries(jobs))('%s has a time limit, and pins the major version of each action', (_, job) => {
    expect(job['timeout-minutes']).toBeGreaterThan(0);
    for (const { uses } of job.steps) if (uses !== undefined) expect(uses).toMatch(/^[\w-]+\/[\w-]+@v\d+$/);
  });

  test('names steps and files that exist', () => {
    const commands = Object.values(jobs).flatMap(({ steps }) => steps.flatMap(({ run }) => run ?? []));
    const calls = commands.flatMap(command => [stepsOf(command) ?? []]).flat();
    expect(knownSteps).toEqual(expect.arrayContaining(calls));
    for (const command of commands) {
      const [, file] = /^(?:node|bash) (\S+)/.exec(command) ?? [];
      if (file !== undefined) expect(readDocument(file)).not.toBe('');
    }
  });
});

describe('CI', () => {
  const { jobs } = workflow('ci.yml');

  test('runs every step in one job, and on Linux every step that needs no system packages', () => {
    expect(jobs.everything!.steps.flatMap(({ run }) => (run === undefined ? [] : [stepsOf(run)]))).toEqual([[]]);
    const onLinux = jobs.linux!.steps.flatMap(({ run }) => (run === undefined ? [] : stepsOf(run)!));
    expect(knownSteps.filter(step => !onLinux.includes(step))).toEqual(['tests-on-node-24', 'interop']);
  });

  test('runs on the oldest Node of package.json, and on 22 and 24', () => {
    expect(jobs.linux!.strategy!.matrix.node).toEqual([oldestNode, '22', '24']);
  });
});

test('.ci/run describes each of its steps', () => {
  const described = Array.from(readDocument('.ci/run').matchAll(/^# {3}(\S+) {2,}\S/gm), ([, step]) => step);
  expect(described).toEqual(knownSteps);
});

test('npm run check runs the fast steps of .ci/run', () => {
  expect(stepsOf(scripts.check)).toEqual(['build', 'lint', 'typecheck', 'tests']);
});

test('.nvmrc, the container and the documents name the oldest Node of package.json', () => {
  expect(readDocument('.nvmrc').trim()).toBe(oldestNode);
  const [major] = oldestNode.split('.');
  expect(JSON.parse(readDocument('.devcontainer/devcontainer.json')).image).toMatch(new RegExp(`^node:${major}-`));
  expect(readDocument('.ci/run')).toContain(`Node >= ${oldestNode}`);
  expect(readDocument('CONTRIBUTING.md')).toContain(`Node ${oldestNode} or later`);
});

test('.editorconfig agrees with biome.json', () => {
  const { formatter } = JSON.parse(readDocument('biome.json'));
  const [, general = ''] = /^\[\*\]\n((?:.+\n)+)/m.exec(readDocument('.editorconfig')) ?? [];
  const settings = Object.fromEntries(
    general
      .trim()
      .split('\n')
      .map(line => line.split(' = ')),
  );
  expect(settings).toMatchObject({
    indent_style: formatter.indentStyle,
    indent_size: String(formatter.indentWidth),
    max_line_length: String(formatter.lineWidth),
    end_of_line: 'lf',
  });
});

describe('issue forms', () => {
  const folder = '.github/ISSUE_TEMPLATE';
  const names = readdirSync(new URL(folder, root)).filter(name => name !== 'config.yml');
  const form = (name: string): Form => parse(readDocument(`${folder}/${name}`));

  test('exist for bugs, features and questions, and blank issues are off', () => {
    expect(names.sort()).toEqual(['bug.yml', 'feature.yml', 'question.yml']);
    expect(parse(readDocument(`${folder}/config.yml`))).toEqual({ blank_issues_enabled: false });
  });

  test.each(names)('%s has labels, and an id for each field', name => {
    const { name: title, description, body } = form(name);
    expect(title).toBeTypeOf('string');
    expect(description).toBeTypeOf('string');
    const fields = body.filter(({ type }) => type !== 'markdown');
    for (const { type, attributes } of fields) {
      expect(['textarea', 'input']).toContain(type);
      expect(attributes.label).toBeTypeOf('string');
    }
    expect(new Set(fields.map(({ id }) => id)).size).toBe(fields.length);
    expect(fields.some(({ validations }) => validations?.required)).toBe(true);
  });

  test('the bug form asks for a trace and versions', () => {
    const required = form('bug.yml').body.filter(({ validations }) => validations?.required);
    const asked = required.map(({ attributes }) => attributes.description).join('\n');
    for (const command of ['ws101 connect <url> --trace', 'ws101 --version', 'node --version']) {
      expect(asked).toContain(command);
    }
  });
});
