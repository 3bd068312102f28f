import type { Diagnosis } from '../wire/diagnosis/index.js';
import type { LiveRecord } from '../wire/live-record.js';
import { ConnectionList } from './connection-list.js';
import { ConversationModel } from './conversation-model.js';
import { ConversationView } from './conversation-view.js';
import { h } from './dom.js';
import { type Hello, LiveSocket } from './live-socket.js';
import { plural } from './text.js';
import { themeButton } from './theme.js';

/** How often the slower parts are drawn, in milliseconds. */
const SLOW = 250;

/** When the frames of all connections take more memory, in bytes, older ones are dropped. */
const MAX_COST = 2 ** 28;

/** The inspector page. */
export class App {
  readonly #models = new Map<number, ConversationModel>();
  readonly #socket: LiveSocket;
  #isScheduled = false;
  #drawnAt = 0;
  readonly #title = h('span', { className: 'title quiet' });
  readonly #link = h('span', { className: 'link-state', role: 'status' }, 'connecting');
  readonly #news = h('p', { className: 'spoken', role: 'status' });
  readonly #notice = h('p', { className: 'notice', role: 'status', hidden: true });
  readonly #connections = new ConnectionList(model => this.#choose(model));
  readonly #view = new ConversationView({
    changed: () => this.#redraw(),
    send: ({ id }, from, frame) => this.#socket.send(id, from, frame),
    conversations: () => [...this.#models.values()].map(model => model.conversation),
    diagnose: ({ id, facts }) => this.#socket.diagnose(id, facts),
  });
  readonly #empty = h(
    'section',
    { className: 'empty', 'aria-label': 'Connection' },
    h('h2', {}, 'Waiting for a connection'),
    h('p', {}, 'Connect a WebSocket client, and it appears here.'),
  );

  constructor() {
    const header = h(
      'header',
      { className: 'top' },
      h('a', { className: 'skip', href: '#view' }, 'Skip to the connection'),
      h('h1', {}, 'ws101 inspector'),
      this.#title,
      h('span', { className: 'spring' }),
      this.#link,
      themeButton(),
    );
    const main = h('main', { className: 'columns' }, this.#connections.element, this.#empty, this.#view.element);
    document.body.append(h('div', { className: 'app' }, h('div', {}, header, this.#notice), main, this.#news));
    document.addEventListener('keydown', event => this.#view.key(event));
    // The charts move on even if nothing happens.
    setInterval(() => this.#schedule(), 1000);
    const url = new URL(location.href);
    url.protocol = url.protocol.replace('http', 'ws');
    url.pathname = '/live';
    this.#socket = new LiveSocket(url, {
      hello: hello => this.#hello(hello),
      records: records => this.#records(records),
      dropped: records => this.#dropped(records),
      sent: problem => this.#view.sent(problem),
      diagnosis: (connection, diagnoses) => this.#diagnosed(connection, diagnoses),
      closed: reason => {
        this.#link.textContent = reason;
        this.#link.dataset.state = 'gone';
      },
    });
  }

  #hello({ title, sendsFrom }: Hello): void {
    this.#title.textContent = title;
    document.title = title === '' ? 'ws101 inspector' : `${title} – ws101 inspector`;
    this.#link.textContent = 'live';
    this.#view.allowSending(sendsFrom);
  }

  #records(records: readonly LiveRecord[]): void {
    for (const record of records) {
      if (record.type === 'event') this.#models.get(record.connection)?.push(record);
      else this.#open(new ConversationModel(record));
    }
    this.#limitMemory();
    this.#schedule();
  }

  #open(model: ConversationModel): void {
    this.#models.set(model.id, model);
    this.#news.textContent = `Connection ${model.id} from ${model.client ?? 'a client'}`;
    if (this.#view.model === undefined) this.#choose(model);
  }

  #dropped(records: number): void {
    this.#notice.hidden = false;
    this.#notice.textContent = `${plural(records, 'older event')} are not shown: the server keeps only the latest.`;
  }

  #diagnosed(connection: number, diagnoses: readonly Diagnosis[]): void {
    const model = this.#models.get(connection);
    if (model === undefined) return;
    model.diagnoses = diagnoses;
    this.#redraw();
  }

  #limitMemory(): void {
    const models = [...this.#models.values()];
    if (models.reduce((sum, { cost }) => sum + cost, 0) < MAX_COST) return;
    models.reduce((largest, model) => (model.cost > largest.cost ? model : largest)).shrink();
  }

  #choose(model: ConversationModel): void {
    this.#empty.hidden = true;
    this.#view.choose(model);
    this.#redraw();
  }

  /** Draws everything with the next frame of the screen. */
  #redraw(): void {
    this.#drawnAt = Number.NEGATIVE_INFINITY;
    this.#schedule();
  }

  /** Draws at most once per frame of the screen, and the slower parts less often. */
  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    requestAnimationFrame(time => {
      this.#isScheduled = false;
      this.#draw(time);
    });
  }

  #draw(time: number): void {
    this.#view.drawFrames();
    if (time - this.#drawnAt < SLOW) {
      setTimeout(() => this.#schedule(), SLOW);
      return;
    }
    this.#drawnAt = time;
    this.#connections.show([...this.#models.values()], this.#view.model);
    this.#view.draw();
    if (this.#link.dataset.state !== 'gone') this.#link.dataset.state = this.#view.isPaused ? 'paused' : 'live';
    if (this.#link.dataset.state === 'paused') this.#link.textContent = 'paused';
    else if (this.#link.dataset.state === 'live' && this.#link.textContent === 'paused')
      this.#link.textContent = 'live';
  }
}
