import { describe, expect, test } from 'vitest';
import { OPCODE } from '../../src/framing/index.js';
import { exported, FORMATS } from '../../src/inspector/exports.js';
import { readCapture } from '../../src/wire/capture/index.js';
import type { Conversation } from '../../src/wire/conversation.js';
import { Sample } from './sample.js';

function conversations(): Conversation[] {
  const one = new Sample().handshake().frame('client', OPCODE.TEXT, 'hello').frame('server', OPCODE.TEXT, 'you');
  const other = new Sample().handshake().end('client').end('server', 'reset');
  return [one.model.conversation, { ...other.model.conversation, id: 2, client: '127.0.0.1:9' }];
}

/** The bytes of both sides. */
function bytesOf({ events }: Conversation): Record<string, string> {
  const sides: Record<string, string> = { client: '', server: '' };
  for (const event of events) if (event.type === 'bytes') sides[event.from] += Buffer.from(event.bytes).toString('hex');
  return sides;
}

// HAR has messages instead of bytes.
describe.each(FORMATS.filter(({ ending }) => ending !== 'har'))('an export as $label', format => {
  test('is read again with the same bytes', () => {
    const saved = conversations();
    const { content } = exported(format, saved);
    const read = readCapture(typeof content === 'string' ? Buffer.from(content) : content);
    expect(read.notes).toEqual([]);
    expect(read.conversations.map(bytesOf)).toEqual(saved.map(bytesOf));
    expect(read.conversations.map(({ client }) => client)).toEqual(['127.0.0.1:5', '127.0.0.1:9']);
  });
});

describe.each(FORMATS)('an export as $label', format => {
  test('has a name that says what it is', () => {
    expect(exported(format, conversations()).name).toBe(`ws101-connections.${format.ending}`);
    expect(exported(format, conversations().slice(0, 1)).name).toBe(`ws101-connection-1.${format.ending}`);
  });
});
