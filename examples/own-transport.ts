/**
 * The protocol without sockets: two Protocols exchange bytes over MessagePorts. Any transport that keeps bytes in order
 * works, such as a serial line or a QUIC stream.
 *
 *     npx tsx --conditions=ws101-source examples/own-transport.ts
 */
import { MessageChannel, type MessagePort } from 'node:worker_threads';
import { Protocol, type Role } from 'ws101/protocol';

function endpoint(
  role: Role,
  port: MessagePort,
  onMessage: (protocol: Protocol, data: string | Uint8Array) => void,
): Protocol {
  const protocol = new Protocol(role, {
    message: data => onMessage(protocol, data),
    ping: () => {},
    pong: () => {},
    closeReceived: (code, reason) => console.log(`${role} received Close ${code} ${JSON.stringify(reason)}`),
    failed: error => console.log(`${role} failed the connection: ${error.message}`),
  });
  port.on('message', (bytes: Uint8Array) => {
    protocol.receive(bytes);
    flush(protocol, port);
  });
  return protocol;
}

/** Sends the output of a protocol. Closes the transport when the protocol has finished. */
function flush(protocol: Protocol, port: MessagePort): void {
  for (const piece of protocol.takeOutput()) port.postMessage(piece);
  if (protocol.state === 'CLOSED') port.close();
}

const { port1, port2 } = new MessageChannel();
endpoint('server', port1, (server, data) => server.send(typeof data === 'string' ? data.toUpperCase() : data));
const client = endpoint('client', port2, (protocol, data) => {
  console.log('client received', data);
  protocol.close(1000, 'done');
});
client.send('hello');
flush(client, port2);
