/**
 * Probes servers with the WebSocket of this Node. Usage: node run.js SERVERS, as JSON. Prints its version and the results
 * as JSON.
 */
import { probeAll } from './probe.js';

const seen = await probeAll(WebSocket, JSON.parse(process.argv[2]));
// Only after the output has left: connections may still be open.
process.stdout.write(JSON.stringify({ version: process.versions.node, seen }), () => process.exit());
