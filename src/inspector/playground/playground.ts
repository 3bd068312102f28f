import { TabRow } from '../components/tabs.js';
import { h } from '../dom.js';
import { themeButton } from '../theme.js';
import { CaptureTab } from './capture-tab.js';
import { FramesTab } from './frames-tab.js';
import { HandshakeTab } from './handshake-tab.js';
import { currentPlace, remember } from './permalink.js';

/** A part of the playground. */
interface Part {
  readonly label: string;
  readonly element: HTMLElement;
  /** Shows a state that it remembered before, or an example for ''. */
  open(state: string): void;
}

/** The playground: frames, handshakes and captures, without a server. */
class Playground {
  readonly #parts: Readonly<Record<string, Part>>;
  readonly #panel = h('div', { id: 'panel', role: 'tabpanel', className: 'play' });
  readonly #tabs = new TabRow('Parts of the playground', 'panel', id => this.#open(id, ''));

  constructor() {
    const rememberIn = (tab: string) => (state: string) => remember({ tab, state });
    this.#parts = {
      frames: part('Frames', new FramesTab(rememberIn('frames'))),
      handshake: part('Handshake', new HandshakeTab(rememberIn('handshake'))),
      capture: part('Capture', new CaptureTab(rememberIn('capture'))),
    };
    const copy = h('button', { type: 'button', className: 'quiet-button' }, 'Copy link');
    copy.addEventListener('click', () => void this.#copyLink(copy));
    document.body.append(
      h(
        'header',
        { className: 'top' },
        h('h1', {}, 'ws101 playground'),
        h('span', { className: 'title quiet' }, 'WebSocket (RFC 6455), byte for byte'),
        h('span', { className: 'spring' }),
        copy,
        themeButton(),
      ),
      h('main', {}, this.#tabs.element, this.#panel),
    );
    const { tab, state } = currentPlace();
    this.#open(tab, state);
    addEventListener('hashchange', () => {
      const place = currentPlace();
      this.#open(place.tab, place.state);
    });
  }

  #open(wanted: string, state: string): void {
    const id = Object.hasOwn(this.#parts, wanted) ? wanted : 'frames';
    const tabs = Object.entries(this.#parts).map(([id, { label }]) => ({ id, label }));
    this.#tabs.show(tabs, id);
    this.#panel.setAttribute('aria-labelledby', `panel-${id}`);
    const { element } = this.#parts[id]!;
    this.#panel.replaceChildren(element);
    this.#parts[id]!.open(state);
  }

  async #copyLink(button: HTMLButtonElement): Promise<void> {
    try {
      await navigator.clipboard.writeText(location.href);
      button.textContent = 'Copied';
    } catch {
      // Pages from the file system may not write to the clipboard.
      button.textContent = 'Copy the address of this page';
    }
    setTimeout(() => {
      button.textContent = 'Copy link';
    }, 2000);
  }
}

function part(label: string, tab: Omit<Part, 'label'>): Part {
  return { label, element: tab.element, open: state => tab.open(state) };
}

new Playground();
