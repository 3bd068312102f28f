import type { Conversation, Side } from '../wire/conversation.js';
import type { Diagnosis } from '../wire/diagnosis/index.js';
import type { FrameItem } from '../wire/items.js';
import {
  FrameDetail,
  FrameList,
  HandshakeView,
  SequenceDiagram,
  SparkChart,
  type Tab,
  TabRow,
} from './components/index.js';
import type { ConversationModel } from './conversation-model.js';
import { diagnosisList } from './diagnosis-list.js';
import { h } from './dom.js';
import { exportMenu } from './export-menu.js';
import { FilterBar } from './filter-bar.js';
import { FilteredFrames, isEmpty, passes } from './frame-filter.js';
import { SendForm } from './send-form.js';
import { countText, durationText, plural, sizeText } from './text.js';

const TABS: readonly Tab[] = [
  { id: 'frames', label: 'Frames' },
  { id: 'sequence', label: 'Sequence' },
  { id: 'handshake', label: 'Handshake' },
];
const SEND_TAB: Tab = { id: 'send', label: 'Send' };

const decoder = new TextDecoder();

/** What a ConversationView asks of the page. */
export interface ConversationOwner {
  /** Something changed, so draw() should be called soon. */
  changed(): void;
  send(model: ConversationModel, from: Side, frame: Uint8Array): void;
  /** Asks for the likely causes of a problem. */
  diagnose(model: ConversationModel): void;
  /** All connections, for an export. */
  conversations(): readonly Conversation[];
}

