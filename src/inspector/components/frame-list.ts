import type { FrameItem } from '../../wire/items.js';
import { define, h } from '../dom.js';
import type { Frames } from '../frame-filter.js';
import { flagsOf, kindOf, summaryOf } from '../frame-notes.js';
import { offsetText, sizeText } from '../text.js';

/** The height of a row in pixels. The style sheet has the same. */
const ROW = 30;
/** Rows that are drawn above and below what is visible, so that scrolling shows no gaps. */
const SPARE = 8;

/**
 * The frames of a conversation, as a list box: arrow keys, Page Up and Down, Home and End move the choice.
 *
 * Emits `choose` with the index of the chosen frame, `open` when Enter or a click asks for its details, and `unfollow`
 * when a person scrolls away from the end.
 */
export class FrameList extends HTMLElement {
  #frames: Frames = [];
  /** The start of the conversation. */
  #start: number | undefined;
  #chosen = -1;
  #follows = true;
  /** Where the list scrolled to by itself. */
  #ownTop = 0;
  #isScheduled = false;
  readonly #space = h('div', { className: 'frame-space', role: 'presentation' });
  readonly #rows = new Map<number, HTMLElement>();
  readonly #free: HTMLElement[] = [];
  readonly #observer = new ResizeObserver(() => this.#schedule());

