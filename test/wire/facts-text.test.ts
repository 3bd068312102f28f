import { expect, test } from 'vitest';
import type { Facts } from '../../src/wire/diagnosis/index.js';
import { factsFromText, factsToText } from '../../src/wire/facts-text.js';

test('facts survive being sent as JSON, with their bytes', () => {
  const facts: Facts = {
    now: 1_700_000_000_000.5,
    request: { headers: [['host', 'example.com']] },
    failure: { phase: 'response', summary: 'not HTTP', opening: Uint8Array.of(0, 255) },
  };
  expect(factsFromText(factsToText(facts))).toEqual(facts);
});

test('a text that is not JSON throws', () => {
  expect(() => factsFromText('{')).toThrow(SyntaxError);
});
