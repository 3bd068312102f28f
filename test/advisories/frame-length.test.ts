import { describe, expect, test } from 'vitest';
import { ENDS } from './attacked.js';

describe.each(ENDS)('%s', (_, attack) => {
  /** Each length is one that undici, gorilla, Tomcat or websocket-driver computed wrongly. */
  test.each<[bytes: string, length: bigint, code: number]>([
    ['7F 00 00 00 00 80 00 00 00', 2n ** 31n, 1009],
    ['7F 00 00 00 01 00 00 00 00', 2n ** 32n, 1009],
    ['7F 00 00 00 01 00 00 00 05', 2n ** 32n + 5n, 1009],
    ['7F 00 20 00 00 00 00 00 00', 2n ** 53n, 1009],
    ['7F 00 80 00 00 00 00 00 01', 2n ** 55n + 1n, 1009],
    ['7F 7F FF FF FF FF FF FF FF', 2n ** 63n - 1n, 1009],
    ['7F 80 00 00 00 00 00 00 00', 2n ** 63n, 1002],
    ['7F FF FF FF FF FF FF FF FF', 2n ** 64n - 1n, 1002],
  ])(
    'CVE-2026-1528, CVE-2020-27813, CVE-2020-13935, CVE-2026-54466: 82 %s fails at the header, before memory is allocated',
    async (bytes, length, code) => {
      const attacked = await attack();
      const header = attacked.header({ length, lengthBytes: 8 });
      expect(Buffer.from(header.subarray(1, 10)).toString('hex').slice(1)).toBe(
        bytes.replaceAll(' ', '').toLowerCase().slice(1),
      );
      const before = process.memoryUsage().arrayBuffers;
      attacked.attacker.write(header);
      expect(await attacked.saw(1)).toEqual([expect.stringMatching(`^close ${code} `)]);
      expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(2 ** 20);
      attacked.attacker.socket.end();
      expect(await attacked.connection.closed).toMatchObject({ initiator: 'local', sent: { code } });
    },
  );

  test('CVE-2020-27813: two fragments of more than 2^63 bytes together exceed the limit', async () => {
    const attacked = await attack({ maxMessageSize: Number.MAX_SAFE_INTEGER });
    attacked.attacker.write(attacked.frame({ fin: false, payload: 'x' }));
    attacked.attacker.write(attacked.header({ opcode: 0, length: 2n ** 63n - 1n, lengthBytes: 8 }));
    expect(await attacked.saw(1)).toEqual([expect.stringMatching(/^close 1009 /)]);
  });
});
