import { percentile } from '../measure.js';
import { startPeer } from '../peer.js';
import { ms, type Outcome, type Row, scaled } from '../row.js';
import { openServer } from '../server.js';

const LIMIT = 50;

/** One peer sends as fast as the server reads, while a hundred others wait for echoes of small messages. */
function busyPeer(size: number): (scale: number) => Promise<Outcome> {
  return async scale => {
    const { server, port } = await openServer(connection => {
      connection.on('message', data => {
        if (data.length < 100 && connection.bufferedAmount < 65_536) connection.send(data);
      });
    });
    const echoes = scaled(20, scale, 2);
    const quiet = () => startPeer('quiet', { port, count: 100, interval: 500, echoes }).result;
    const usual = percentile(await quiet(), 0.99);
    const busy = startPeer('busy', { port, size });
    await busy.ready;
    const times = await quiet();
    busy.stop();
    await busy.result;
    await server.close({ timeout: 0 });
    const p99 = percentile(times, 0.99);
    return {
      figure: `p99 ${ms(p99)}, at most ${ms(Math.max(...times))} (p99 ${ms(usual)} without the busy peer)`,
      passed: p99 <= LIMIT,
    };
  };
}

const limit = `p99 of the other peers' echo <= ${LIMIT} ms`;

export const busyPeers: readonly Row[] = [
  {
    name: 'busy-tiny',
    fault: 'a busy peer (1-byte messages) and 100 quiet ones',
    limit,
    isTiming: true,
    run: busyPeer(1),
  },
  {
    name: 'busy-large',
    fault: 'a busy peer (1 MiB messages) and 100 quiet ones',
    limit,
    isTiming: true,
    run: busyPeer(1_048_576),
  },
];
