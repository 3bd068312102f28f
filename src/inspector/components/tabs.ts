import { h } from '../dom.js';

export interface Tab {
  readonly id: string;
  readonly label: string;
}

/**
 * A row of tabs (the tab pattern of ARIA): arrow keys, Home and End move between them.
 *
 * @param panelId the id of the element that shows the chosen tab
 */
export class TabRow {
  readonly element: HTMLElement;
  readonly #choose: (id: string) => void;
  #buttons: HTMLButtonElement[] = [];

  constructor(label: string, panelId: string, choose: (id: string) => void) {
    this.#choose = choose;
    this.element = h('div', { className: 'tabs', role: 'tablist', 'aria-label': label });
    this.element.addEventListener('keydown', event => this.#key(event));
    this.element.dataset.panel = panelId;
  }

  show(tabs: readonly Tab[], chosen: string): void {
    const panelId = this.element.dataset.panel!;
    const hadFocus = this.element.contains(document.activeElement);
    this.#buttons = tabs.map(({ id, label }) =>
      h(
        'button',
        {
          type: 'button',
          role: 'tab',
          'aria-selected': id === chosen,
          'aria-controls': panelId,
          id: `${panelId}-${id}`,
          tabIndex: id === chosen ? 0 : -1,
          onclick: () => this.#choose(id),
        },
        label,
      ),
    );
    this.element.replaceChildren(...this.#buttons);
    if (hadFocus) this.#buttons.find(button => button.tabIndex === 0)?.focus();
  }

  #key(event: KeyboardEvent): void {
    const at = this.#buttons.findIndex(button => button.tabIndex === 0);
    const last = this.#buttons.length - 1;
    const next = { ArrowRight: at === last ? 0 : at + 1, ArrowLeft: at === 0 ? last : at - 1, Home: 0, End: last }[
      event.key
    ];
    if (next === undefined) return;
    event.preventDefault();
    this.#buttons[next]?.click();
  }
}