/** The chosen connection: charts, frames, sequence, handshake, and a form to send frames. */
export class ConversationView {
  readonly element: HTMLElement;
  readonly #owner: ConversationOwner;
  #model: ConversationModel | undefined;
  #frames: FilteredFrames | undefined;
  #generation = 0;
  /** How many frames the list shows while it is paused. */
  #pausedAt: number | undefined;
  #tab = 'frames';
  #sendsFrom: readonly Side[] = [];
  #problem = '';
  #diagnoses: readonly Diagnosis[] = [];
  readonly #heading = h('h2');
  readonly #state = h('span', { className: 'pill' });
  readonly #about = h('span', { className: 'quiet mono' });
  readonly #agreement = h('span', { className: 'chips' });
  readonly #problems = h('div', {
    className: 'diagnoses',
    hidden: true,
    role: 'group',
    tabIndex: 0,
    'aria-label': 'What is wrong',
  });
  readonly #charts = Array.from({ length: 4 }, () => new SparkChart());
  readonly #tabs = new TabRow('Views of the connection', 'view', id => this.#show(id));
  readonly #bar: FilterBar;
  readonly #list = new FrameList();
  readonly #detail = new FrameDetail();
  readonly #detailPanel = h(
    'aside',
    { className: 'detail', hidden: true, tabIndex: 0, 'aria-label': 'The chosen frame' },
    h('button', { type: 'button', className: 'detail-close', onclick: () => this.#closeDetail() }, 'Close'),
    this.#detail,
  );
  readonly #sequence = new SequenceDiagram();
  readonly #handshake = new HandshakeView();
  readonly #form: SendForm;
  readonly #views: Readonly<Record<string, HTMLElement>>;
  readonly #panel = h('div', { id: 'view', role: 'tabpanel', className: 'panel-host' });

  constructor(owner: ConversationOwner) {
    this.#owner = owner;
    const menu = exportMenu({
      conversations: which => (which === 'all' ? owner.conversations() : [this.#model!.conversation]),
    });
    this.#form = new SendForm((from, frame) => owner.send(this.#model!, from, frame));
    this.#bar = new FilterBar({
      changed: () => this.#filter(),
      paused: isPaused => this.#pause(isPaused),
      follow: follows => {
        this.#list.follows = follows;
      },
    });
    this.#views = {
      frames: h('div', { className: 'view frames-view' }, this.#bar.element, this.#list, this.#detailPanel),
      sequence: h('div', { className: 'view', tabIndex: 0 }, this.#sequence),
      handshake: h('div', { className: 'view', tabIndex: 0 }, this.#handshake),
      send: h('div', { className: 'view' }, this.#form.element),
    };
    this.#panel.append(...Object.values(this.#views));
    this.element = h(
      'section',
      { className: 'conversation', hidden: true, 'aria-label': 'Connection' },
      h(
        'div',
        { className: 'conversation-top' },
        h(
          'div',
          { className: 'conversation-head' },
          this.#heading,
          this.#state,
          this.#agreement,
          this.#about,
          h('span', { className: 'spring' }),
          menu,
        ),
        this.#problems,
      ),
      h('div', { className: 'charts', role: 'group', tabIndex: 0, 'aria-label': 'The last minute' }, ...this.#charts),
      this.#tabs.element,
      this.#panel,
    );
    this.#list.addEventListener('choose', event => this.#openDetail((event as CustomEvent<number>).detail));
    this.#list.addEventListener('open', () => this.#detail.focusHeading());
    this.#list.addEventListener('unfollow', () => this.#bar.setFollows(false));
    this.#sequence.addEventListener('choose', event => this.#chooseFrame((event as CustomEvent<number>).detail));
    this.#show('frames');
  }

  get model(): ConversationModel | undefined {
    return this.#model;
  }

  get isPaused(): boolean {
    return this.#pausedAt !== undefined;
  }

  /** Shows another connection. */
  choose(model: ConversationModel): void {
    this.#model = model;
    this.element.hidden = false;
    if (this.isPaused) this.#pausedAt = model.frameCount;
    this.#problem = '';
    this.#problems.hidden = true;
    this.#closeDetail();
    this.#filter();
  }

  /** Allows to send frames for these sides. */
  allowSending(sides: readonly Side[]): void {
    this.#sendsFrom = sides;
    this.#form.allow(sides);
    this.#show(this.#tab);
  }

  /** Says what became of a frame that was sent by hand. */
  sent(problem: string | undefined): void {
    this.#form.sent(problem);
  }

  /** Handles a key that was pressed anywhere on the page. */
  key(event: KeyboardEvent): void {
    const isTyping = /^(INPUT|TEXTAREA|SELECT)$/.test((event.target as Element).tagName);
    if (event.key === 'Escape' && !this.#detailPanel.hidden) {
      this.#closeDetail();
      this.#list.focus();
    } else if (event.key === '/' && !isTyping && !this.element.hidden) {
      event.preventDefault();
      this.#show('frames');
      this.#bar.focusSearch();
    }
  }

  /** Draws the frames that were added. Called for each frame of the screen if need be. */
  drawFrames(): void {
    const model = this.#model;
    if (model === undefined) return;
    if (model.generation !== this.#generation) this.#filter();
    this.#frames?.update();
    this.#list.update(model.start);
  }

  /** Draws everything else. */
  draw(): void {
    const model = this.#model;
    if (model === undefined) return;
    const { target, state, client = '', server = '', frameCount } = model;
    setText(this.#heading, target);
    setText(this.#state, state);
    this.#state.dataset.state = state;
    setText(this.#about, `${client} → ${server}${model.isTls ? ' over TLS' : ''}`);
    const agreement = model.agreement.map(text => h('span', { className: 'pill' }, text));
    if (agreement.length !== this.#agreement.childElementCount) this.#agreement.replaceChildren(...agreement);
    const shown = this.#frames?.length ?? 0;
    const total = plural(frameCount, 'frame');
    this.#bar.setCount(shown === frameCount || this.isPaused ? total : `${countText(shown)} of ${total}`);
    this.#bar.setMissed(this.isPaused ? frameCount - this.#pausedAt! : 0);
    this.#drawProblem(model);
    if (!this.isPaused) this.#drawCharts(model);
    if (this.#tab === 'sequence') this.#sequence.show(model.steps, model.start, { client, server });
    const body = model.body === undefined ? '' : decoder.decode(model.body.bytes);
    if (this.#tab === 'handshake') this.#handshake.show(model.heads, body);
  }

  #filter(): void {
    const model = this.#model;
    if (model === undefined) return;
    const { filter } = this.#bar;
    const dropped = model.frameCount - model.frames.length;
    const limit = this.isPaused ? Math.max(0, this.#pausedAt! - dropped) : Number.POSITIVE_INFINITY;
    const source = {
      get length() {
        return Math.min(limit, model.frames.length);
      },
      at: (position: number) => model.frames[position],
      inflated: (frame: FrameItem) => model.inflated(frame),
    };
    this.#frames = new FilteredFrames(
      source,
      isEmpty(filter) ? () => true : frame => passes(frame, filter, model.inflated(frame)),
    );
    this.#generation = model.generation;
    this.#list.show(this.#frames, model.start);
    this.#owner.changed();
  }

  #pause(isPaused: boolean): void {
    this.#pausedAt = isPaused ? this.#model?.frameCount : undefined;
    const position = this.#list.scrollTop;
    this.#filter();
    if (!this.#list.follows) this.#list.scrollTop = position;
  }

  #show(tab: string): void {
    this.#tab = tab;
    this.#tabs.show(this.#sendsFrom.length > 0 ? [...TABS, SEND_TAB] : TABS, tab);
    this.#panel.setAttribute('aria-labelledby', `view-${tab}`);
    for (const [id, view] of Object.entries(this.#views)) view.hidden = id !== tab;
    this.#owner.changed();
  }

  #openDetail(index: number): void {
    const frame = this.#frames?.at(index);
    if (frame === undefined) return;
    this.#detailPanel.hidden = false;
    this.#views.frames!.classList.add('has-detail');
    this.#detail.show(frame, this.#model!.context(frame));
    this.#detailPanel.scrollTop = 0;
    // On a phone, the details are below the list.
    this.#detailPanel.scrollIntoView({ block: 'nearest' });
  }

  #closeDetail(): void {
    this.#detailPanel.hidden = true;
    this.#views.frames?.classList.remove('has-detail');
  }

  /** Shows a frame by its number among all frames. */
  #chooseFrame(number: number): void {
    const model = this.#model!;
    this.#bar.clear();
    this.#list.follows = false;
    this.#bar.setFollows(false);
    this.#show('frames');
    this.#filter();
    const position = number - (model.frameCount - model.frames.length);
    requestAnimationFrame(() => {
      this.#list.focus();
      this.#list.choose(Math.max(0, position));
    });
  }

  #drawProblem(model: ConversationModel): void {
    const { problem, diagnoses } = model;
    const isNew = problem !== this.#problem;
    if (!isNew && diagnoses === this.#diagnoses) return;
    this.#problem = problem;
    this.#diagnoses = diagnoses;
    this.#problems.hidden = problem === '';
    this.#problems.replaceChildren(...(problem === '' ? [] : diagnosisList(problem, diagnoses)));
    if (isNew && problem !== '') this.#owner.diagnose(model);
  }

  #drawCharts({ meter }: ConversationModel): void {
    const now = Date.now();
    const [frames, bytes] = [meter.history('frames', now), meter.history('bytes', now)];
    const sizes = meter.history('payload', now).map((sum, i) => (frames[i] === 0 ? undefined : sum! / frames[i]!));
    const latency = meter.history('latency', now);
    // The last second is not over.
    const last = (values: readonly (number | undefined)[]): number => values.at(-2) ?? 0;
    const size = sizes.findLast(value => value !== undefined);
    const [rate, throughput, mean, ping] = this.#charts;
    rate!.show('Frames per second', frames.slice(0, -1), countText(last(frames)));
    throughput!.show('Bytes per second', bytes.slice(0, -1), sizeText(last(bytes)));
    mean!.show('Mean payload', sizes, size === undefined ? '–' : sizeText(Math.round(size)));
    ping!.show('Ping round trip', latency, meter.latency === undefined ? '–' : durationText(meter.latency));
  }
}

/** Sets a text only if it differs, so that a selection of it stays. */
function setText(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}
