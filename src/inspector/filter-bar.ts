import { h } from './dom.js';
import { type Filter, NO_FILTER } from './frame-filter.js';
import { countText } from './text.js';

const KINDS: readonly (readonly [Filter['kind'], string])[] = [
  ['all', 'All frames'],
  ['data', 'Data'],
  ['text', 'Text'],
  ['binary', 'Binary'],
  ['control', 'Control'],
  ['ping', 'Ping and pong'],
  ['close', 'Close'],
  ['wrong', 'With errors'],
];

const SIDES: readonly (readonly [Filter['from'], string])[] = [
  ['both', 'Both ways'],
  ['client', 'Client → server'],
  ['server', 'Server → client'],
];

export interface FilterEvents {
  changed(filter: Filter): void;
  paused(isPaused: boolean): void;
  follow(follows: boolean): void;
}

/** The row above the frames: which of them to show, pause, and follow. */
export class FilterBar {
  readonly element: HTMLElement;
  readonly #from = select('Direction', SIDES);
  readonly #kind = select('Kind of frame', KINDS);
  readonly #text = h('input', { type: 'search', placeholder: 'Search payloads', 'aria-label': 'Search payloads' });
  readonly #count = h('span', { className: 'quiet count' });
  readonly #pause = toggle('Pause', () => this.#events.paused(this.isPaused));
  readonly #follow = toggle('Follow', () => this.#events.follow(pressed(this.#follow)));
  readonly #events: FilterEvents;

  constructor(events: FilterEvents) {
    this.#events = events;
    for (const input of [this.#from, this.#kind, this.#text]) {
      input.addEventListener('input', () => events.changed(this.filter));
    }
    this.setFollows(true);
    this.element = h(
      'div',
      { className: 'filter-bar', role: 'group', 'aria-label': 'Frames to show' },
      this.#from,
      this.#kind,
      this.#text,
      this.#count,
      h('span', { className: 'spring' }),
      this.#pause,
      this.#follow,
    );
  }

  get filter(): Filter {
    return {
      from: this.#from.value as Filter['from'],
      kind: this.#kind.value as Filter['kind'],
      text: this.#text.value,
    };
  }

  get isPaused(): boolean {
    return pressed(this.#pause);
  }

  clear(): void {
    this.#from.value = NO_FILTER.from;
    this.#kind.value = NO_FILTER.kind;
    this.#text.value = NO_FILTER.text;
  }

  setFollows(follows: boolean): void {
    this.#follow.setAttribute('aria-pressed', String(follows));
  }

  setCount(text: string): void {
    if (this.#count.textContent !== text) this.#count.textContent = text;
  }

  /** Says how many frames were added since the pause. */
  setMissed(frames: number): void {
    const label = this.isPaused ? `Resume (${countText(frames)} new)` : 'Pause';
    if (this.#pause.textContent !== label) this.#pause.textContent = label;
  }

  focusSearch(): void {
    this.#text.focus();
  }
}

function select(label: string, options: readonly (readonly [value: string, text: string])[]): HTMLSelectElement {
  return h('select', { 'aria-label': label }, ...options.map(([value, text]) => h('option', { value }, text)));
}

function toggle(label: string, changed: () => void): HTMLButtonElement {
  const button: HTMLButtonElement = h(
    'button',
    {
      type: 'button',
      'aria-pressed': 'false',
      onclick: () => {
        button.setAttribute('aria-pressed', String(!pressed(button)));
        changed();
      },
    },
    label,
  );
  return button;
}

function pressed(button: HTMLButtonElement): boolean {
  return button.getAttribute('aria-pressed') === 'true';
}
