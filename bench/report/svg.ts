/** Shared parts of the charts: the card, its colours in light and dark mode, and text. */

/** The width of a chart in a README. */
export const WIDTH = 720;

/**
 * The card has its own background, because a page may be dark when the system is light.
 */
const STYLE = `
  svg { color-scheme: light dark; }
  text { font: 13px system-ui, sans-serif; fill: #1f2328; }
  .title { font-size: 16px; font-weight: 600; }
  .muted { fill: #59636e; }
  .small { font-size: 12px; font-weight: 400; }
  .strong { font-weight: 600; }
  .value { paint-order: stroke; stroke: #ffffff; stroke-width: 5px; stroke-linejoin: round; }
  .card { fill: #ffffff; stroke: #d1d9e0; }
  .bar { fill: #afb8c1; }
  .floor { fill: #d8dee4; }
  .ours { fill: #0969da; }
  .ours-text { fill: #0550ae; font-weight: 600; }
  .spread { stroke: #1f2328; stroke-opacity: 0.55; fill: none; }
  .target { stroke: #bc4c00; stroke-dasharray: 4 3; fill: none; }
  .target-text { fill: #bc4c00; }
  .axis { stroke: #818b98; }
  .grid { stroke: #d1d9e0; stroke-opacity: 0.7; }
  .line { fill: none; stroke-width: 2; stroke-linejoin: round; }
  .thin { stroke-width: 1; }
  .dashed { stroke-dasharray: 5 4; }
  .line-ours { stroke: #0969da; } .dot-ours { fill: #0969da; } .name-ours { fill: #0550ae; font-weight: 600; }
  .line-other { stroke: #818b98; } .dot-other { fill: #818b98; } .name-other { fill: #59636e; }
  .line-floor { stroke: #bc4c00; } .dot-floor { fill: #bc4c00; } .name-floor { fill: #953800; }
  @media (prefers-color-scheme: dark) {
    text { fill: #f0f6fc; }
    .muted { fill: #9198a1; }
    .card { fill: #0d1117; stroke: #3d444d; }
    .value { stroke: #0d1117; }
    .bar { fill: #656c76; }
    .floor { fill: #3d444d; }
    .ours { fill: #4493f8; }
    .ours-text { fill: #79c0ff; }
    .spread { stroke: #f0f6fc; }
    .target { stroke: #f0883e; }
    .target-text { fill: #f0883e; }
    .axis { stroke: #656c76; }
    .grid { stroke: #3d444d; }
    .line-ours { stroke: #4493f8; } .dot-ours { fill: #4493f8; } .name-ours { fill: #79c0ff; }
    .line-other { stroke: #9198a1; } .dot-other { fill: #9198a1; } .name-other { fill: #9198a1; }
    .line-floor { stroke: #f0883e; } .dot-floor { fill: #f0883e; } .name-floor { fill: #f0883e; }
  }
`;

export interface Card {
  readonly height: number;
  readonly title: string;
  readonly subtitle: string;
  /** The content as text, for screen readers. */
  readonly description: string;
}

/** Returns a complete SVG document: a card with a title, and `content` below its first 64 pixels. */
export function card({ height, title, subtitle, description }: Card, content: readonly string[]): string {
  return `${[
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img" aria-labelledby="title desc">`,
    `<title id="title">${escapeXml(title)}</title>`,
    `<desc id="desc">${escapeXml(description)}</desc>`,
    `<style>${STYLE}</style>`,
    `<rect class="card" x="0.5" y="0.5" width="${WIDTH - 1}" height="${height - 1}" rx="6"/>`,
    text(20, 30, title, 'title'),
    text(20, 50, subtitle, 'muted'),
    ...content,
    '</svg>',
  ].join('\n')}\n`;
}

export function text(x: number, y: number, content: string, classes = '', anchor = 'start'): string {
  const attributes = `${classes === '' ? '' : ` class="${classes}"`}${anchor === 'start' ? '' : ` text-anchor="${anchor}"`}`;
  return `<text x="${round(x)}" y="${round(y)}"${attributes}>${escapeXml(content)}</text>`;
}

export function line(x1: number, y1: number, x2: number, y2: number, classes: string): string {
  return `<line class="${classes}" x1="${round(x1)}" y1="${round(y1)}" x2="${round(x2)}" y2="${round(y2)}"/>`;
}

/** Returns the most pixels that a text of 13 px may take. system-ui is a different font on every system. */
export function textWidth(content: string): number {
  return content.length * 7.8;
}

export function round(value: number): string {
  return String(Number(value.toFixed(2)));
}

export function escapeXml(content: string): string {
  return content.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
