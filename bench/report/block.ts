/** What a program writes into a page that people write, between two comments. */

/**
 * The page with `content` between `<!-- NAME -->` and `<!-- /NAME -->`, in the place of what was there.
 *
 * @throws {Error} where the page has not both, each once and in order
 */
export function withBlock(page: string, name: string, content: string): string {
  const [begin, end] = [`<!-- ${name} -->`, `<!-- /${name} -->`];
  const parts = page.split(begin);
  const rest = parts[1]?.split(end);
  if (parts.length !== 2 || rest?.length !== 2)
    throw new Error(`the page must have ${begin} and behind it ${end}, once`);
  return `${parts[0]}${begin}\n${content}\n${end}${rest[1]}`;
}
