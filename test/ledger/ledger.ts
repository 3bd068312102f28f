/** What a ledger of an RFC holds. The data stand in rfc6455.ts and rfc7692.ts, and the pages in docs/ are made of them. */

/** The words of RFC 2119; 'implied' for what a list of the RFC's demands without one. */
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

/** Whom a sentence binds. 'specification': whoever writes one, of an extension for example. */
export type Bound = 'client' | 'server' | 'both' | 'intermediary' | 'browser' | 'specification';

/** One requirement, and what has become of it here. */
export type Row = Said & Outcome;

interface Said {
  /** Section and running number, `5.1-2`; `4.2.1-i3` for the third implied one. Stands as `[5.1-2]` in the titles of the tests that show it. */
  readonly id: string;
  readonly keyword: Keyword;
  readonly binds: Bound;
  /** The RFC's own words around the keyword. */
  readonly says: string;
}

type Outcome =
  /**
   * The places in src that keep it, `file symbol`. Tests must show it. `by`: what a place makes use of, where node does the work.
   * `onlyWith`: what must be asked for; without that, it is not kept.
   */
  | { readonly kept: readonly string[]; readonly by?: string; readonly onlyWith?: string }
  /** It binds us, and we do otherwise: why. */
  | { readonly notKept: string }
  /** A freedom that we do not take: why. */
  | { readonly notUsed: string }
  /** It does not bind what we are: why. */
  | { readonly notOurs: string };

/** The keywords of one section, in order, or those of them that are used rather than named. */
export type Occurrences = Readonly<Record<string, string>>;

export interface Ledger {
  readonly rfc: number;
  readonly title: string;
  /** What stands before the ids of its rows in the titles of tests. */
  readonly prefix: string;
  /** What the page says of the text that was counted, and how. */
  readonly source: string;
  readonly occurrences: Occurrences;
  readonly rows: readonly Row[];
}
