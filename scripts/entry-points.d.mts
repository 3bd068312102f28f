export interface EntryPoint {
  /** As in `exports` of package.json. */
  readonly subpath: string;
  /** The name of its files in dist/, without an ending. */
  readonly name: string;
  /** Its source, from the root. */
  readonly source: string;
}

export declare const SOURCE: string;
export declare const manifest: { readonly name: string };
export declare const entryPoints: readonly EntryPoint[];
