/** ws101, built in the folder WS101_DIST or in dist/ of this repository. */
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { payload, play, url } from './shared.mjs';

const dist = process.env.WS101_DIST ?? resolve(import.meta.dirname, '../../dist');
const { connect } = await import(pathToFileURL(resolve(dist, 'index.js')).href);

play(async onMessage => {
  const connection = await connect(url);
  connection.on('message', onMessage);
  return () => connection.send(payload);
});
