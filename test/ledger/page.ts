/** Makes the page of a ledger: one table a section, the counts above. */
import type { Shown } from './evidence.js';
import { placeOf } from './keywords.js';
import type { Bound, Ledger, Row } from './ledger.js';

const OUTCOMES = ['kept', 'notKept', 'notUsed', 'notOurs'] as const;
type OutcomeName = (typeof OUTCOMES)[number];

const BOUND: Readonly<Record<Bound, string>> = {
  client: 'a client',
  server: 'a server',
  both: 'both ends',
  intermediary: 'an intermediary',
  browser: 'a browser',
  specification: 'the author of a specification',
};

export function outcomeOf(row: Row): OutcomeName {
  return OUTCOMES.find(name => name in row)!;
}

/** @param shown the tests of each row, by id with its prefix */
export function pageOf(ledger: Ledger, shown: ReadonlyMap<string, readonly Shown[]>): string {
  const { rfc, title, rows, source, prefix } = ledger;
  const sections = groupBy(rows, ({ id }) => placeOf(id).section);
  const tables = Array.from(sections, ([section, own]) =>
    [`## §${section}`, '', ...table(own, shown, prefix)].join('\n'),
  );
  const deviations = rows.flatMap(row => ('notKept' in row ? [`- **${row.id}** ${quote(row)}: ${row.notKept}`] : []));
  const conditions = rows.flatMap(row =>
    'kept' in row && row.onlyWith !== undefined ? [`- **${row.id}** ${quote(row)}: by \`${row.onlyWith}\``] : [],
  );
  return `${[
    `# RFC ${rfc}, requirement by requirement`,
    `<!-- Made by \`npm run ledger\` of test/ledger/rfc${rfc}.ts and the titles of the tests: edit those. -->`,
    `*${title}*: every sentence of it that demands, recommends or allows something, whom it binds, where it is kept, and which tests would fail if it were not. The tests bear the ids in their titles, as \`[${prefix}${rows.find(row => 'kept' in row)!.id}]\`; \`npm test\` fails where a row that is kept has none, or this page is stale.`,
    source,
    counts(rows),
    ...(conditions.length === 0 ? [] : [`Kept only where it is asked for:\n\n${conditions.join('\n')}`]),
    deviations.length === 0 ? 'Nothing that binds us is left unkept.' : `Not kept:\n\n${deviations.join('\n')}`,
    ...tables,
  ].join('\n\n')}\n`;
}

/** Rows with the same key, in order. */
export function groupBy<Key>(rows: readonly Row[], keyOf: (row: Row) => Key): Map<Key, Row[]> {
  const groups = new Map<Key, Row[]>();
  for (const row of rows) {
    const key = keyOf(row);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [row]);
    else group.push(row);
  }
  return groups;
}

function counts(rows: readonly Row[]): string {
  const line = (name: string, some: readonly Row[]) =>
    `| ${name} | ${some.length} | ${OUTCOMES.map(outcome => some.filter(row => outcomeOf(row) === outcome).length).join(' | ')} |`;
  const bound = groupBy(rows, ({ binds }) => binds);
  return [
    '| binds | rows | kept, and shown by tests | not kept | a freedom not used | does not bind us |',
    '| --- | --: | --: | --: | --: | --: |',
    ...Array.from(bound, ([name, own]) => line(BOUND[name], own)),
    line('**all**', rows),
  ].join('\n');
}

function table(rows: readonly Row[], shown: ReadonlyMap<string, readonly Shown[]>, prefix: string): string[] {
  return [
    '| id | binds | the RFC | here | shown by |',
    '| --- | --- | --- | --- | --- |',
    ...rows.map(row => {
      const tests = (shown.get(prefix + row.id) ?? []).map(testLink);
      return `| ${row.id} | ${BOUND[row.binds]} | ${quote(row)} | ${whatHappens(row)} | ${tests.join('<br>')} |`;
    }),
  ];
}

function quote({ keyword, says }: Row): string {
  const words = cell(says);
  return keyword === 'implied' ? `“${words}”` : `“${words.replace(keyword, `**${keyword}**`)}”`;
}

function whatHappens(row: Row): string {
  if ('notKept' in row) return `**not kept**: ${cell(row.notKept)}`;
  if ('notUsed' in row) return `not used: ${cell(row.notUsed)}`;
  if ('notOurs' in row) return `not ours: ${cell(row.notOurs)}`;
  const notes = [
    ...(row.by === undefined ? [] : [`(${row.by})`]),
    ...(row.onlyWith === undefined ? [] : [`**only with** \`${row.onlyWith}\``]),
  ];
  return [...row.kept.map(placeLink), ...notes].join('<br>');
}

function placeLink(place: string): string {
  const [file = '', symbol = ''] = place.split(' ');
  return `[${file}](../src/${file}) \`${symbol}\``;
}

function testLink({ file, title }: Shown): string {
  return `[${file}](../test/${file}): ${cell(title)}`;
}

/** Text as it can stand in a cell of a table. */
function cell(text: string): string {
  return text.replaceAll(/[|_*<[\]]/g, '\\$&').replaceAll('\n', ' ');
}
