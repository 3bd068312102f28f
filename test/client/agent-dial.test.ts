import type { EventEmitter } from 'node:events';
import http from 'node:http';
import https from 'node:https';
import net from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { agentDial, connect, HandshakeError } from '../../src/index.js';
import { openServer } from '../helpers/open-server.js';
import { closedPort } from '../helpers/raw-peer.js';
import { TLS_CERTIFICATE, TLS_KEY } from '../helpers/tls-fixture.js';

/** Opens and closes a connection. */
async function opened(url: string, agent: unknown, options: object = {}): Promise<void> {
  const connection = await connect(url, { dial: agentDial(agent as http.Agent), ...options });
  connection.send('a');
  await connection.close();
}

describe('an agent of Node', () => {
  test('http.Agent opens a ws: URL with its own options', async () => {
    const { port, requests } = await openServer();
    const agent = new http.Agent({ localAddress: '127.0.0.2' } as http.AgentOptions);
    onTestFinished(() => agent.destroy());
    await opened(`ws://127.0.0.1:${port}/`, agent);
    expect(requests[0]?.transport.remoteAddress).toBe('127.0.0.2');
  });

  test('https.Agent opens a wss: URL with its own TLS options', async () => {
    const { port, requests } = await openServer({ tls: { cert: TLS_CERTIFICATE, key: TLS_KEY } });
    await opened(`wss://localhost:${port}/`, new https.Agent({ ca: TLS_CERTIFICATE }));
    expect(requests).toHaveLength(1);
  });

  test('that does not trust the certificate fails with phase tls', async () => {
    const { port } = await openServer({ tls: { cert: TLS_CERTIFICATE, key: TLS_KEY } });
    await expect(opened(`wss://localhost:${port}/`, new https.Agent())).rejects.toMatchObject({ phase: 'tls' });
  });

  test('that cannot connect fails with phase connect', async () => {
    const port = await closedPort();
    const error = opened(`ws://127.0.0.1:${port}/`, new http.Agent());
    await expect(error).rejects.toMatchObject({ phase: 'connect' });
  });

  test('for another protocol than the URL is refused', async () => {
    await expect(opened('wss://localhost:1/', new http.Agent())).rejects.toThrow(
      'the agent is for http: and cannot open wss://localhost:1/: pass an agent for https:',
    );
  });

  test('may pass its socket to the callback', async () => {
    const { port } = await openServer();
    const agent = {
      createConnection: (options: net.NetConnectOpts, done: (error: null, socket: net.Socket) => void) => {
        const socket = net.connect(options, () => done(null, socket));
      },
    };
    await opened(`ws://127.0.0.1:${port}/`, agent);
  });

  test('may pass an error to the callback', async () => {
    const agent = {
      createConnection: (_: unknown, done: (error: Error) => void) => void setImmediate(done, new Error('no route')),
    };
    await expect(opened('ws://127.0.0.1:1/', agent)).rejects.toThrow('no route');
  });
});

describe('an agent of a package', () => {
  /** What packages built on agent-base do. */
  class PackageAgent {
    asked: Array<{
      readonly request: EventEmitter & { path: string; getHeader(name: string): unknown };
      readonly options: net.NetConnectOpts & { secureEndpoint: boolean };
    }> = [];

    async connect(
      request: (typeof this.asked)[0]['request'],
      options: (typeof this.asked)[0]['options'],
    ): Promise<unknown> {
      this.asked.push({ request, options });
      return net.connect(options);
    }
  }

  test('is told the destination, and that it is a WebSocket', async () => {
    const { port } = await openServer();
    const agent = new PackageAgent();
    await opened(`ws://127.0.0.1:${port}/chat?a=b`, agent);
    const [{ request, options }] = agent.asked as [(typeof agent.asked)[0]];
    expect(options).toEqual({ host: '127.0.0.1', port, secureEndpoint: false });
    expect([request.path, request.getHeader('Host'), request.getHeader('upgrade')]).toEqual([
      '/chat?a=b',
      `127.0.0.1:${port}`,
      'websocket',
    ]);
    expect(request.getHeader('Cookie')).toBeUndefined();
  });

  test('gets the TLS options for a wss: URL', async () => {
    const agent = new PackageAgent();
    const failed = opened('wss://example.test:1/', agent, { tls: { ca: TLS_CERTIFICATE } });
    await expect(failed).rejects.toBeInstanceOf(HandshakeError);
    expect(agent.asked[0]?.options).toEqual({
      host: 'example.test',
      port: 1,
      secureEndpoint: true,
      servername: 'example.test',
      ALPNProtocols: ['http/1.1'],
      ca: TLS_CERTIFICATE,
    });
  });

  test('may return another agent', async () => {
    const { port } = await openServer();
    const inner = new PackageAgent();
    await opened(`ws://127.0.0.1:${port}/`, { connect: async () => inner });
    expect(inner.asked).toHaveLength(1);
    await opened(`ws://127.0.0.1:${port}/`, { connect: async () => new http.Agent() });
  });

  test('whose proxy refuses fails with phase proxy and the status', async () => {
    const socket = new net.Socket();
    class HttpsProxyAgent {
      async connect(request: EventEmitter) {
        request.emit('proxyConnect', { statusCode: 407, statusText: 'Proxy Authentication Required' });
        return socket;
      }
    }
    await expect(opened('ws://example.test/', new HttpsProxyAgent())).rejects.toMatchObject({
      phase: 'proxy',
      status: 407,
      summary: 'the proxy of the agent HttpsProxyAgent answered 407 Proxy Authentication Required',
    });
    expect(socket.destroyed).toBe(true);
  });

  test('that fails gives its error with phase proxy', async () => {
    const agent = { connect: () => Promise.reject(new Error('ECONNREFUSED')) };
    await expect(opened('ws://example.test/', agent)).rejects.toMatchObject({
      phase: 'proxy',
      summary: 'the agent Object failed: ECONNREFUSED',
    });
  });

  test('that returns itself is refused', async () => {
    const agent = { connect: async (): Promise<unknown> => agent };
    await expect(opened('ws://example.test/', agent)).rejects.toThrow('agent.connect() must return a socket, got');
  });

  test('that returns no socket is refused', async () => {
    await expect(opened('ws://example.test/', { connect: async () => 5 })).rejects.toThrow(
      'agent.connect() must return a socket, got 5',
    );
  });
});

test('anything else is refused', () => {
  expect(() => agentDial(5 as never)).toThrow(
    'agent must be an http.Agent, an https.Agent, or an agent of a package, got 5',
  );
  expect(() => agentDial({} as never)).toThrow(TypeError);
});
