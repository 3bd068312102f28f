/** Builds the inspector page and the playground. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';

const source = fileURLToPath(new URL('../src/inspector', import.meta.url));

/** The page of `--inspect`. It may connect to its own server. */
export const inspectorPage = () =>
  page({ title: 'ws101 inspector', main: 'main.ts', styles: ['style.css'], connects: "'self'" });

/** The playground: the same components, without a server. */
export const playgroundPage = () =>
  page({
    title: 'ws101 playground',
    main: 'playground/playground.ts',
    styles: ['style.css', 'playground/playground.css'],
    connects: "'none'",
  });

/** @returns {Promise<string>} one HTML file that loads nothing else */
async function page({ title, main, styles, connects }) {
  const script = await bundledScript(main);
  const style = minifiedStyle(styles.map(name => readFileSync(join(source, name), 'utf8')).join('\n'));
  // Nothing is allowed but these two texts, and the WebSocket to the server of the page.
  const policy = [
    "default-src 'none'",
    `script-src '${hashOf(script)}'`,
    `style-src '${hashOf(style)}'`,
    `connect-src ${connects}`,
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
  const parts = { TITLE: title, POLICY: policy, STYLE: style, SCRIPT: script };
  const template = readFileSync(join(source, 'inspector.html'), 'utf8');
  return template.replaceAll(/\/\*([A-Z]+)\*\//g, (_, name) => parts[name]);
}

async function bundledScript(main) {
  const bundle = await rolldown({
    input: join(source, main),
    platform: 'browser',
    resolve: { conditionNames: ['ws101-source', 'browser', 'import', 'default'] },
    tsconfig: join(source, 'tsconfig.json'),
  });
  const { output } = await bundle.generate({ format: 'es', minify: true, codeSplitting: false, comments: false });
  await bundle.close();
  // The text of a script element ends at the first such tag.
  return output[0].code.trim().replaceAll('</script', '<\\/script');
}

/** Removes comments and the white space that CSS does not need. No string of the style sheet contains either. */
function minifiedStyle(css) {
  return css
    .replaceAll(/\/\*[\s\S]*?\*\//g, '')
    .replaceAll(/\s+/g, ' ')
    .replaceAll(/ ?([{};,]) ?/g, '$1')
    .replaceAll(/: /g, ':')
    .replaceAll(';}', '}')
    .trim();
}

function hashOf(text) {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`;
}