  connectedCallback(): void {
    if (this.childElementCount === 0) this.append(this.#space);
    this.tabIndex = 0;
    this.setAttribute('role', 'listbox');
    this.setAttribute('aria-label', 'Frames');
    this.addEventListener('scroll', this.#onScroll, { passive: true });
    this.addEventListener('keydown', this.#onKey);
    this.addEventListener('click', this.#onClick);
    this.#observer.observe(this);
  }

  disconnectedCallback(): void {
    this.#observer.disconnect();
    this.removeEventListener('scroll', this.#onScroll);
    this.removeEventListener('keydown', this.#onKey);
    this.removeEventListener('click', this.#onClick);
  }

  /** Whether the list stays at its end when frames are added. */
  get follows(): boolean {
    return this.#follows;
  }

  set follows(follows: boolean) {
    this.#follows = follows;
    if (follows) this.#schedule();
  }

  /** The index of the chosen frame, or -1. */
  get chosen(): number {
    return this.#chosen;
  }

  /** Shows other frames. */
  show(frames: Frames, start: number | undefined): void {
    this.#frames = frames;
    this.#start = start;
    this.#chosen = -1;
    for (const row of this.#rows.values()) this.#release(row);
    this.#rows.clear();
    this.#moveTo(0);
    this.#schedule();
  }

  /** Draws frames that were added. */
  update(start: number | undefined): void {
    this.#start = start;
    this.#schedule();
  }

  choose(index: number): void {
    if (this.#frames.at(index) === undefined) return;
    this.#chosen = index;
    const top = index * ROW;
    if (top < this.scrollTop) this.#moveTo(top);
    else if (top + ROW > this.scrollTop + this.clientHeight) this.#moveTo(top + ROW - this.clientHeight);
    this.#draw();
    this.dispatchEvent(new CustomEvent('choose', { detail: index }));
  }

  /** Scrolls without a person. */
  #moveTo(top: number): void {
    this.scrollTop = top;
    this.#ownTop = this.scrollTop;
  }

  /** Draws at most once per frame of the screen. */
  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    requestAnimationFrame(() => {
      this.#isScheduled = false;
      this.#draw();
    });
  }

  #draw(): void {
    const { length } = this.#frames;
    this.#space.style.height = `${length * ROW}px`;
    if (this.#follows) this.#moveTo(length * ROW);
    const first = Math.max(0, Math.floor(this.scrollTop / ROW) - SPARE);
    const last = Math.min(length, Math.ceil((this.scrollTop + this.clientHeight) / ROW) + SPARE);
    for (const [index, row] of this.#rows) {
      if (index >= first && index < last) continue;
      this.#rows.delete(index);
      this.#release(row);
    }
    for (let index = first; index < last; index++) {
      let row = this.#rows.get(index);
      if (row === undefined) {
        row = this.#free.pop() ?? newRow();
        const frame = this.#frames.at(index)!;
        fillRow(row, frame, this.#start, this.#frames.inflated?.(frame));
        row.style.transform = `translateY(${index * ROW}px)`;
        row.id = `frame-${index}`;
        row.dataset.index = String(index);
        row.setAttribute('aria-posinset', String(index + 1));
        row.hidden = false;
        if (row.parentNode === null) this.#space.append(row);
        this.#rows.set(index, row);
      }
      row.setAttribute('aria-setsize', String(length));
      const isChosen = index === this.#chosen;
      row.setAttribute('aria-selected', String(isChosen));
    }
    if (this.#rows.has(this.#chosen)) this.setAttribute('aria-activedescendant', `frame-${this.#chosen}`);
    else this.removeAttribute('aria-activedescendant');
  }

  #release(row: HTMLElement): void {
    row.hidden = true;
    row.removeAttribute('id');
    this.#free.push(row);
  }

  readonly #onScroll = (): void => {
    const isAtEnd = this.scrollTop + this.clientHeight >= this.#frames.length * ROW - ROW;
    if (this.scrollTop !== this.#ownTop && !isAtEnd) this.#stopFollowing();
    this.#schedule();
  };

  readonly #onKey = (event: KeyboardEvent): void => {
    const page = Math.max(1, Math.floor(this.clientHeight / ROW) - 1);
    const last = this.#frames.length - 1;
    const at = this.#chosen;
    const next = {
      ArrowDown: Math.min(last, at + 1),
      ArrowUp: Math.max(0, at - 1),
      PageDown: Math.min(last, at + page),
      PageUp: Math.max(0, at - page),
      Home: 0,
      End: last,
    }[event.key];
    if (next !== undefined) {
      event.preventDefault();
      this.#stopFollowing();
      this.choose(next);
    } else if (event.key === 'Enter' && at >= 0) {
      event.preventDefault();
      this.dispatchEvent(new CustomEvent('open', { detail: at }));
    }
  };

  readonly #onClick = (event: MouseEvent): void => {
    const row = (event.target as Element).closest<HTMLElement>('.frame-row');
    if (row === null) return;
    this.#stopFollowing();
    this.choose(Number(row.dataset.index));
  };

  #stopFollowing(): void {
    if (!this.#follows) return;
    this.#follows = false;
    this.dispatchEvent(new CustomEvent('unfollow'));
  }
}

const COLUMNS = ['number', 'time', 'direction', 'kind', 'size', 'preview', 'flags'];

function newRow(): HTMLElement {
  const cells = COLUMNS.map(name => h('span', { className: `frame-${name}` }));
  // The style sheet draws the direction as an arrow. This text is for screen readers.
  cells[COLUMNS.indexOf('direction')]!.append(h('span', { className: 'spoken' }));
  return h('div', { role: 'option', className: 'frame-row' }, ...cells);
}

function fillRow(
  row: HTMLElement,
  frame: FrameItem,
  start: number | undefined,
  inflated: Uint8Array | undefined,
): void {
  const { from, opcode } = frame;
  const texts = [
    String(frame.index),
    offsetText(frame.time, start),
    from === 'client' ? 'client to server' : 'server to client',
    kindOf(frame),
    sizeText(frame.payloadLength),
    summaryOf(frame, inflated),
    flagsOf(frame),
  ];
  row.dataset.from = from;
  row.dataset.kind = String(opcode);
  row.classList.toggle('is-wrong', frame.error !== undefined);
  texts.forEach((text, i) => {
    const cell = row.children[i]!;
    (cell.firstElementChild ?? cell).textContent = text;
  });
}

define('ws-frame-list', FrameList);
