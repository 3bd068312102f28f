import { once } from 'node:events';
import { createDeflateRaw, createInflateRaw, deflateRawSync, type InflateRaw } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { OutputLimitError, ZlibJob } from '../../src/permessage-deflate/zlib-job.js';
import { ZlibQueue } from '../../src/permessage-deflate/zlib-queue.js';

const ALL = Number.POSITIVE_INFINITY;
const MEBIBYTE = 2 ** 20;
const deflated = deflateRawSync(Buffer.alloc(4 * MEBIBYTE, 'ws101 '));

/** Returns a function that creates streams, and the streams it has created. */
function streams(): { create: () => InflateRaw; created: InflateRaw[] } {
  const created: InflateRaw[] = [];
  const create = () => {
    const stream = createInflateRaw();
    created.push(stream);
    return stream;
  };
  return { create, created };
}

describe('ZlibJob', () => {
  test('resolves to the output of zlib, however the input is cut', async () => {
    const pieces = [deflated.subarray(0, 1), deflated.subarray(1, 900), deflated.subarray(900)];
    const result = await new ZlibJob(createInflateRaw, pieces, ALL).result;
    expect(Buffer.alloc(4 * MEBIBYTE, 'ws101 ').equals(result!.output)).toBe(true);
    expect(result?.consumed).toBe(deflated.length);
  });

  test('reports how much of the input was read if a DEFLATE stream ends earlier', async () => {
    for (const pieces of [
      [deflated, Buffer.from('more')],
      [Buffer.concat([deflated, Buffer.from('more')]), Buffer.from('even more')],
    ]) {
      const result = await new ZlibJob(createInflateRaw, pieces, ALL).result;
      expect(result?.output.length).toBe(4 * MEBIBYTE);
      expect(result?.consumed).toBe(deflated.length);
    }
  });

  test('allows as much output as the limit, but not one byte more', async () => {
    expect((await new ZlibJob(createInflateRaw, [deflated], 4 * MEBIBYTE).result)?.output).toHaveLength(4 * MEBIBYTE);
    await expect(new ZlibJob(createInflateRaw, [deflated], 4 * MEBIBYTE - 1).result).rejects.toThrow(OutputLimitError);
  });

  test('destroys its stream at the end, on an error, and at the limit', async () => {
    const queue = new ZlibQueue(1);
    const { create, created } = streams();
    await new ZlibJob(create, [deflated], ALL, queue).result;
    await expect(new ZlibJob(create, [Buffer.from([0xff])], ALL, queue).result).rejects.toThrow('invalid block type');
    await expect(new ZlibJob(create, [deflated], 100, queue).result).rejects.toThrow(OutputLimitError);
    expect(created.map(({ destroyed }) => destroyed)).toEqual([true, true, true]);
  });

  test('rejects and leaves the queue if no stream can be created', async () => {
    const queue = new ZlibQueue(1);
    const fail = () => {
      throw new Error('no memory');
    };
    await expect(new ZlibJob(fail, [deflated], ALL, queue).result).rejects.toThrow('no memory');
    await expect(new ZlibJob(createInflateRaw, [deflated], ALL, queue).result).resolves.toBeDefined();
  });

  test('creates no stream while it waits', async () => {
    const queue = new ZlibQueue(2);
    const { create, created } = streams();
    const jobs = Array.from({ length: 5 }, () => new ZlibJob(create, [deflated], ALL, queue));
    expect(created).toHaveLength(2);
    const order: number[] = [];
    await Promise.all(jobs.map(({ result }, i) => result.then(() => order.push(i))));
    expect(created).toHaveLength(5);
    expect(order.slice(0, 2).sort()).toEqual([0, 1]);
    expect(order.at(-1)).not.toBe(0);
  });

  describe('close()', () => {
    test('while it waits resolves to undefined, and the next job gets its turn', async () => {
      const queue = new ZlibQueue(1);
      const { create, created } = streams();
      const [first, second, third] = [1, 2, 3].map(() => new ZlibJob(create, [deflated], ALL, queue));
      second!.close();
      await expect(second!.result).resolves.toBeUndefined();
      expect(created).toHaveLength(1);
      await expect(first!.result).resolves.toBeDefined();
      await expect(third!.result).resolves.toBeDefined();
      expect(created).toHaveLength(2);
    });

    test('while it runs resolves to undefined, destroys the stream and leaves the queue', async () => {
      const queue = new ZlibQueue(1);
      const { create, created } = streams();
      const job = new ZlibJob(create, [deflated], ALL, queue);
      await once(created[0]!, 'data');
      job.close();
      expect(created[0]!.destroyed).toBe(true);
      await expect(job.result).resolves.toBeUndefined();
      await expect(new ZlibJob(create, [deflated], ALL, queue).result).resolves.toBeDefined();
    });

    test('has no effect a second time, or after the end', async () => {
      const job = new ZlibJob(createDeflateRaw, [Buffer.from('Hello')], ALL);
      const result = await job.result;
      job.close();
      job.close();
      expect(await job.result).toBe(result);
      expect(result!.output.length).toBeGreaterThan(0);
    });

    test('ignores a late error of zlib', async () => {
      const { create, created } = streams();
      const job = new ZlibJob(create, [deflated], ALL);
      job.close();
      created[0]!.emit('error', new Error('late'));
      await expect(job.result).resolves.toBeUndefined();
    });
  });
});
