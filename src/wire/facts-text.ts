import type { Facts } from './diagnosis/index.js';

/**
 * Facts as JSON, in which the inspector page sends them to its server. The table of diagnoses is larger than the rest of
 * the page, and the server has it anyway.
 */

const BYTES = '$bytes';

/** Bytes become `{ "$bytes": [1, 2] }`. */
export function factsToText(facts: Facts): string {
  return JSON.stringify(facts, (_, value: unknown) =>
    ArrayBuffer.isView(value) ? { [BYTES]: Array.from(value as Uint8Array) } : value,
  );
}

/** @throws if `text` is not JSON */
export function factsFromText(text: string): Facts {
  return JSON.parse(text, (_, value) => (Array.isArray(value?.[BYTES]) ? Uint8Array.from(value[BYTES]) : value));
}
