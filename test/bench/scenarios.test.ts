import { existsSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { CONTENDERS, takesPart } from '../../bench/contenders.js';
import { SCENARIOS } from '../../bench/scenarios.js';

describe('the scenarios', () => {
  test('have unique ids, like the contenders', () => {
    expect(new Set(SCENARIOS.map(({ id }) => id)).size).toBe(SCENARIOS.length);
    expect(new Set(CONTENDERS.map(({ id }) => id)).size).toBe(CONTENDERS.length);
  });

  test.each(SCENARIOS)('$id includes ws101 and the contender of its target', scenario => {
    const ids = CONTENDERS.filter(contender => takesPart(contender, scenario)).map(({ id }) => id);
    expect(ids).toContain('ws101');
    if (scenario.target !== undefined && scenario.target.against !== 'fixed')
      expect(ids).toContain(scenario.target.against);
  });
});

describe('the contenders', () => {
  test('exclude only scenarios that exist', () => {
    const excluded = CONTENDERS.flatMap(({ cannot }) => Object.keys(cannot ?? {}));
    expect(SCENARIOS.map(({ id }) => id)).toEqual(expect.arrayContaining(excluded));
  });

  test.each(CONTENDERS)('$id has the files that start it', ({ server = [], client = [], masking = [] }) => {
    const files = [...server, ...client, ...masking].filter(part => part.endsWith('.mjs'));
    expect(files.filter(file => !existsSync(file))).toEqual([]);
    expect(files).not.toEqual([]);
  });
});
