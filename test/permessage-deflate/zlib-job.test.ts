import { once } from 'node:events';
import { createDeflateRaw, createInflateRaw, deflateRawSync, type InflateRaw } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { OutputLimitError, ZlibJob } from '../../src/permessage-deflate/zlib-job.js';
import { ZlibQueue } from '../../src/permessage-deflate/zlib-queue.js';

const ALL = Number.POSITIVE_INFINITY;
const MEBIBYTE = 2 ** 20;
const deflated = deflateRawSync(Buffer.alloc(4 * MEBIBYTE, 'ws101 '));

/** A way to create streams, and those created. */
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
  it('gives what zlib makes of the input, whatever its pieces', async () => {
    const pieces = [deflated.subarray(0, 1), deflated.subarray(1, 900), deflated.subarray(900)];
    const result = await new ZlibJob(createInflateRaw, pieces, ALL).result;
    expect(Buffer.alloc(4 * MEBIBYTE, 'ws101 ').equals(result!.output)).toBe(true);
    expect(result?.consumed).toBe(deflated.length);
  });

  it('says how much of the input was taken where a DEFLATE stream ends before it', async () => {
    for (const pieces of [
      [deflated, Buffer.from('more')],
      [Buffer.concat([deflated, Buffer.from('more')]), Buffer.from('even more')],
    ]) {
      const result = await new ZlibJob(createInflateRaw, pieces, ALL).result;
      expect(result?.output.length).toBe(4 * MEBIBYTE);
      expect(result?.consumed).toBe(deflated.length);
    }
  });

  it('allows as much output as the limit, and not one byte more', async () => {
    expect((await new ZlibJob(createInflateRaw, [deflated], 4 * MEBIBYTE).result)?.output).toHaveLength(4 * MEBIBYTE);
    await expect(new ZlibJob(createInflateRaw, [deflated], 4 * MEBIBYTE - 1).result).rejects.toThrow(OutputLimitError);
  });

  it('frees its stream at the end, at an error, and at the limit', async () => {
    const queue = new ZlibQueue(1);
    const { create, created } = streams();
    await new ZlibJob(create, [deflated], ALL, queue).result;
    await expect(new ZlibJob(create, [Buffer.from([0xff])], ALL, queue).result).rejects.toThrow('invalid block type');
    await expect(new ZlibJob(create, [deflated], 100, queue).result).rejects.toThrow(OutputLimitError);
    expect(created.map(({ destroyed }) => destroyed)).toEqual([true, true, true]);
  });

  it('rejects, and leaves the queue, where no stream can be created', async () => {
    const queue = new ZlibQueue(1);
    const fail = () => {
      throw new Error('no memory');
    };
    await expect(new ZlibJob(fail, [deflated], ALL, queue).result).rejects.toThrow('no memory');
    await expect(new ZlibJob(createInflateRaw, [deflated], ALL, queue).result).resolves.toBeDefined();
  });

  it('takes its turn: one that waits has no stream yet', async () => {
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
    it('while it waits: gives undefined at once, and its turn passes to the next', async () => {
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

    it('while it runs: gives undefined, frees the stream and its place', async () => {
      const queue = new ZlibQueue(1);
      const { create, created } = streams();
      const job = new ZlibJob(create, [deflated], ALL, queue);
      await once(created[0]!, 'data');
      job.close();
      expect(created[0]!.destroyed).toBe(true);
      await expect(job.result).resolves.toBeUndefined();
      await expect(new ZlibJob(create, [deflated], ALL, queue).result).resolves.toBeDefined();
    });

    it('a second time, and behind the end: nothing', async () => {
      const job = new ZlibJob(createDeflateRaw, [Buffer.from('Hello')], ALL);
      const result = await job.result;
      job.close();
      job.close();
      expect(await job.result).toBe(result);
      expect(result!.output.length).toBeGreaterThan(0);
    });

    it('an error of zlib that comes late has a listener, and changes nothing', async () => {
      const { create, created } = streams();
      const job = new ZlibJob(create, [deflated], ALL);
      job.close();
      created[0]!.emit('error', new Error('late'));
      await expect(job.result).resolves.toBeUndefined();
    });
  });
});
