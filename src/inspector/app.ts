import type { FrameItem } from '../wire/items.js';
import type { LiveRecord } from '../wire/live-record.js';
import { FrameDetail } from './components/frame-detail.js';
import { FrameList } from './components/frame-list.js';
import { HandshakeView } from './components/handshake-view.js';
import { SequenceDiagram } from './components/sequence-diagram.js';
import { SparkChart } from './components/spark-chart.js';
import { TabRow } from './components/tabs.js';
import { ConnectionList } from './connection-list.js';
import { ConversationModel } from './conversation-model.js';
import { h } from './dom.js';
import { FilteredFrames, isEmpty, passes } from './frame-filter.js';
import { type Hello, LiveSocket } from './live-socket.js';
import { countText, durationText, plural, sizeText } from './text.js';
import { themeButton } from './theme.js';
import { FilterBar } from './toolbar.js';

/** How often the slower parts are drawn, in milliseconds. */
const SLOW = 250;

const TABS = [
  { id: 'frames', label: 'Frames' },
  { id: 'sequence', label: 'Sequence' },
  { id: 'handshake', label: 'Handshake' },
];

const decoder = new TextDecoder();

/** The inspector page. */
export class App {
  readonly #models = new Map<number, ConversationModel>();
  #chosen: ConversationModel | undefined;
  #frames: FilteredFrames | undefined;
  /** How many frames the list shows while it is paused. */
  #pausedAt: number | undefined;
  #generation = 0;
  #tab = 'frames';
  #isDirty = false;
  #drawnAt = 0;
  readonly #title = h('span', { className: 'title quiet' });
  readonly #link = h('span', { className: 'link-state', role: 'status' }, 'connecting');
  readonly #news = h('p', { className: 'spoken', role: 'status' });
  readonly #connections = new ConnectionList(model => this.#choose(model));
  readonly #heading = h('h2');
  readonly #state = h('span', { className: 'pill' });
  readonly #about = h('span', { className: 'quiet mono' });
  readonly #charts = Array.from({ length: 4 }, () => new SparkChart());
  readonly #tabs = new TabRow('Views of the connection', 'view', id => this.#show(id));
  readonly #bar = new FilterBar({
    changed: () => this.#filter(),
    paused: isPaused => this.#pause(isPaused),
    follow: follows => {
      this.#list.follows = follows;
    },
  });
  readonly #list = new FrameList();
  readonly #detail = new FrameDetail();
  readonly #detailPanel = h(
    'aside',
    { className: 'detail', hidden: true, 'aria-label': 'The chosen frame' },
    h('button', { type: 'button', className: 'detail-close', onclick: () => this.#closeDetail() }, 'Close'),
    this.#detail,
  );
  readonly #framesView = h('div', { className: 'view frames-view' }, this.#bar.element, this.#list, this.#detailPanel);
  readonly #sequence = new SequenceDiagram();
  readonly #handshake = new HandshakeView();
  readonly #otherView = h('div', { className: 'view', hidden: true, tabIndex: 0 });
  readonly #panel = h(
    'div',
    { id: 'view', role: 'tabpanel', className: 'panel-host' },
    this.#framesView,
    this.#otherView,
  );
  readonly #conversation = h(
    'section',
    { className: 'conversation', hidden: true, 'aria-label': 'Connection' },
    h('div', { className: 'conversation-head' }, this.#heading, this.#state, this.#about),
    h('div', { className: 'charts', role: 'group', 'aria-label': 'The last minute' }, ...this.#charts),
    this.#tabs.element,
    this.#panel,
  );
  readonly #empty = h(
    'section',
    { className: 'empty' },
    h('h2', {}, 'Waiting for a connection'),
    h('p', {}, 'Connect a WebSocket client, and it appears here.'),
  );

  constructor() {
    document.body.append(
      h(
        'div',
        { className: 'app' },
        h(
          'header',
          { className: 'top' },
          h('a', { className: 'skip', href: '#view' }, 'Skip to the connection'),
          h('h1', {}, 'ws101 inspector'),
          this.#title,
          h('span', { className: 'spring' }),
          this.#link,
          themeButton(),
        ),
        h('main', { className: 'columns' }, this.#connections.element, this.#empty, this.#conversation),
        this.#news,
      ),
    );
    this.#list.addEventListener('choose', event => this.#openDetail((event as CustomEvent<number>).detail));
    this.#list.addEventListener('open', () => this.#detail.focusHeading());
    this.#list.addEventListener('unfollow', () => this.#bar.setFollows(false));
    this.#sequence.addEventListener('choose', event => this.#chooseFrame((event as CustomEvent<number>).detail));
    document.addEventListener('keydown', event => this.#key(event));
    this.#show('frames');
    const url = new URL(location.href);
    url.protocol = url.protocol.replace('http', 'ws');
    url.pathname = '/live';
    new LiveSocket(url, {
      hello: hello => this.#hello(hello),
      records: records => this.#records(records),
      dropped: records => this.#say(`${plural(records, 'record')} were dropped: the page could not keep up.`),
      sent: () => {},
      closed: reason => {
        this.#link.textContent = reason;
        this.#link.dataset.state = 'gone';
      },
    });
  }

  #hello({ title }: Hello): void {
    this.#title.textContent = title;
    this.#link.textContent = 'live';
  }

  #records(records: readonly LiveRecord[]): void {
    for (const record of records) {
      if (record.type === 'open') {
        const model = new ConversationModel(record);
        this.#models.set(record.connection, model);
        if (this.#chosen === undefined) this.#choose(model);
      } else this.#models.get(record.connection)?.push(record);
    }
    this.#schedule();
  }

  #choose(model: ConversationModel): void {
    this.#chosen = model;
    this.#empty.hidden = true;
    this.#conversation.hidden = false;
    this.#closeDetail();
    this.#filter();
    this.#show(this.#tab);
    this.#drawnAt = 0;
    this.#schedule();
  }

  #filter(): void {
    const model = this.#chosen;
    if (model === undefined) return;
    const { filter } = this.#bar;
    const limit = this.#pausedAt;
    const source = {
      get length() {
        return limit ?? model.frames.length;
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
    this.#schedule();
  }

  #pause(isPaused: boolean): void {
    this.#pausedAt = isPaused ? this.#chosen?.frames.length : undefined;
    this.#link.dataset.state = isPaused ? 'paused' : '';
    this.#link.textContent = isPaused ? 'paused' : 'live';
    this.#filter();
  }

  #show(tab: string): void {
    this.#tab = tab;
    this.#tabs.show(TABS, tab);
    this.#panel.setAttribute('aria-labelledby', `view-${tab}`);
    this.#framesView.hidden = tab !== 'frames';
    this.#otherView.hidden = tab === 'frames';
    if (tab !== 'frames') this.#otherView.replaceChildren(tab === 'sequence' ? this.#sequence : this.#handshake);
    this.#drawnAt = 0;
    this.#schedule();
  }

  #openDetail(index: number): void {
    const frame = this.#frames?.at(index);
    if (frame === undefined) return;
    this.#detailPanel.hidden = false;
    this.#framesView.classList.add('has-detail');
    this.#detail.show(frame, this.#chosen!.context(frame));
  }

  #closeDetail(): void {
    this.#detailPanel.hidden = true;
    this.#framesView.classList.remove('has-detail');
  }

  #chooseFrame(index: number): void {
    this.#bar.clear();
    this.#list.follows = false;
    this.#bar.setFollows(false);
    this.#show('frames');
    this.#filter();
    requestAnimationFrame(() => this.#list.choose(index));
  }

  #key(event: KeyboardEvent): void {
    const isTyping = /^(INPUT|TEXTAREA|SELECT)$/.test((event.target as Element).tagName);
    if (event.key === 'Escape' && !this.#detailPanel.hidden) {
      this.#closeDetail();
      this.#list.focus();
    } else if (event.key === '/' && !isTyping) {
      event.preventDefault();
      this.#show('frames');
      this.#bar.focusSearch();
    }
  }

  #say(text: string): void {
    this.#news.textContent = text;
  }

  /** Draws at most once per frame of the screen, and the slower parts less often. */
  #schedule(): void {
    if (this.#isDirty) return;
    this.#isDirty = true;
    requestAnimationFrame(time => {
      this.#isDirty = false;
      this.#draw(time);
    });
  }

  #draw(time: number): void {
    const model = this.#chosen;
    if (model !== undefined && model.generation !== this.#generation) this.#filter();
    this.#frames?.update();
    if (model !== undefined) this.#list.update(model.start);
    if (time - this.#drawnAt < SLOW) {
      setTimeout(() => this.#schedule(), SLOW);
      return;
    }
    this.#drawnAt = time;
    this.#connections.show([...this.#models.values()], model);
    if (model !== undefined) this.#drawConversation(model);
  }

  #drawConversation(model: ConversationModel): void {
    const { target, state, client = '', server = '', frames } = model;
    this.#heading.textContent = target;
    this.#state.textContent = state;
    this.#state.dataset.state = state;
    this.#about.textContent = `${client} → ${server}`;
    const total = frames.length;
    const shown = this.#frames?.length ?? 0;
    this.#bar.setCount(shown === total ? plural(total, 'frame') : `${countText(shown)} of ${plural(total, 'frame')}`);
    this.#bar.setMissed(this.#pausedAt === undefined ? '' : ` (${countText(total - this.#pausedAt)} new)`);
    if (this.#pausedAt === undefined) this.#drawCharts(model);
    if (this.#tab === 'sequence') this.#sequence.show(model.steps, model.start, { client, server });
    if (this.#tab === 'handshake')
      this.#handshake.show(model.heads, model.body === undefined ? '' : decoder.decode(model.body.bytes));
  }

  #drawCharts({ meter }: ConversationModel): void {
    const now = Date.now();
    const history = (name: 'frames' | 'bytes' | 'payload' | 'latency') => meter.history(name, now);
    const [frames, bytes, payload, latency] = [
      history('frames'),
      history('bytes'),
      history('payload'),
      history('latency'),
    ];
    const last = (values: readonly (number | undefined)[]): number => values.at(-2) ?? 0;
    const sizes = payload.map((sum, i) => ((frames[i] ?? 0) > 0 ? sum! / frames[i]! : undefined));
    const [rate, throughput, size, ping] = this.#charts;
    rate!.show('Frames per second', frames, countText(last(frames)));
    throughput!.show('Bytes per second', bytes, sizeText(last(bytes)));
    size!.show(
      'Payload, mean',
      sizes,
      sizes.findLast(value => value !== undefined) === undefined
        ? '–'
        : sizeText(sizes.findLast(value => value !== undefined)!),
    );
    ping!.show('Ping round trip', latency, meter.latency === undefined ? '–' : durationText(meter.latency));
  }
}
