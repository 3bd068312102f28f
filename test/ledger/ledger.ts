/** The types of a ledger: a list of an RFC's requirements. The data are in rfc6455.ts and rfc7692.ts. */

/** A keyword of RFC 2119, or 'implied' for a requirement that a list of the RFC states without one. */
export type Keyword =
  | 'MUST'
  | 'MUST NOT'
  | 'SHOULD'
  | 'SHOULD NOT'
  | 'MAY'
  | 'RECOMMENDED'
  | 'REQUIRED'
  | 'OPTIONAL'
  | 'implied';

/** Whom a requirement binds. 'specification': the author of one, such as an extension. */
export type Bound = 'client' | 'server' | 'both' | 'intermediary' | 'browser' | 'specification';

/** A requirement, and how it is met. */
export type Row = Said & Outcome;

interface Said {
  /** Section and number: `5.1-2`, or `4.2.1-i3` for the third implied one. Titles of tests contain it as `[5.1-2]`. */
  readonly id: string;
  readonly keyword: Keyword;
  readonly binds: Bound;
  /** The words of the RFC around the keyword. */
  readonly says: string;
}

type Outcome =
  /**
   * Met by these places in src, `file symbol`, and shown by tests. `by`: what these places rely on. `onlyWith`: the
   * option without which it is not met.
   */
  | { readonly kept: readonly string[]; readonly by?: string; readonly onlyWith?: string }
  /** Not met, and why. */
  | { readonly notKept: string }
  /** An option of the RFC that is not used, and why. */
  | { readonly notUsed: string }
  /** It does not apply to ws101, and why. */
  | { readonly notOurs: string };

/** The keywords used in each section, in order. */
export type Occurrences = Readonly<Record<string, string>>;

export interface Ledger {
  readonly rfc: number;
  readonly title: string;
  /** The prefix of its row ids in titles of tests. */
  readonly prefix: string;
  /** How the keywords were counted, for the page. */
  readonly source: string;
  readonly occurrences: Occurrences;
  readonly rows: readonly Row[];
}
