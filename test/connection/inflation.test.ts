import { expect, test, vi } from 'vitest';
import { Inflation } from '../../src/connection/inflation.js';

test('a text that does not fit into memory is too big', () => {
  const deflate = { inflate: () => Buffer.from('text'), close: () => {} };
  const inflation = new Inflation(deflate as never, true);
  const spy = vi.spyOn(Buffer.prototype, 'toString').mockImplementation(() => {
    throw new RangeError('Array buffer allocation failed');
  });
  const result = inflation.inflate(new Uint8Array(1), true);
  spy.mockRestore();
  expect(result).toMatchObject({
    violation: { closeCode: 1009 },
    detail: 'there is not enough memory for a text of 4 bytes',
  });
});
