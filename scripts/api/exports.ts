/** Reads the public API from the sources: each exported name, with its declaration and its docstring. */
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseSync } from 'rolldown/utils';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** Part of a syntax tree (ESTree), as far as this file looks at it. */
interface Node {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly [property: string]: unknown;
}

/** A public member of a class, or the members of an overload. */
export interface Member {
  readonly name: string;
  readonly signature: string;
  readonly doc: string | undefined;
}

export interface Export {
  readonly name: string;
  /** The file of the declaration, from the root. */
  readonly file: string;
  readonly kind: 'class' | 'function' | 'interface' | 'type' | 'constant';
  /** The declaration without the bodies of functions and classes. */
  readonly signature: string;
  readonly doc: string | undefined;
  /** Of a class, otherwise empty. */
  readonly members: readonly Member[];
}

interface Source {
  readonly text: string;
  readonly body: readonly Node[];
  /** The text of each docstring, by the place where it ends. */
  readonly docs: ReadonlyMap<number, string>;
}

const sources = new Map<string, Source>();

function sourceOf(file: string): Source {
  let source = sources.get(file);
  if (source === undefined) {
    const text = readFileSync(join(ROOT, file), 'utf8');
    const { program, comments } = parseSync(file, text);
    const docs = comments
      .filter(({ type, value }) => type === 'Block' && value.startsWith('*'))
      .map(({ value, end }) => [end, plainText(value)] as const);
    source = { text, body: program.body as unknown as Node[], docs: new Map(docs) };
    sources.set(file, source);
  }
  return source;
}

/** Removes the stars at the beginning of the lines. */
function plainText(comment: string): string {
  const lines = comment.replace(/^\*/, '').split('\n');
  return lines
    .map(line => line.replace(/^\s*\* ?/, ''))
    .join('\n')
    .trim();
}

/** Returns the docstring right before a place. */
function docBefore({ text, docs }: Source, start: number): string | undefined {
  return docs.get(text.slice(0, start).trimEnd().length);
}

/** Returns the exports of a file, in alphabetical order. Follows names to the file that declares them. */
export function exportsOf(file: string): Export[] {
  const found = new Map<string, Export>();
  for (const node of sourceOf(file).body) {
    if (node.type !== 'ExportNamedDeclaration') continue;
    const specifiers = node.specifiers as ReadonlyArray<{ readonly local: { readonly name: string } }>;
    const from = (node.source as { readonly value: string } | null)?.value;
    for (const { local } of specifiers) {
      const declared = from === undefined ? undefined : declarationOf(local.name, resolve(file, from));
      if (declared === undefined) throw new Error(`${file} exports ${local.name}, which is declared nowhere`);
      found.set(local.name, declared);
    }
  }
  return [...found.values()].sort((a, b) => a.name.localeCompare(b.name, 'en'));
}

function resolve(file: string, from: string): string {
  return join(dirname(file), from).replace(/\.js$/, '.ts');
}

function declarationOf(name: string, file: string): Export | undefined {
  const source = sourceOf(file);
  for (const node of source.body) {
    const declaration = node.declaration as Node | null | undefined;
    if (node.type === 'ExportNamedDeclaration' && declaration != null && namesOf(declaration).includes(name)) {
      return describe(name, file, source, node, declaration);
    }
  }
  // A file may export a name that it imports.
  for (const node of source.body) {
    const specifiers = (node.specifiers ?? []) as ReadonlyArray<{ readonly local: { readonly name: string } }>;
    const from = (node.source as { readonly value: string } | null | undefined)?.value;
    if (from?.startsWith('.') !== true || !specifiers.some(({ local }) => local.name === name)) continue;
    const declared = declarationOf(name, resolve(file, from));
    if (declared !== undefined) return declared;
  }
  return undefined;
}

function namesOf(declaration: Node): string[] {
  const { id, declarations } = declaration as { id?: { name: string }; declarations?: Array<{ id: { name: string } }> };
  return declarations?.map(({ id: { name } }) => name) ?? (id === undefined ? [] : [id.name]);
}

function describe(name: string, file: string, source: Source, node: Node, declaration: Node): Export {
  const { text } = source;
  const body = declaration.body as Node | null | undefined;
  const whole = text.slice(declaration.start, declaration.end);
  const head = body == null ? whole : text.slice(declaration.start, body.start).trimEnd();
  const doc = docBefore(source, node.start);
  const common = { name, file, doc, members: [] };
  switch (declaration.type) {
    case 'ClassDeclaration':
      return { ...common, kind: 'class', signature: head, members: membersOf(source, body!) };
    case 'FunctionDeclaration':
    case 'TSDeclareFunction':
      return { ...common, kind: 'function', signature: head };
    case 'TSInterfaceDeclaration':
      return { ...common, kind: 'interface', signature: whole };
    case 'TSTypeAliasDeclaration':
      return { ...common, kind: 'type', signature: whole };
    default:
      return { ...common, kind: 'constant', signature: whole };
  }
}

function membersOf(source: Source, body: Node): Member[] {
  const members: Member[] = [];
  for (const node of body.body as Node[]) {
    const key = node.key as Node | undefined;
    if (key === undefined || key.type === 'PrivateIdentifier' || node.accessibility === 'private') continue;
    const value = node.value as Node | null | undefined;
    const functionBody = value?.body as Node | null | undefined;
    const end = functionBody?.start ?? (node.type === 'PropertyDefinition' && value != null ? value.start : node.end);
    const signature = source.text.slice(node.start, end).trimEnd().replace(/\s*=$/, '');
    const name = source.text.slice(key.start, key.end);
    const doc = docBefore(source, node.start);
    // The signatures of an overload come before its implementation, which is not public.
    const isImplementation = functionBody != null && members.at(-1)?.name === name && node.kind === 'method';
    if (!isImplementation) members.push({ name, signature: signature.replace(/;$/, ''), doc });
  }
  return members;
}
