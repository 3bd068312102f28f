import { readdirSync, readFileSync } from 'node:fs';

const ROOT = new URL('../../', import.meta.url);

/** The documents for readers, as paths from the root of the repository. */
export const DOCUMENTS: readonly string[] = [
  'README.md',
  'SECURITY.md',
  'CONTRIBUTING.md',
  ...readdirSync(new URL('docs', ROOT))
    .filter(name => name.endsWith('.md'))
    .map(name => `docs/${name}`),
];

/** Documents that `npm run ledger` generates and test/ledger checks. */
export const LEDGERS: readonly string[] = ['docs/rfc6455.md', 'docs/rfc7692.md'];

export function readDocument(path: string): string {
  return readFileSync(new URL(path, ROOT), 'utf8');
}

/** A fenced code block of a document. */
export interface CodeBlock {
  /** The document, and the line number of the first line of code. */
  readonly place: string;
  /** The words after the opening fence, such as `ts run`. */
  readonly info: string;
  readonly code: string;
  /** What the block prints: the content of the `text output` block that follows it. */
  readonly output: string | undefined;
}

export function codeBlocks(path: string): CodeBlock[] {
  const text = readDocument(path);
  const blocks = Array.from(text.matchAll(/^```(.*)\n([\s\S]*?)^```$/gm), match => ({
    start: match.index,
    end: match.index + match[0].length,
    info: match[1]!,
    code: match[2]!,
  }));
  return blocks.map(({ start, end, info, code }, i) => {
    const next = blocks[i + 1];
    const isFollowed = next?.info === 'text output' && text.slice(end, next.start).trim() === '';
    const line = text.slice(0, start).split('\n').length + 1;
    return { place: `${path}:${line}`, info, code, output: isFollowed ? next.code : undefined };
  });
}

/** Returns the document without its fenced code blocks. */
export function withoutCode(text: string): string {
  return text.replaceAll(/^```.*\n[\s\S]*?^```$/gm, '');
}

/** Returns the anchors of the headings, spelled as on GitHub. */
export function anchorsOf(path: string): Set<string> {
  const headings = withoutCode(readDocument(path)).matchAll(/^#+ (.+)$/gm);
  return new Set(
    Array.from(headings, ([, heading]) =>
      heading!
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N}\- _]/gu, '')
        .replaceAll(' ', '-'),
    ),
  );
}
