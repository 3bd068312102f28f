import { invalidType, rangeError } from '../../errors.js';
import { similarName } from '../../option-names.js';
import type { Side } from '../../wire/index.js';
import { CLIENT_HANDSHAKE_KINDS } from './client-handshake.js';
import { CLOSING_KINDS } from './closing.js';
import { DEFLATE_KINDS } from './deflate.js';
import { FRAME_KINDS } from './frames.js';
import type { KindRow, KindRows, MisbehaveAct, MisbehaveKind } from './kind.js';
import { PACE_KINDS } from './pace.js';
import { REFUSAL_KINDS } from './refusals.js';
import { SERVER_HANDSHAKE_KINDS } from './server-handshake.js';

/** In the order of a connection. Both sides may have a kind of the same name. */
const TABLES: ReadonlyArray<readonly [act: MisbehaveAct, rows: KindRows]> = [
  ['opening handshake', SERVER_HANDSHAKE_KINDS],
  ['opening handshake', CLIENT_HANDSHAKE_KINDS],
  ['refusal', REFUSAL_KINDS],
  ['frames', FRAME_KINDS],
  ['compression', DEFLATE_KINDS],
  ['pace', PACE_KINDS],
  ['closing handshake', CLOSING_KINDS],
];

/** Every kind: what it does, and what a correct peer does about it. */
export const MISBEHAVE_KINDS: readonly MisbehaveKind[] = TABLES.flatMap(([act, rows]) =>
  Object.entries(rows).map(([kind, { by, does, expected, section }]) => ({ kind, act, by, does, expected, section })),
);

/**
 * Returns the row of a kind.
 *
 * @throws {TypeError | RangeError} if `kind` is not a string, or not a kind of this side
 */
export function rowOf(kind: string, side: Side): KindRow {
  if (typeof kind !== 'string') throw invalidType('kind', 'the name of a kind', kind);
  const isOfSide = ({ by }: { readonly by: string }) => by === 'both' || by === side;
  for (const [, rows] of TABLES) {
    const row = Object.hasOwn(rows, kind) ? rows[kind] : undefined;
    if (row !== undefined && isOfSide(row)) return row;
  }
  const others = MISBEHAVE_KINDS.filter(isOfSide).map(other => other.kind);
  const similar = similarName(kind, others);
  const hint = similar === undefined ? 'MISBEHAVE_KINDS lists them' : `did you mean '${similar}'?`;
  throw rangeError(`unknown kind of misbehaving ${side} ${JSON.stringify(kind)}: ${hint}`);
}
