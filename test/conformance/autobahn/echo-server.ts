import { WebSocketServer } from '../../../src/index.js';
import { echo } from './echo.js';
import { readSpec } from './spec.js';

/** The server that `wstest -m fuzzingclient` connects to: an echo, at the URL of the spec that is the first argument. */
const { url } = readSpec(process.argv[2]);

const server = new WebSocketServer({ port: Number(url.port), host: url.hostname, perMessageDeflate: true });
server.on('connection', echo);
server.on('listening', () => console.log(`an echo server listens at ${url.href}`));
process.on('SIGTERM', () => void server.close({ timeout: 0 }));
