import { once } from 'node:events';
import tls from 'node:tls';
import { expect, test } from 'vitest';
import { parseWebSocketUrl } from '../../src/client/url.js';
import { agentDial, connect } from '../../src/index.js';
import { openServer } from '../helpers/open-server.js';
import { TLS_CERTIFICATE, TLS_KEY } from '../helpers/tls-fixture.js';

test('an agent that fails after the caller has aborted has the fault caller', async () => {
  const dial = agentDial({ connect: () => Promise.reject(new Error('gone')) } as never);
  const signal = AbortSignal.abort();
  await expect(dial(parseWebSocketUrl('ws://example.test/'), signal, {})).rejects.toMatchObject({
    phase: 'proxy',
    fault: 'caller',
  });
});

test('an agent may return a socket whose TLS handshake is complete', async () => {
  const { port } = await openServer({ tls: { cert: TLS_CERTIFICATE, key: TLS_KEY } });
  const agent = {
    connect: async () => {
      const socket = tls.connect({ port, host: '127.0.0.1', rejectUnauthorized: false });
      await once(socket, 'secureConnect');
      return socket;
    },
  };
  const connection = await connect(`wss://localhost:${port}/`, { dial: agentDial(agent as never) });
  expect(await connection.close()).toMatchObject({ wasClean: true });
});
