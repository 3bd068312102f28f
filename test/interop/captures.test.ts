import { expect, test } from 'vitest';
import { connect } from '../../src/index.js';
import { ConversationDecoder, readCapture } from '../../src/wire/index.js';
import { Capture } from './helpers/capture.js';
import { startEchoServer } from './helpers/echo-server.js';

test.each(['pcapng', 'pcap', 'nsecpcap'] as const)(
  'a capture of tshark in the format %s is read whole',
  async format => {
    const { port, url } = await startEchoServer();
    const capture = await Capture.start(port);

    const connection = await connect(url);
    const messages = connection[Symbol.asyncIterator]();
    for (const size of [0, 1, 126, 65_536, 300_000]) {
      connection.send('x'.repeat(size));
      await messages.next();
    }
    await connection.close(4001, 'goodbye');

    const read = readCapture(await capture.file(format));
    expect(read.format).toBe(format === 'pcapng' ? 'pcapng' : 'pcap');
    expect(read.conversations).toHaveLength(1);
    const [{ client, server, events }] = read.conversations as [(typeof read.conversations)[0]];
    expect([client, server]).toEqual([`127.0.0.1:${connection.transport.localPort}`, `127.0.0.1:${port}`]);
    const decoder = new ConversationDecoder();
    const items = [...events.flatMap(event => decoder.push(event)), ...decoder.end()];
    const sizes = (from: string) =>
      items.flatMap(item => (item.type === 'frame' && item.from === from ? [item.payloadLength] : []));
    expect(sizes('client')).toEqual([0, 1, 126, 65_536, 300_000, 9]);
    expect(sizes('server').slice(0, 5)).toEqual([0, 1, 126, 65_536, 300_000]);
    expect(items.filter(({ type }) => type === 'violation' || type === 'gap')).toEqual([]);
  },
);
