import { Duplex } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { ReadGate, STOPPED_BY } from '../../src/connection/read-gate.js';
import { FRAMES } from '../helpers/frames.js';
import { ProtocolLog } from '../helpers/protocol-log.js';

const { PAUSE, INBOX, SHARE, INFLATING } = STOPPED_BY;
const ALL = [PAUSE, INBOX, SHARE, INFLATING];
const client = FRAMES.client;

function gateOf() {
  const log = new ProtocolLog('server');
  const duplex = new Duplex({ read() {}, write: (_chunk, _encoding, done) => done() });
  duplex.resume();
  const gate = new ReadGate(duplex, log.protocol);
  return { log, duplex, gate, state: () => [log.protocol.stopPoint, duplex.isPaused() ? 'paused' : 'flowing'] };
}

describe('the read gate', () => {
  test.each([
    ['PAUSE', PAUSE, 'frame', 'paused'],
    ['INBOX', INBOX, 'frame', 'paused'],
    ['SHARE', SHARE, 'frame', 'paused'],
    ['INFLATING', INFLATING, 'message', 'flowing'],
  ] as const)('%s stops reading, and its removal reads on', (_, reason, point, flow) => {
    const { gate, state } = gateOf();
    gate.add(reason);
    expect(gate.has(reason)).toBe(true);
    expect(state()).toEqual([point, flow]);
    expect(gate.remove(reason)).toBe(true);
    expect(gate.has(reason)).toBe(false);
    expect(state()).toEqual(['nothing', 'flowing']);
  });

  test('reads on only when the last reason is gone, in whatever order they come and go', () => {
    const orders = ALL.flatMap(a => ALL.filter(b => b !== a).map(b => [a, b] as const));
    for (const [first, second] of orders) {
      const { gate, state } = gateOf();
      gate.add(first);
      gate.add(second);
      expect(state()).toEqual(['frame', 'paused']);
      gate.remove(first);
      expect(state()).toEqual(second === INFLATING ? ['message', 'flowing'] : ['frame', 'paused']);
      expect(gate.remove(second)).toBe(true);
      expect(state()).toEqual(['nothing', 'flowing']);
    }
  });

  test('a reason counts once, however often it is added', () => {
    const { gate, state } = gateOf();
    gate.add(PAUSE);
    gate.add(PAUSE);
    expect(gate.remove(PAUSE)).toBe(true);
    expect(state()).toEqual(['nothing', 'flowing']);
    expect(gate.remove(PAUSE)).toBe(false);
  });

  test('a handler that stops reading while kept bytes are read leaves the socket paused', () => {
    const { gate, log, state } = gateOf();
    gate.add(SHARE);
    log.receive(Buffer.concat([client.text('1'), client.text('2')]));
    log.react = () => gate.add(PAUSE);
    gate.remove(SHARE);
    expect(log.takeEvents()).toEqual(['text "1"']);
    expect(state()).toEqual(['frame', 'paused']);
  });

  test('Pings are read while a message is being inflated, and messages are not', () => {
    const { gate, log } = gateOf();
    gate.add(INFLATING);
    log.receive(Buffer.concat([client.ping('1'), client.text('2'), client.ping('3')]));
    expect(log.takeEvents()).toEqual(['ping "1"']);
    gate.remove(INFLATING);
    expect(log.takeEvents()).toEqual(['text "2"', 'ping "3"']);
  });

  test('the socket pauses if more than 64 KiB wait for a message that is being inflated', () => {
    const { gate, log, state } = gateOf();
    gate.add(INFLATING);
    log.receive(client.binary(Buffer.alloc(65_520)));
    gate.received();
    expect(state()).toEqual(['message', 'flowing']);
    log.receive(client.text('beyond 64 KiB'));
    gate.received();
    expect(state()).toEqual(['message', 'paused']);
    gate.remove(INFLATING);
    expect(state()).toEqual(['nothing', 'flowing']);
  });

  test('ignoreApplication() reads on despite pause() and a full inbox, for good', () => {
    const { gate, state } = gateOf();
    gate.add(PAUSE);
    gate.add(INBOX);
    expect(gate.isStoppedByApplication).toBe(true);
    expect(gate.ignoreApplication()).toBe(true);
    expect(gate.has(PAUSE)).toBe(true);
    expect(gate.isStoppedByApplication).toBe(false);
    expect(state()).toEqual(['nothing', 'flowing']);
    gate.add(INBOX);
    expect(state()).toEqual(['nothing', 'flowing']);
    gate.add(SHARE);
    expect(state()).toEqual(['frame', 'paused']);
  });
});
