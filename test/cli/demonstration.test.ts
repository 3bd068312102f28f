import { readFileSync } from 'node:fs';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { connect } from '../../src/cli/connect.js';
import { EXIT } from '../../src/cli/exit-code.js';
import { CONNECT_HELP, SERVE_HELP } from '../../src/cli/help.js';
import { pipes } from './streams.js';

const README = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');

/** Without what differs from run to run. */
function withoutChance(text: string): string {
  return text
    .replaceAll(/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} UTC/g, '<date>')
    .replaceAll(/^ {2}\d\.\d{6}/gm, '<time>')
    .replaceAll(/127\.0\.0\.1:\d+/g, '127.0.0.1:<port>')
    .replaceAll(/[A-Za-z0-9+/]{22}==/g, '<key>')
    .replaceAll(/[A-Za-z0-9+/]{27}=(?=[ :\n])/g, '<accept>')
    .replaceAll(/(?<=1 {9}\d )[0-9a-f]{8}/g, '<mask>');
}

describe('the README', () => {
  test('shows the real output of its demonstration', async () => {
    vi.stubEnv('COLUMNS', '100');
    onTestFinished(() => {
      vi.unstubAllEnvs();
    });
    const [, shown = ''] = /\n\$ echo hello \| npm start --silent\n([\s\S]*?)```/.exec(README) ?? [];
    const streams = pipes('hello\n');
    expect(await connect(['--trace'], streams)).toBe(EXIT.OK);
    expect(streams.stdout.text).toBe('hello\n');
    expect(shown).toContain('\nhello\n');
    expect(withoutChance(shown.replace('\nhello\n', '\n'))).toBe(withoutChance(streams.stderr.text));
  });
});

describe('docs/cli.md', () => {
  test('names every option of the command', () => {
    const page = readFileSync(new URL('../../docs/cli.md', import.meta.url), 'utf8');
    const options = `${CONNECT_HELP}${SERVE_HELP}`.match(/^ {2}(?:-\w, | {4})--[a-z-]+/gm) ?? [];
    expect(options.length).toBeGreaterThan(15);
    for (const option of options) {
      const [name = ''] = /--[a-z-]+/.exec(option) ?? [];
      if (name !== '--help') expect(page).toContain(`\`${name}`);
    }
  });
});
