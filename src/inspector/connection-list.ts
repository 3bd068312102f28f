import type { ConversationModel } from './conversation-model.js';
import { h } from './dom.js';
import { plural } from './text.js';

/** More connections are not listed, the oldest first. */
const MAX_LISTED = 300;

/** The list of connections, newest last. */
export class ConnectionList {
  readonly element: HTMLElement;
  readonly #list = h('ul', { className: 'connections' });
  readonly #rest = h('p', { className: 'quiet', hidden: true });
  readonly #choose: (model: ConversationModel) => void;
  readonly #items = new Map<number, Item>();

  constructor(choose: (model: ConversationModel) => void) {
    this.#choose = choose;
    this.element = h(
      'nav',
      { className: 'panel side', 'aria-label': 'Connections' },
      h('h2', {}, 'Connections'),
      this.#list,
      this.#rest,
    );
  }

  show(models: readonly ConversationModel[], chosen: ConversationModel | undefined): void {
    const hidden = Math.max(0, models.length - MAX_LISTED);
    this.#rest.hidden = hidden === 0;
    this.#rest.textContent = `${plural(hidden, 'older connection')} not listed`;
    for (const model of models.slice(0, hidden)) {
      this.#items.get(model.id)?.element.remove();
      this.#items.delete(model.id);
    }
    for (const model of models.slice(hidden)) {
      let item = this.#items.get(model.id);
      if (item === undefined) {
        item = new Item(model, () => this.#choose(model));
        this.#items.set(model.id, item);
        this.#list.append(item.element);
      }
      item.update(model, model === chosen);
    }
  }
}

class Item {
  readonly element: HTMLElement;
  readonly #button: HTMLButtonElement;
  readonly #target = h('span', { className: 'connection-target' });
  readonly #state = h('span', { className: 'pill' });
  readonly #more = h('span', { className: 'connection-more quiet' });
  #shown = '';

  constructor(model: ConversationModel, choose: () => void) {
    this.#button = h(
      'button',
      { type: 'button', onclick: choose },
      h('span', { className: 'connection-head' }, h('b', {}, `#${model.id}`), this.#target, this.#state),
      this.#more,
    );
    this.element = h('li', {}, this.#button);
  }

  update(model: ConversationModel, isChosen: boolean): void {
    const { state, target, client = '', frameCount } = model;
    const shown = `${state} ${target} ${frameCount} ${isChosen}`;
    if (shown === this.#shown) return;
    this.#shown = shown;
    this.#target.textContent = target;
    this.#state.textContent = state;
    this.#state.dataset.state = state;
    this.#more.textContent = `${client} · ${plural(frameCount, 'frame')}`;
    if (isChosen) this.#button.setAttribute('aria-current', 'true');
    else this.#button.removeAttribute('aria-current');
  }
}
