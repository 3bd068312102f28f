/**
 * What one connection has taken of the present turn of the event loop. Whatever it takes, all others wait for: so a busy peer's
 * connection stops at its share, and goes on in the next turn, behind them.
 */

/** Milliseconds of one turn that one connection may take. */
const SHARE = 5;

let turn = 0;
let isCounting = false;

/** A number of its own for each turn: it ends behind the turn's I/O, where immediates run. */
function currentTurn(): number {
  if (!isCounting) {
    isCounting = true;
    setImmediate(() => {
      isCounting = false;
      turn++;
    });
  }
  return turn;
}

/** A look at the clock costs a third of what a small message does, so not every message has one. */
const MESSAGES_PER_LOOK = 16;

export class TurnShare {
  #turn = -1;
  #begunAt = 0;
  #messages = 0;

  /** Says that this connection is at work. Its share begins with the first time in a turn. */
  begin(): void {
    const now = currentTurn();
    if (this.#turn === now) return;
    this.#turn = now;
    this.#begunAt = performance.now();
  }

  get isUsedUp(): boolean {
    return performance.now() - this.#begunAt > SHARE;
  }

  /** Counts a message. Gives whether the share is used up, as far as it looked. */
  countMessage(): boolean {
    return ++this.#messages % MESSAGES_PER_LOOK === 0 && this.isUsedUp;
  }
}
