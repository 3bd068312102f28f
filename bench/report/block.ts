/** Replaces generated blocks in pages that people write. */

/**
 * Returns the page with `content` between `<!-- NAME -->` and `<!-- /NAME -->`.
 *
 * @throws {Error} if the page does not have both comments once, in this order
 */
export function withBlock(page: string, name: string, content: string): string {
  const [begin, end] = [`<!-- ${name} -->`, `<!-- /${name} -->`];
  const parts = page.split(begin);
  const rest = parts[1]?.split(end);
  if (parts.length !== 2 || rest?.length !== 2)
    throw new Error(`the page must have ${begin} and then ${end}, once each`);
  return `${parts[0]}${begin}\n${content}\n${end}${rest[1]}`;
}
