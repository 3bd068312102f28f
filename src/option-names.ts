/** Rejects unknown option names: a misspelled limit must not be silently ignored. */
import { typeError } from './errors.js';

/** The names of the options in `T`. A missing or an extra name does not compile. */
export type OptionNames<T> = { readonly [name in keyof T]-?: true };

/** The options in `T` after their defaults are added: none is missing or undefined. */
export type WithDefaults<T> = { readonly [name in keyof T]-?: Exclude<T[name], undefined> };

/** Hints for option names of other libraries, as in ws-option-names.ts. */
export type OptionHints = Readonly<Record<string, string>>;

/**
 * Checks that every property of `options` is an option.
 *
 * @param prefix goes before each name in the error if these options belong to another option, for example
 *   `perMessageDeflate.`
 * @param hints the hints for names that another library has
 * @throws {TypeError} that names the first unknown option, and the option that was probably meant
 */
export function checkOptionNames(
  options: object,
  names: Readonly<Record<string, true>>,
  prefix = '',
  hints: OptionHints = {},
): void {
  for (const name of Object.keys(options)) {
    if (Object.hasOwn(names, name)) continue;
    const hint = hintFor(name, names, prefix, hints);
    throw typeError(`unknown option '${prefix}${name}'${hint === undefined ? '' : `: ${hint}`}`);
  }
}

function hintFor(
  name: string,
  names: Readonly<Record<string, true>>,
  prefix: string,
  hints: OptionHints,
): string | undefined {
  // A name of another library is not a misspelling, even if it is similar to a name here.
  if (Object.hasOwn(hints, name)) return hints[name];
  const similar = similarName(name, Object.keys(names));
  return similar === undefined ? undefined : `did you mean '${prefix}${similar}'?`;
}

/** Returns the first of the names that `name` may be a misspelling of. */
export function similarName(name: string, names: readonly string[]): string | undefined {
  return names.find(known => isSimilar(name, known));
}

/** Whether the names differ only in case, or in at most two letters and a third of the name. */
function isSimilar(name: string, known: string): boolean {
  const limit = Math.min(2, Math.floor(known.length / 3));
  if (Math.abs(name.length - known.length) > limit) return false;
  return distance(name.toLowerCase(), known.toLowerCase()) <= limit;
}

/** Returns how many letters must be added, removed, changed or swapped with the next one to turn `from` into `to`. */
function distance(from: string, to: string): number {
  // rows[i][j] is the distance between the first i letters of `from` and the first j letters of `to`.
  const rows = [Array.from({ length: to.length + 1 }, (_, j) => j)];
  for (let i = 1; i <= from.length; i++) {
    const row = [i];
    for (let j = 1; j <= to.length; j++) {
      const isSame = from[i - 1] === to[j - 1];
      const isSwapped = from[i - 1] === to[j - 2] && from[i - 2] === to[j - 1];
      row[j] = Math.min(
        rows[i - 1]![j]! + 1,
        row[j - 1]! + 1,
        rows[i - 1]![j - 1]! + (isSame ? 0 : 1),
        isSwapped && i > 1 && j > 1 ? rows[i - 2]![j - 2]! + 1 : Number.POSITIVE_INFINITY,
      );
    }
    rows.push(row);
  }
  return rows[from.length]![to.length]!;
}
