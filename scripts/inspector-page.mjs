/** Builds the inspector page: one HTML file that loads nothing else. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';

const source = fileURLToPath(new URL('../src/inspector', import.meta.url));

/** @returns {Promise<string>} the page */
export async function inspectorPage() {
  const script = await bundledScript();
  const style = minifiedStyle(readFileSync(join(source, 'style.css'), 'utf8'));
  // Nothing is allowed but these two texts, and the WebSocket to the server of the page.
  const policy = [
    "default-src 'none'",
    `script-src '${hashOf(script)}'`,
    `style-src '${hashOf(style)}'`,
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
  const parts = { POLICY: policy, STYLE: style, SCRIPT: script };
  const template = readFileSync(join(source, 'inspector.html'), 'utf8');
  return template.replaceAll(/\/\*([A-Z]+)\*\//g, (_, name) => parts[name]);
}

async function bundledScript() {
  const bundle = await rolldown({
    input: join(source, 'main.ts'),
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
