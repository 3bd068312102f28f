/** Uses every entry point by `require`, which is what `import` becomes here. */
import type { CloseInfo, WebSocketConnection } from 'ws101';

import ws101 = require('ws101');
import framing = require('ws101/framing');
import handshake = require('ws101/handshake');
import protocol = require('ws101/protocol');
import packageJson = require('ws101/package.json');

const server = new ws101.WebSocketServer({ port: 0, host: '127.0.0.1' });
server.on('connection', connection => {
  connection.on('message', data => connection.send(data));
});
server.on('listening', () => {
  const address = server.address();
  if (typeof address === 'object' && address !== null) void talk(address.port);
});

async function talk(port: number): Promise<void> {
  const connection: WebSocketConnection = await ws101.connect(`ws://127.0.0.1:${port}/`);
  connection.send('hello');
  for await (const message of connection) {
    console.log(message);
    break;
  }
  const { code, wasClean }: CloseInfo = await connection.close(1000);
  await server.close();
  const everyEntryPoint = [
    framing.encodeFrame,
    framing.FrameDecoder,
    handshake.acceptOf,
    handshake.ClientHandshake,
    protocol.Protocol,
    ws101.HandshakeError,
  ];
  const types = everyEntryPoint.map(value => typeof value).join(' ');
  console.log(code, wasClean, framing.OPCODE.TEXT, packageJson.name, types);
}
