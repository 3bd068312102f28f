/** Whether the options that a caller gives are options at all: one that is spelled wrong must not leave a limit unset in silence. */
import { unknownOption } from './errors.js';

/** The names of the options in `T`: one left out, or one too many, does not compile. */
export type OptionNames<T> = { readonly [name in keyof T]-?: true };

/**
 * @param of what stands in front of the names where these are the options of an option, e.g. `perMessageDeflate.`
 * @throws {TypeError} naming the first option that there is not, and the one that may be meant
 */
export function checkOptionNames(options: object, names: Readonly<Record<string, true>>, of = ''): void {
  for (const name of Object.keys(options)) {
    if (Object.hasOwn(names, name)) continue;
    const meant = Object.keys(names).find(known => isLike(name, known));
    throw unknownOption(of + name, meant === undefined ? undefined : of + meant);
  }
}

/** Whether a name may be the other one spelled wrong: by case, or in no more than two letters, and a third of all. */
function isLike(name: string, known: string): boolean {
  const most = Math.min(2, Math.floor(known.length / 3));
  if (Math.abs(name.length - known.length) > most) return false;
  return distance(name.toLowerCase(), known.toLowerCase()) <= most;
}

/** How many letters must be put in, left out, changed, or swapped with the next to make one word of the other. */
function distance(from: string, to: string): number {
  // rows[i][j] is the distance of the first i letters of one to the first j of the other.
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
