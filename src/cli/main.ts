#!/usr/bin/env node
import { ws101 } from './ws101.js';

void ws101(process.argv.slice(2), process).then(async code => {
  await Promise.all([flushed(process.stdout), flushed(process.stderr)]);
  // An open stdin would keep the process alive.
  process.exit(code);
});

/** Resolves when everything written to the stream has been flushed or has failed. */
function flushed(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise(resolve => stream.write('', () => resolve()));
}
