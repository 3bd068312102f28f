import { describe, expect, test } from 'vitest';
import { itemRecord, summaryRecord } from '../../src/wire/index.js';
import { hex } from '../helpers/bytes.js';
import { decode, handshake, head, REQUEST, sent } from './wire-events.js';

describe('records of items', () => {
  const { items, summary } = decode([
    ...handshake(),
    sent('client', hex('818537fa213d7f9f4d5158')),
    sent('server', hex('827f 8000000000000000')),
  ]);
  const records = items.map(item => JSON.parse(JSON.stringify(itemRecord(item))));

  test('have base64 for bytes, text for text messages, and the fields of a header', () => {
    expect(records.find(({ type }) => type === 'frame')).toMatchObject({
      ...{ from: 'client', index: 1, opcode: 1, opcodeName: 'text', maskingKey: '37fa213d', payload: 'SGVsbG8=' },
      fields: expect.arrayContaining([expect.objectContaining({ name: 'opcode', bit: 4, bits: 4, value: 1 })]),
    });
    expect(records.find(({ type }) => type === 'message')).toMatchObject({ text: 'Hello', frames: [1, 1], length: 5 });
  });

  test('have a broken rule with its section', () => {
    expect(records.find(({ type }) => type === 'violation')).toMatchObject({
      ...{ from: 'server', frame: 2, code: 'LENGTH_SIGN_BIT', section: '§5.2', closeCode: 1002 },
    });
  });

  test('keep numbers exact that JSON would round', () => {
    const [frame] = records.filter(({ type }) => type === 'frame').slice(1);
    expect(frame.fields.at(-1)).toMatchObject({ value: '9223372036854775808', error: 'LENGTH_SIGN_BIT' });
  });

  test('have the verdict of a connection', () => {
    expect(JSON.parse(JSON.stringify(summaryRecord(summary)))).toMatchObject({
      ...{ type: 'summary', handshake: 'open', isFine: false, violations: 1, mistakes: 0 },
      request: { method: 'GET', target: '/chat', host: 'example.com' },
      response: { status: 101 },
    });
  });

  test('have the body of a refusal', () => {
    const { items } = decode([
      sent('client', head(...REQUEST)),
      sent('server', `${head('HTTP/1.1 404 Not Found')}gone`),
    ]);
    expect(items.map(itemRecord)).toContainEqual(
      expect.objectContaining({ type: 'body', bytes: 'Z29uZQ==', length: 4 }),
    );
  });
});
