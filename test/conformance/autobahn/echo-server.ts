import { WebSocketServer } from '../../../src/index.js';
import { echo } from './echo.js';
import { readSpec } from './spec.js';

/** The echo server that `wstest -m fuzzingclient` tests. The first argument is the spec, which has the URL. */
const { url } = readSpec(process.argv[2]);

const server = new WebSocketServer({ port: Number(url.port), host: url.hostname, perMessageDeflate: true });
server.on('connection', echo);
server.on('listening', () => console.log(`echo server listening at ${url.href}`));
process.on('SIGTERM', () => void server.close({ timeout: 0 }));
