import { type Export, exportsOf, type Member } from './exports.js';

const KINDS: ReadonlyArray<readonly [kind: Export['kind'], title: string]> = [
  ['function', 'Functions'],
  ['class', 'Classes'],
  ['interface', 'Interfaces'],
  ['type', 'Types'],
  ['constant', 'Constants'],
];

/**
 * Returns the reference of one entry point, as Markdown.
 *
 * @param title what is imported, such as `ws101/framing`
 * @param source the file that exports it, from the root
 */
export function pageOf(title: string, source: string): string {
  const exported = exportsOf(source);
  const sections = KINDS.map(([kind, heading]) => [heading, exported.filter(one => one.kind === kind)] as const).filter(
    ([, entries]) => entries.length > 0,
  );
  const contents = sections.map(([heading, entries]) => {
    const links = entries.map(({ name }) => `[${name}](#${name.toLowerCase()})`);
    return `- ${heading}: ${links.join(', ')}`;
  });
  const body = sections.map(([heading, entries]) => `## ${heading}\n\n${entries.map(entryOf).join('\n\n')}`);
  return `# ${title}\n\n${contents.join('\n')}\n\n${body.join('\n\n')}\n`;
}

function entryOf({ name, doc, signature, members, file }: Export): string {
  const parts = [`### ${name}`, markdownOf(doc), codeOf(signature), ...members.map(memberOf)];
  return [...parts, `Declared in [${file}](../../${file}).`].filter(part => part !== '').join('\n\n');
}

function memberOf({ name, doc, signature }: Member): string {
  return [`#### ${name}`, codeOf(signature), markdownOf(doc)].filter(part => part !== '').join('\n\n');
}

function codeOf(signature: string): string {
  return `\`\`\`ts\n${signature.replace(/^ {2}/gm, '')}\n\`\`\``;
}

/** Turns the tags of a docstring into Markdown. Code, which is indented by four spaces, stays as it is. */
function markdownOf(doc: string | undefined): string {
  if (doc === undefined) return '';
  return doc
    .replace(/^@param (\S+)\s+/gm, '- **`$1`**: ')
    .replace(/^@returns\s+/gm, '- **Returns** ')
    .replace(/^@throws \{([^}]+)\}\s*/gm, '- **Throws** `$1` ')
    .replace(/^@throws\s+/gm, '- **Throws** ');
}
