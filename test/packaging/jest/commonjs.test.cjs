/** Runs under Jest, which requires the CommonJS files of the package (see ../jest.test.ts). */
const { once } = require('node:events');
const { connect, ProtocolError, WebSocketServer } = require('ws101');
const framing = require('ws101/framing');
const { Protocol } = require('ws101/protocol');

test.each([false, true])('a client and a server exchange messages (perMessageDeflate: %s)', async perMessageDeflate => {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate });
  server.on('connection', connection => connection.on('message', data => connection.send(data)));
  await once(server, 'listening');
  const client = await connect(`ws://127.0.0.1:${server.address().port}/`, { perMessageDeflate });
  const text = 'grüße '.repeat(1_000);
  client.send(text);
  expect(await once(client, 'message')).toEqual([text, false]);
  expect(await client.close(1000)).toMatchObject({ code: 1000, wasClean: true });
  await server.close();
  expect(framing.ProtocolError).toBe(ProtocolError);
  expect(typeof Protocol).toBe('function');
});
