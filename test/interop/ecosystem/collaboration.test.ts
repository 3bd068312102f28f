import { setupWSConnection } from '@y/websocket-server/utils';
import { expect, onTestFinished, test, vi } from 'vitest';
import { WebSocket } from 'ws';
import { WebsocketProvider } from 'y-websocket';
import * as Y from 'yjs';
import { startServer } from './helpers/http.js';
import { countOpenings } from './helpers/ours.js';

const eventually = (check: () => void) => vi.waitFor(check, { timeout: 10_000, interval: 5 });

async function join(url: string, room: string, doc = new Y.Doc()) {
  const provider = new WebsocketProvider(url, room, doc, { WebSocketPolyfill: WebSocket as never, disableBc: true });
  onTestFinished(() => provider.destroy());
  if (!provider.synced) await new Promise<void>(resolve => provider.once('sync', () => resolve()));
  return { doc, provider, text: doc.getText('text') };
}

test('y-websocket: documents and awareness are synchronized, and again after a lost connection', async () => {
  const openings = countOpenings();
  const { server, url } = await startServer();
  server.on('connection', setupWSConnection);
  const [ada, bob, other] = [await join(url, 'room'), await join(url, 'room'), await join(url, 'other')];
  ada.text.insert(0, 'hello');
  await eventually(() => expect(String(bob.text)).toBe('hello'));
  bob.text.insert(5, `, ${'long '.repeat(50_000)}`);
  await eventually(() => expect(ada.text).toHaveLength(7 + 250_000));
  ada.provider.awareness.setLocalStateField('user', 'ada');
  await eventually(() => expect([...bob.provider.awareness.getStates().values()]).toContainEqual({ user: 'ada' }));
  expect(String(other.text)).toBe('');
  expect(openings()).toEqual({ clients: 3, servers: 3 });

  const lost = new Promise(resolve => bob.provider.once('connection-close', resolve));
  (bob.provider.ws as unknown as WebSocket).terminate();
  await lost;
  ada.text.delete(0, ada.text.length);
  bob.text.insert(bob.text.length, 'offline');
  await eventually(() => expect([String(ada.text), String(bob.text)]).toEqual(['offline', 'offline']));
  expect(openings()).toEqual({ clients: 4, servers: 4 });
});
