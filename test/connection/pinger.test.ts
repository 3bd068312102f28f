import { describe, expect, it } from 'vitest';
import { Pinger } from '../../src/connection/pinger.js';

function sentPings(pinger: Pinger, ...payloads: string[]): Array<number | undefined | 'waiting'> {
  const answers = payloads.map((): number | undefined | 'waiting' => 'waiting');
  payloads.forEach((payload, i) => {
    pinger.await(Buffer.from(payload), roundTrip => {
      answers[i] = roundTrip;
    });
  });
  return answers;
}

describe('Pinger', () => {
  it('makes payloads that differ', () => {
    const pinger = new Pinger();
    expect([pinger.nextPayload(), pinger.nextPayload()].map(payload => payload.toString('hex'))).toEqual([
      '00000000',
      '00000001',
    ]);
  });

  it('answers a Ping, and all before it, by the Pong with its payload (§5.5.3)', () => {
    const pinger = new Pinger();
    const answers = sentPings(pinger, 'a', 'b', 'c');
    pinger.receivePong(Buffer.from('b'));
    expect(answers).toEqual([expect.any(Number), expect.any(Number), 'waiting']);
    expect(answers[0]).toBeGreaterThanOrEqual(answers[1] as number);
    expect(pinger.latency).toBe(answers[1]);
  });

  it('passes over Pongs that nobody asked for', () => {
    const pinger = new Pinger();
    const answers = sentPings(pinger, 'a');
    pinger.receivePong(Buffer.from('other'));
    expect(answers).toEqual(['waiting']);
    expect(pinger.latency).toBeUndefined();
  });

  it('takes a Pong for the last of several Pings with one payload', () => {
    const pinger = new Pinger();
    const answers = sentPings(pinger, 'same', 'same');
    pinger.receivePong(Buffer.from('same'));
    expect(answers).not.toContain('waiting');
  });

  it('forgets a Ping', () => {
    const pinger = new Pinger();
    const answers: unknown[] = [];
    const answer = (roundTrip: number | undefined) => void answers.push(roundTrip);
    pinger.await(Buffer.from('a'), answer);
    pinger.forget(answer);
    pinger.forget(answer);
    pinger.receivePong(Buffer.from('a'));
    pinger.end();
    expect(answers).toEqual([]);
  });

  it('forgets that Ping alone, and nothing if its answer has come', () => {
    const pinger = new Pinger();
    const answers: unknown[] = [];
    const [first, second] = [1, 2].map(number => () => void answers.push(number)) as [() => void, () => void];
    const unknown = () => {};
    pinger.await(Buffer.from('a'), first);
    pinger.await(Buffer.from('b'), second);
    pinger.forget(unknown);
    pinger.forget(second);
    pinger.end();
    expect(answers).toEqual([1]);
  });

  it('answers with undefined at the end', () => {
    const pinger = new Pinger();
    const answers = sentPings(pinger, 'a', 'b');
    pinger.end();
    pinger.end();
    expect(answers).toEqual([undefined, undefined]);
  });
});

it('counts the memory of the Pings that wait for their Pong', () => {
  const pinger = new Pinger();
  expect(pinger.held).toBe(0);
  const payload = pinger.nextPayload();
  pinger.await(payload, () => {});
  pinger.await(pinger.nextPayload(), () => {});
  expect(pinger.held).toBe(2_048);
  pinger.receivePong(payload);
  expect(pinger.held).toBe(1_024);
});
