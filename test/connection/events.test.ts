import { type EventEmitter, once } from 'node:events';
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { createPair } from '../../src/connection/create-pair.js';
import { IS_MUTATION_RUN } from '../helpers/mutation-run.js';

const FOREIGN = ['open', 'redirect', 'unexpected-response', 'upgrade'];

describe('a listener for an event of `ws` that a connection does not have', () => {
  test.each(FOREIGN)('throws for %s, instead of waiting for ever', async event => {
    const [client] = createPair();
    const message = `a connection has no event '${event}': `;
    for (const method of ['on', 'once', 'addListener', 'prependListener', 'prependOnceListener'] as const) {
      const add = () => (client as EventEmitter)[method](event, () => {});
      expect(add).toThrow(TypeError);
      expect(add).toThrow(message);
      expect(add).toThrow(expect.objectContaining({ code: 'WS101_INVALID_ARGUMENT' }));
    }
    await expect(once(client, event)).rejects.toThrow(message);
    expect(client.eventNames()).toEqual([]);
    client.terminate();
  });

  // A mutation run leaves docs/ out.
  test.skipIf(IS_MUTATION_RUN).each(FOREIGN)('is in the documentation: %s', event => {
    const page = readFileSync(new URL('../../docs/coming-from-ws.md', import.meta.url), 'utf8');
    expect(page).toContain(`\`${event}\``);
  });
});

test('a listener for error is accepted, because once() of node:events adds one', async () => {
  const [client, server] = createPair();
  (client as EventEmitter).on('error', () => {});
  server.send('hello');
  expect(await once(client, 'message')).toEqual(['hello', false]);
  client.terminate();
});

test("a listener for an application's own event is accepted", () => {
  const [client] = createPair();
  const seen: unknown[] = [];
  const own = Symbol('own');
  const emitter = client as EventEmitter;
  for (const event of ['joined', 'constructor', own]) emitter.on(event, () => seen.push(event));
  for (const event of ['joined', 'constructor', own]) emitter.emit(event);
  expect(seen).toEqual(['joined', 'constructor', own]);
  client.terminate();
});
