import { describe, expect, test } from 'vitest';
import { Pinger, type SentPing } from '../../src/connection/pinger.js';

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
  test('creates different payloads', () => {
    const pinger = new Pinger();
    expect([pinger.nextPayload(), pinger.nextPayload()].map(payload => payload.toString('hex'))).toEqual([
      '00000000',
      '00000001',
    ]);
  });

  test('settles a Ping, and all earlier ones, for the Pong with its payload (§5.5.3)', () => {
    const pinger = new Pinger();
    const answers = sentPings(pinger, 'a', 'b', 'c');
    pinger.receivePong(Buffer.from('b'));
    expect(answers).toEqual([expect.any(Number), expect.any(Number), 'waiting']);
    expect(answers[0]).toBeGreaterThanOrEqual(answers[1] as number);
    expect(pinger.latency).toBe(answers[1]);
  });

  test('ignores unsolicited Pongs', () => {
    const pinger = new Pinger();
    const answers = sentPings(pinger, 'a');
    pinger.receivePong(Buffer.from('other'));
    expect(answers).toEqual(['waiting']);
    expect(pinger.latency).toBeUndefined();
  });

  test('matches a Pong with the last of several Pings with the same payload', () => {
    const pinger = new Pinger();
    const answers = sentPings(pinger, 'same', 'same');
    pinger.receivePong(Buffer.from('same'));
    expect(answers).not.toContain('waiting');
  });

  test('forgets a Ping', () => {
    const pinger = new Pinger();
    const answers: unknown[] = [];
    const ping = pinger.await(Buffer.from('a'), roundTrip => void answers.push(roundTrip));
    pinger.forget(ping);
    pinger.forget(ping);
    pinger.receivePong(Buffer.from('a'));
    pinger.end();
    expect(answers).toEqual([]);
    expect(pinger.held).toBe(0);
  });

  test('forgets only that Ping, and does nothing if it was answered', () => {
    const pinger = new Pinger();
    const answers: number[] = [];
    const [, second, third] = [1, 2, 3, 4].map(number =>
      pinger.await(Buffer.from(`${number}`), () => void answers.push(number)),
    ) as [SentPing, SentPing, SentPing, SentPing];
    pinger.forget(third);
    pinger.receivePong(Buffer.from('3'));
    pinger.receivePong(Buffer.from('2'));
    pinger.forget(second);
    expect(answers).toEqual([1, 2]);
    expect(pinger.held).toBe(1_024);
    pinger.end();
    expect(answers).toEqual([1, 2, 4]);
  });

  test('settles a Ping if another one with the same payload was forgotten', () => {
    const pinger = new Pinger();
    const answers: number[] = [];
    const pings = [1, 2, 3].map(number => pinger.await(Buffer.from('same'), () => void answers.push(number)));
    pinger.forget(pings[1]!);
    pinger.forget(pings[2]!);
    pinger.receivePong(Buffer.from('same'));
    expect(answers).toEqual([1]);
  });

  // A search through all Pings for each Pong took 30 s for 10,000 Pings.
  test('finds the Ping of a Pong in constant time', { timeout: 5_000 }, () => {
    const pinger = new Pinger();
    const payloads = Array.from({ length: 50_000 }, () => pinger.nextPayload());
    const answers: number[] = [];
    const pings = payloads.map((payload, i) => pinger.await(payload, () => void answers.push(i)));
    for (const payload of payloads.slice(0, 25_000)) pinger.receivePong(payload);
    for (const ping of pings.slice(25_000).reverse()) pinger.forget(ping);
    expect(answers).toEqual(Array.from({ length: 25_000 }, (_, i) => i));
    expect(pinger.held).toBe(0);
  });

  test('settles all Pings with undefined at the end', () => {
    const pinger = new Pinger();
    const answers = sentPings(pinger, 'a', 'b');
    pinger.end();
    pinger.end();
    expect(answers).toEqual([undefined, undefined]);
  });
});

test('counts the memory of unanswered Pings', () => {
  const pinger = new Pinger();
  expect(pinger.held).toBe(0);
  const payload = pinger.nextPayload();
  pinger.await(payload, () => {});
  pinger.await(pinger.nextPayload(), () => {});
  expect(pinger.held).toBe(2_048);
  pinger.receivePong(payload);
  expect(pinger.held).toBe(1_024);
});
