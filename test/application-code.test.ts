import { execFile } from 'node:child_process';
import { EventEmitter } from 'node:events';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import vm from 'node:vm';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { callOption, callSafely, emitTo, synchronous, warn } from '../src/application-code.js';
import { HandlerError } from '../src/errors.js';
import { turns } from './helpers/turns.js';

afterEach(() => vi.restoreAllMocks());

function thrower(thrown: unknown): () => never {
  return () => {
    throw thrown;
  };
}

/** A rejected promise of another realm: not an instance of this realm's Promise. */
function foreignRejection(): PromiseLike<never> {
  return vm.runInNewContext("Promise.reject(new Error('foreign'))");
}

function withThen(descriptor: PropertyDescriptor): object {
  return Object.defineProperty({}, 'then', descriptor);
}

/** Returns the unhandled rejections of `run`, and of the turns after it. */
async function unhandledBy(run: () => unknown): Promise<unknown[]> {
  const seen: unknown[] = [];
  const note = (reason: unknown) => void seen.push(reason);
  process.on('unhandledRejection', note);
  run();
  await turns();
  process.off('unhandledRejection', note);
  return seen;
}

describe('emitTo()', () => {
  test('passes all arguments, and returns whether there was a listener', () => {
    const emitter = new EventEmitter();
    const failed = vi.fn();
    expect(emitTo(emitter, failed, 'x', 1, 2)).toBe(false);
    const listener = vi.fn();
    emitter.on('x', listener);
    expect(emitTo(emitter, failed, 'x', 1, 2)).toBe(true);
    expect(listener).toHaveBeenCalledExactlyOnceWith(1, 2);
    expect(failed).not.toHaveBeenCalled();
  });

  test('reports what a listener throws, and returns true', () => {
    const emitter = new EventEmitter().on('x', thrower('oops'));
    const failed = vi.fn();
    expect(emitTo(emitter, failed, 'x')).toBe(true);
    expect(failed).toHaveBeenCalledExactlyOnceWith(emitter, 'x', 'oops');
  });
});

describe('callSafely()', () => {
  test.each<[string, () => unknown]>([
    ['throws', thrower(new Error('oops'))],
    ['rejects', () => Promise.reject(new Error('oops'))],
    ['rejects in another realm', foreignRejection],
    ['returns an object whose then throws', () => withThen({ value: thrower(new Error('oops')) })],
    ['returns an object whose then cannot be read', () => withThen({ get: thrower('oops') })],
  ])('reports the failure of a function that %s', async (_, call) => {
    const failed = vi.fn();
    expect(await unhandledBy(() => callSafely(call, failed))).toEqual([]);
    expect(failed).toHaveBeenCalledOnce();
  });

  test.each([undefined, null, 7, {}, Promise.resolve()])('reports nothing if the function returns %o', async answer => {
    const failed = vi.fn();
    callSafely(() => answer, failed);
    await turns();
    expect(failed).not.toHaveBeenCalled();
  });
});

describe('synchronous()', () => {
  test.each([undefined, null, false, 'text', withThen({ value: 1 })])('returns %o unchanged', answer => {
    expect(synchronous('choose', 'anything', answer)).toBe(answer);
  });

  test('throws a TypeError for a promise, and handles its rejection', async () => {
    const message = 'choose() must return a string synchronously, got a Promise';
    for (const reject of [() => Promise.reject(new Error('oops')), foreignRejection]) {
      const unhandled = await unhandledBy(() => {
        expect(() => synchronous('choose', 'a string', reject())).toThrow(
          expect.objectContaining({ name: 'TypeError', message, code: 'WS101_INVALID_ARGUMENT' }),
        );
      });
      expect(unhandled).toEqual([]);
    }
  });
});

describe('callOption()', () => {
  test('returns what the function returned', () => {
    expect(callOption('choose', 'a string', () => 'a')).toBe('a');
  });

  test('throws a HandlerError that names the option, if it throws or returns a promise', () => {
    const oops = new Error('oops');
    expect(() => callOption('choose', 'a string', thrower(oops))).toThrow(
      expect.objectContaining({ message: 'choose() failed: oops', cause: oops }),
    );
    expect(() => callOption('choose', 'a string', async () => 'a')).toThrow(
      expect.objectContaining({ cause: expect.any(TypeError), code: 'WS101_HANDLER_FAILED' }),
    );
  });
});

describe('warn()', () => {
  test('accepts any thrown value', () => {
    const emitted = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
    const hostile = Object.defineProperty({}, 'stack', { get: thrower('no') });
    for (const thrown of [undefined, null, 'text', { stack: 7 }, hostile]) {
      const error = new HandlerError('message', thrown);
      warn(error);
      expect(emitted).toHaveBeenLastCalledWith(error);
      expect(error).not.toHaveProperty('detail');
    }
  });

  test('prints the stack of the application’s error', async () => {
    const program = `
      import { warn } from './src/application-code.ts';
      import { HandlerError } from './src/errors.ts';
      function loadUser() { throw new Error('no such user'); }
      try { loadUser(); } catch (error) { warn(new HandlerError('message', error)); }
    `;
    const { stderr } = await promisify(execFile)(
      process.execPath,
      ['--conditions=ws101-source', '--import', 'tsx', '--input-type=module', '-e', program],
      { cwd: fileURLToPath(new URL('..', import.meta.url)) },
    );
    expect(stderr).toContain("[WS101_HANDLER_FAILED] HandlerError: a listener of 'message' failed: no such user");
    expect(stderr).toContain('at loadUser');
  });
});
