/** Runs the peer that the first argument names. */
import type { PeerControl } from './peer.js';
import * as peers from './peers.js';

const stop = new AbortController();
process.on('message', () => stop.abort());
process.on('disconnect', () => process.exit());
const control: PeerControl = {
  ready: port => void process.send?.({ what: 'ready', value: port }),
  stopped: stop.signal,
};
const [name = '', args = ''] = process.argv.slice(2);
type Peer = (args: unknown, control: PeerControl) => Promise<unknown>;
const peer = new Map(Object.entries(peers) as Array<[string, Peer]>).get(name);
if (peer === undefined) throw new Error(`no peer ${name}`);
void peer(JSON.parse(args), control).then(value => process.send?.({ what: 'result', value }));
