/** The example of docs/http-servers.md with a custom server of Next.js, in development: `npm run interop:next`. */
import { once } from 'node:events';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { connect } from '../../../src/index.js';

const document = readFileSync(new URL('../../../docs/http-servers.md', import.meta.url), 'utf8');

test('Next.js serves its pages and its own WebSocket beside ours', async () => {
  const section = document.split('\n## Next.js\n')[1]!;
  const code = /^```ts\n([\s\S]*?)^```$/m.exec(section)![1]!;
  // Beside this file, so that its imports are found.
  const file = fileURLToPath(new URL('server.generated.ts', import.meta.url));
  writeFileSync(
    file,
    `${code.replace('3000', "0, 'localhost'").replace("'ws101'", "'../../../src/index.js'")}\nexport { httpServer };\n`,
  );
  onTestFinished(() => rmSync(file));
  const { httpServer } = (await import(file)) as { httpServer: Server };
  if (!httpServer.listening) await once(httpServer, 'listening');
  const host = `localhost:${(httpServer.address() as AddressInfo).port}`;

  expect(await (await fetch(`http://${host}/`)).text()).toContain('a page');
  const connection = await connect(`ws://${host}/chat`);
  expect((await once(connection, 'message'))[0]).toBe('welcome');

  const updates = await connect(`ws://${host}/_next/hmr?id=test`, { origin: `http://${host}` });
  expect(JSON.parse(String((await once(updates, 'message'))[0]))).toBeTypeOf('object');
  await connection.close();
  updates.terminate();
});
