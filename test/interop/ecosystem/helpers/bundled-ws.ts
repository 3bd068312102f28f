import { createRequire, register } from 'node:module';

const require = createRequire(import.meta.url);
const ws = require('ws');

/**
 * Lets playwright-core use our `ws` instead of the one in its bundle.
 *
 * Its other bundle takes the classes of `ws` from the exports of lib/utilsBundle.js.
 */
export function replaceInPlaywright(): typeof import('playwright-core') {
  const path = require.resolve('playwright-core').replace(/index\.m?js$/, 'lib/utilsBundle.js');
  const exports = require(path);
  const replacements = { ws: ws.WebSocket, wsServer: ws.WebSocketServer, wsReceiver: ws.Receiver, wsSender: ws.Sender };
  for (const name of Object.keys(replacements)) {
    if (!(name in exports)) throw new Error(`lib/utilsBundle.js of playwright-core no longer exports ${name}`);
  }
  const descriptors = Object.getOwnPropertyDescriptors(exports);
  for (const [name, value] of Object.entries(replacements)) descriptors[name] = { value, enumerable: true };
  require.cache[path]!.exports = Object.defineProperties({}, descriptors);
  return require('playwright-core');
}

/**
 * Lets Vite use our WebSocketServer instead of the one in its bundle.
 *
 * A module hook replaces the one expression that names it.
 */
export async function replaceInVite(): Promise<typeof import('vite')> {
  const hook = `
    export async function load(url, context, nextLoad) {
      const result = await nextLoad(url, context);
      if (!/node_modules\\/vite\\/dist\\/node\\/chunks\\/node\\.js$/.test(url)) return result;
      const name = 'import_websocket_server.default';
      const source = String(result.source);
      const parts = source.split(name);
      if (parts.length !== 2) throw new Error('Vite names its WebSocketServer ' + (parts.length - 1) + ' times');
      return { ...result, source: 'import { WebSocketServer as __ws101 } from "ws";' + parts.join('__ws101') };
    }`;
  register(`data:text/javascript,${encodeURIComponent(hook)}`);
  return import('vite');
}
