import { readCapture } from '../../wire/capture/index.js';
import type { Conversation } from '../../wire/conversation.js';
import { diagnose } from '../../wire/diagnosis/index.js';
import { ConnectionList } from '../connection-list.js';
import { ConversationModel } from '../conversation-model.js';
import { ConversationView } from '../conversation-view.js';
import { h } from '../dom.js';

/** Captures up to this size are kept in the link. */
const MOST_REMEMBERED = 6_000;

/** The handshake and the first frames of the RFC's example, as one would paste it. */
const EXAMPLE = `81 85 37 fa 21 3d 7f 9f 4d 51 58
81 05 48 65 6c 6c 6f
88 82 37 fa 21 3d 34 12
88 02 03 e8`;

const encoder = new TextEncoder();

/** Paste a dump, or drop a file: its connections are decoded and judged. */
export class CaptureTab {
  readonly #remember: (state: string) => void;
  #isScheduled = false;
  readonly #text = h('textarea', {
    className: 'mono',
    rows: 6,
    spellcheck: false,
    'aria-label': 'A capture as text',
    placeholder: 'Hex, a dump of xxd or Wireshark, a HAR file …',
    oninput: () => this.#typed(),
  });
  readonly #file = h('input', { type: 'file', 'aria-label': 'A capture file', onchange: () => this.#chooseFile() });
  readonly #notes = h('ul', { className: 'notes' });
  #models: readonly ConversationModel[] = [];
  readonly #connections = h('div', { className: 'play-connections' });
  readonly #view = new ConversationView({
    changed: () => this.#schedule(),
    send: () => {},
    conversations: () => this.#models.map(model => model.conversation),
    diagnose: model => {
      model.diagnoses = diagnose(model.facts);
      this.#schedule();
    },
  });
  readonly element: HTMLElement;

  constructor(remember: (state: string) => void) {
    this.#remember = remember;
    this.element = h(
      'div',
      { className: 'capture-tab' },
      h(
        'section',
        { className: 'play-panel' },
        h('h2', {}, 'A capture'),
        h(
          'p',
          { className: 'quiet' },
          'Paste it, choose a file, or drop one here: pcap, pcapng, HAR, JSON Lines, hex.',
        ),
        this.#text,
        h('div', { className: 'buttons' }, this.#file),
        h('div', { role: 'status' }, this.#notes),
      ),
      h('div', { className: 'columns' }, this.#connections, this.#view.element),
    );
    this.element.addEventListener('dragover', event => event.preventDefault());
    this.element.addEventListener('drop', event => {
      event.preventDefault();
      void this.#readFile(event.dataTransfer?.files[0]);
    });
    document.addEventListener('keydown', event => {
      if (this.element.isConnected) this.#view.key(event);
    });
  }

  /** Shows a state that it remembered, or an example. */
  open(state: string): void {
    this.#text.value = state === '' ? EXAMPLE : state;
    this.#typed();
  }

  #typed(): void {
    const text = this.#text.value;
    this.#remember(text.length <= MOST_REMEMBERED ? text : '');
    this.#show(encoder.encode(text), undefined);
  }

  #chooseFile(): void {
    void this.#readFile(this.#file.files?.[0]);
  }

  async #readFile(file: File | undefined): Promise<void> {
    if (file === undefined) return;
    this.#text.value = '';
    this.#remember('');
    this.#show(new Uint8Array(await file.arrayBuffer()), file.name);
  }

  #show(bytes: Uint8Array, name: string | undefined): void {
    const notes: string[] = [];
    let models: ConversationModel[] = [];
    try {
      const capture = readCapture(bytes, name);
      notes.push(...capture.notes, ...capture.conversations.flatMap(conversation => conversation.notes));
      models = capture.conversations.map(modelOf);
    } catch (error) {
      notes.push((error as Error).message);
    }
    this.#models = models;
    this.#notes.replaceChildren(...notes.map(note => h('li', {}, note)));
    const list = new ConnectionList(model => this.#choose(model, list, models));
    this.#connections.replaceChildren(list.element);
    this.#connections.hidden = models.length < 2;
    this.#view.element.hidden = models.length === 0;
    if (models[0] !== undefined) this.#choose(models[0], list, models);
  }

  #choose(model: ConversationModel, list: ConnectionList, models: readonly ConversationModel[]): void {
    list.show(models, model);
    this.#view.choose(model);
    this.#schedule();
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    requestAnimationFrame(() => {
      this.#isScheduled = false;
      this.#view.drawFrames();
      this.#view.draw();
    });
  }
}

function modelOf({ id, client, server, events }: Conversation): ConversationModel {
  const time = events[0]?.time;
  const model = new ConversationModel({ type: 'open', connection: id, client, server, isTls: false, time });
  const offsets = { client: 0, server: 0 };
  for (const event of events) {
    model.push({ type: 'event', connection: id, event, offset: offsets[event.from] });
    if (event.type === 'bytes') offsets[event.from] += event.bytes.length;
    if (event.type === 'gap') offsets[event.from] += event.length;
  }
  return model;
}
