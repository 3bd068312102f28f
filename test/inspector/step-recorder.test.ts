import { expect, test } from 'vitest';
import { OPCODE } from '../../src/framing/index.js';
import { Sample } from './sample.js';

const { TEXT, PING, CLOSE } = OPCODE;

test('frames of one kind and side that follow each other are one step', () => {
  const sample = new Sample().handshake();
  for (let i = 0; i < 3; i++) sample.frame('client', TEXT, 'hello');
  sample.frame('server', TEXT, 'hi').frame('server', PING, '');
  const steps = sample.model.steps.filter(({ act }) => act === 'frames');
  expect(steps.map(({ from, label, note, frame }) => [from, label, note, frame])).toEqual([
    ['client', '3 × text', '15 B in all', 0],
    ['server', 'text', 'hi', 3],
    ['server', 'ping', '', 4],
  ]);
});

test('the middle of a long conversation is left out', () => {
  const sample = new Sample().handshake();
  for (let i = 0; i < 1000; i++) sample.frame(i % 2 === 0 ? 'client' : 'server', TEXT, `message ${i}`);
  const steps = sample.model.steps.filter(({ act }) => act === 'frames');
  expect(steps).toHaveLength(101);
  expect(steps[50]).toMatchObject({ label: '… 900 frames …', from: undefined });
  expect(steps.at(-1)).toMatchObject({ note: 'message 999', frame: 999 });
});

test('a Close frame and the end of TCP are the last act', () => {
  const close = Uint8Array.of(0x03, 0xe8);
  const sample = new Sample().handshake().frame('client', CLOSE, close).frame('server', CLOSE, close);
  sample.end('server').end('client', 'reset');
  expect(
    sample.model.steps.filter(({ act }) => act === 'closing').map(({ label, verdict }) => [label, verdict]),
  ).toEqual([
    ['Close', 'note'],
    ['Close', 'note'],
    ['FIN: sends nothing more', 'note'],
    ['reset: the connection broke', 'wrong'],
    ['closed cleanly: both sides sent a Close frame', 'right'],
  ]);
});

test('a frame that breaks a rule is a step of its own', () => {
  const sample = new Sample().handshake().frame('server', TEXT, 'a').frame('server', TEXT, 'b', true, 0x20);
  expect(sample.model.steps.at(-1)).toMatchObject({ act: 'frames', verdict: 'wrong', frame: 1 });
});
