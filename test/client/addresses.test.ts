import dns from 'node:dns';
import { expect, onTestFinished, test, vi } from 'vitest';
import { addressesOf } from '../../src/client/addresses.js';
import { HandlerError } from '../../src/errors.js';

const forever: AbortSignal = new AbortController().signal;

type Answer = (error: Error | null, found?: dns.LookupAddress[]) => void;

/** Answers every lookup with `found`, or by hand if there is none. */
function lookups(found?: readonly string[]) {
  const asked: Array<readonly [name: string, options: dns.LookupOptions, answer: Answer]> = [];
  const lookup = vi.spyOn(dns, 'lookup').mockImplementation(((
    name: string,
    options: dns.LookupOptions,
    answer: Answer,
  ) => {
    asked.push([name, options, answer]);
    const entries = found?.map(address => ({ address, family: address.includes(':') ? 6 : 4 }));
    if (entries !== undefined) process.nextTick(answer, null, entries);
  }) as never);
  onTestFinished(() => lookup.mockRestore());
  return asked;
}

test.each([
  [
    ['::1', '::2', '::3', '10.0.0.1', '10.0.0.2'],
    ['::1', '10.0.0.1', '::2', '10.0.0.2', '::3'],
  ],
  [
    ['10.0.0.1', '::1', '::2'],
    ['10.0.0.1', '::1', '::2'],
  ],
  [
    ['10.0.0.1', '10.0.0.2'],
    ['10.0.0.1', '10.0.0.2'],
  ],
  [
    ['10.0.0.1', '::1', '10.0.0.1'],
    ['10.0.0.1', '::1'],
  ],
])('the families of %j take turns (RFC 8305 §4)', async (found, inTurn) => {
  lookups(found);
  expect(await addressesOf('a.example', {}, forever)).toEqual(inTurn);
});

test('both families are looked up if this machine has addresses of them; a single family always is', async () => {
  const asked = lookups(['10.0.0.1']);
  await addressesOf('a.example', {}, forever);
  await addressesOf('b.example', { family: 6 }, forever);
  expect(asked.map(([name, options]) => [name, options])).toEqual([
    ['a.example', { all: true, family: 0, hints: dns.ADDRCONFIG }],
    ['b.example', { all: true, family: 6, hints: 0 }],
  ]);
});

test.each(['127.0.0.1', '::1'])('%s is its own address, without a lookup', async address => {
  const asked = lookups([]);
  expect(await addressesOf(address, {}, forever)).toEqual([address]);
  expect(asked).toEqual([]);
});

test('a name without an address fails as one that does not exist', async () => {
  lookups([]);
  await expect(addressesOf('a.example', {}, forever)).rejects.toMatchObject({ code: 'ENOTFOUND' });
});

test('an abort ends the wait, and a later answer is ignored', async () => {
  const asked = lookups();
  const controller = new AbortController();
  const remove = vi.spyOn(controller.signal, 'removeEventListener');
  const aborted = addressesOf('a.example', {}, controller.signal);
  controller.abort(new Error('enough'));
  await expect(aborted).rejects.toThrow('enough');
  asked[0]![2](null, [{ address: '10.0.0.1', family: 4 }]);
  await expect(addressesOf('a.example', {}, controller.signal)).rejects.toThrow('enough');
  expect(asked).toHaveLength(1);
  expect(remove).not.toHaveBeenCalled();
});

test('the error of getaddrinfo() is passed on, and no listener stays on the signal', async () => {
  const asked = lookups();
  const { signal } = new AbortController();
  const remove = vi.spyOn(signal, 'removeEventListener');
  const failing = addressesOf('a.example', {}, signal);
  const error = Object.assign(new Error('no'), { code: 'EAI_AGAIN' });
  asked[0]![2](error);
  await expect(failing).rejects.toBe(error);
  expect(remove).toHaveBeenCalledOnce();
});

test.each([
  ['a single name', 'a.example', "'a.example'"],
  ['a list of numbers', [5], '5'],
  ['a list with a hole', [undefined], 'undefined'],
  ['an entry that is a name', [{ address: 'b.example', family: 4 }], "'b.example'"],
])('a lookup that calls back with %s fails, and the error says so', async (_, found, described) => {
  const lookup = (_: string, __: object, done: (error: null, found: unknown) => void) => done(null, found);
  const error = await addressesOf('a.example', { lookup: lookup as never }, forever).catch((error: unknown) => error);
  expect(error).toBeInstanceOf(HandlerError);
  const { message } = (error as HandlerError).cause as TypeError;
  expect(message.replaceAll('"', "'")).toBe(`it must call back with IP addresses, got ${described}`);
});

test('a lookup may call back with a single address', async () => {
  const lookup = (_: string, __: object, done: (error: null, found: unknown) => void) => done(null, '10.0.0.1');
  expect(await addressesOf('a.example', { lookup: lookup as never }, forever)).toEqual(['10.0.0.1']);
});
