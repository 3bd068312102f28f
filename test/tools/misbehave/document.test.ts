import { expect, test } from 'vitest';
import { MISBEHAVE_KINDS, type MisbehaveAct } from '../../../src/tools/index.js';
import { readDocument } from '../../helpers/markdown.js';

const TITLES: Readonly<Record<MisbehaveAct, string>> = {
  'opening handshake': 'Opening handshake',
  refusal: 'Refusals',
  frames: 'Frames',
  compression: 'Compression',
  pace: 'Pace',
  'closing handshake': 'Closing handshake',
};

test('docs/misbehave.md lists every kind, with what it does and what a correct peer does', () => {
  const page = readDocument('docs/misbehave.md');
  const missing = Object.entries(TITLES).flatMap(([act, title]) => {
    const section = page.split(`\n## ${title}\n`)[1]?.split('\n## ')[0] ?? '';
    const rows = MISBEHAVE_KINDS.filter(kind => kind.act === act).map(
      ({ kind, by, does, expected, section }) => `| \`${kind}\` | ${by} | ${does} | ${expected} | ${section} |`,
    );
    return rows.filter(row => !section.includes(row));
  });
  expect(missing.join('\n')).toBe('');
});
