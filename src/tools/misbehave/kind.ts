import type { MisbehaveOptions } from './options.js';
import type { Peer } from './peer.js';

/** The parts of a connection, and of the table of kinds. */
export type MisbehaveAct = 'opening handshake' | 'refusal' | 'frames' | 'compression' | 'pace' | 'closing handshake';

/** Something that a peer does wrong, or rarely does, and what the other endpoint must do about it. */
export interface MisbehaveKind {
  /** The name, for example `masked`. */
  readonly kind: string;
  /** The part of a connection that it is about. */
  readonly act: MisbehaveAct;
  /** Who can do it. */
  readonly by: 'client' | 'server' | 'both';
  /** What it does. Follows "The server" or "The client". */
  readonly does: string;
  /** What a correct peer does about it. Follows "A correct client" or "A correct server". */
  readonly expected: string;
  /** The section of RFC 6455, for example `§5.1`. A section of another RFC starts with its number: `RFC 9110 §7.8`. */
  readonly section: string;
}

/** A row of the table of kinds: what it says, and what it does. */
export interface KindRow extends Omit<MisbehaveKind, 'kind' | 'act'> {
  /** Returns when it has nothing more to do. The connection is then ended. */
  readonly run: (peer: Peer) => Promise<void>;
  /** Throws if this kind cannot use the options. */
  readonly check?: (options: MisbehaveOptions) => void;
}

export type KindRows = Readonly<Record<string, KindRow>>;
