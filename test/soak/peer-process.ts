/** Runs the peer that its first argument names. */
import type { Tether } from './peer.js';
import * as peers from './peers.js';

const stop = new AbortController();
process.on('message', () => stop.abort());
process.on('disconnect', () => process.exit());
const tether: Tether = { ready: port => void process.send?.({ what: 'ready', value: port }), stopped: stop.signal };
const [name = '', args = ''] = process.argv.slice(2);
type Peer = (args: unknown, tether: Tether) => Promise<unknown>;
const peer = new Map(Object.entries(peers) as Array<[string, Peer]>).get(name);
if (peer === undefined) throw new Error(`no peer ${name}`);
void peer(JSON.parse(args), tether).then(value => process.send?.({ what: 'result', value }));
