/**
 * Returns the element names of an XML document, in order. @throws if it is not well-formed, as far as our charts need
 */
export function elementsOf(document: string): string[] {
  const names: string[] = [];
  const open: string[] = [];
  let at = 0;
  for (const match of document.matchAll(/<(\/?)([a-z]+)((?:\s+[\w:-]+="[^"<]*")*)\s*(\/?)>/g)) {
    const [tag, isEnd, name = '', attributes = '', isEmpty] = match;
    checkText(document.slice(at, match.index));
    at = match.index + tag.length;
    if (isEnd !== '') {
      if (open.pop() !== name) throw new Error(`</${name}> closes another element`);
      continue;
    }
    if (names.length > 0 && open.length === 0) throw new Error(`<${name}> is a second root`);
    const keys = Array.from(attributes.matchAll(/([\w:-]+)="([^"]*)"/g), ([, key = '', value = '']) => {
      checkText(value);
      return key;
    });
    if (new Set(keys).size < keys.length) throw new Error(`<${name}> has an attribute twice`);
    names.push(name);
    if (isEmpty === '') open.push(name);
  }
  if (document.slice(at).trim() !== '' || open.length > 0) throw new Error(`the document ends within <${open.at(-1)}>`);
  return names;
}

function checkText(text: string): void {
  const wrong = /<|&(?!(?:amp|lt|gt|quot);)/.exec(text);
  if (wrong !== null) throw new Error(`must be escaped:  ${text.slice(wrong.index, wrong.index + 20)}`);
}
