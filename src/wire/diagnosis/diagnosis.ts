import type { Facts } from './facts.js';
import type { Fixes } from './fixes.js';

/** Why a connection does not work, and what to do. */
export interface Diagnosis {
  /** A stable name, such as `certificate-expired`. */
  readonly id: string;
  /** A problem breaks the connection, now or later. A warning may break it for other clients. */
  readonly severity: 'problem' | 'warning';
  /** One sentence. */
  readonly cause: string;
  /** What to do. */
  readonly advice: string;
  /** The rule that is broken, such as `RFC 6455 §4.1`. */
  readonly section?: string | undefined;
  /** The lines to add, per proxy. */
  readonly fixes?: Fixes | undefined;
  /** The proxy or server that answered, if it is one that `fixes` knows. */
  readonly product?: keyof Fixes | undefined;
}

/** Returns a diagnosis if the facts support it. */
export type Rule = (facts: Facts) => Diagnosis | undefined;

type More = Pick<Diagnosis, 'section' | 'fixes'>;

export function problem(id: string, cause: string, advice: string, more: More = {}): Diagnosis {
  return { id, severity: 'problem', cause, advice, ...more };
}

export function warning(id: string, cause: string, advice: string, more: More = {}): Diagnosis {
  return { id, severity: 'warning', cause, advice, ...more };
}
