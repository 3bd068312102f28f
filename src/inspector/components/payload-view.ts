import { define, h } from '../dom.js';
import { hexLine, sizeText, visible } from '../text.js';
import { TabRow } from './tabs.js';

/** How many bytes are shown at once. A button shows more. */
const TEXT_STEP = 16_384;
const HEX_STEP = 4_096;

/** JSON of more characters is not formatted. */
const MAX_JSON = 2 ** 20;

/** What a payload view shows. */
export interface Payload {
  /** As on the wire, but unmasked. */
  readonly bytes: Uint8Array;
  /** Whether the bytes, inflated if they are compressed, are text. */
  readonly isText: boolean;
  readonly isCompressed?: boolean;
  /** The bytes of the message without compression, if it was compressed and could be inflated. */
  readonly inflated?: Uint8Array | undefined;
}

const decoder = new TextDecoder();
let count = 0;

/** A payload as text, as JSON, as a hex dump and inflated, whichever apply. */
export class PayloadView extends HTMLElement {
  readonly #id = `payload-${++count}`;
  readonly #panel = h('div', { id: this.#id, className: 'payload-panel', role: 'tabpanel', tabIndex: 0 });
  readonly #tabs = new TabRow('Payload as', this.#id, id => this.#choose(id));
  #payload: Payload = { bytes: new Uint8Array(0), isText: false };
  /** The last choice of the person, which stays if the next payload has it. */
  #wanted = '';
  #limit = 0;

  connectedCallback(): void {
    if (this.childElementCount === 0) this.append(this.#tabs.element, this.#panel);
  }

  show(payload: Payload): void {
    this.#payload = payload;
    this.#limit = 0;
    this.#draw();
  }

  #choose(id: string): void {
    this.#wanted = id;
    this.#limit = 0;
    this.#draw();
  }

  #draw(): void {
    const { bytes, inflated, isCompressed = false } = this.#payload;
    const content = inflated ?? bytes;
    const isText = this.#payload.isText && (!isCompressed || inflated !== undefined);
    const json = isText ? jsonOf(content) : undefined;
    const tabs = [
      ...(json === undefined ? [] : [{ id: 'json', label: 'JSON' }]),
      ...(isText || looksLikeText(content) ? [{ id: 'text', label: 'Text' }] : []),
      { id: 'hex', label: inflated === undefined ? 'Hex' : 'Hex, inflated' },
      ...(inflated === undefined ? [] : [{ id: 'raw', label: 'Hex, deflated' }]),
    ];
    const chosen = tabs.find(({ id }) => id === this.#wanted)?.id ?? tabs[0]!.id;
    this.#tabs.show(tabs, chosen);
    this.#panel.setAttribute('aria-labelledby', `${this.#id}-${chosen}`);
    if (chosen === 'json') this.#panel.replaceChildren(...this.#text(json!, json!.length));
    else if (chosen === 'text') this.#panel.replaceChildren(...this.#decoded(content));
    else this.#panel.replaceChildren(...this.#hex(chosen === 'raw' ? bytes : content));
  }

  #decoded(bytes: Uint8Array): Node[] {
    const limit = this.#limit || TEXT_STEP;
    return this.#text(decoder.decode(bytes.subarray(0, limit)), bytes.length, limit);
  }

  #text(text: string, length: number, limit: number = this.#limit || TEXT_STEP): Node[] {
    const shown = visible(text.slice(0, limit)).replaceAll('␊', '\n').replaceAll('␉', '\t').replaceAll('␍\n', '\n');
    return [h('pre', {}, shown), ...this.#more(limit, length, TEXT_STEP)];
  }

  #hex(bytes: Uint8Array): Node[] {
    if (bytes.length === 0) return [h('p', { className: 'quiet' }, 'Empty')];
    const limit = this.#limit || HEX_STEP;
    const columns = this.clientWidth > 0 && this.clientWidth < 560 ? 8 : 16;
    const lines: string[] = [];
    for (let at = 0; at < Math.min(bytes.length, limit); at += columns) lines.push(hexLine(bytes, at, columns));
    return [h('pre', { className: 'hex' }, lines.join('\n')), ...this.#more(limit, bytes.length, HEX_STEP)];
  }

  #more(limit: number, length: number, step: number): Node[] {
    if (length <= limit) return [];
    const more = (): void => {
      this.#limit = limit + step * 8;
      this.#draw();
    };
    return [h('button', { type: 'button', onclick: more }, `Show more (${sizeText(length - limit)} hidden)`)];
  }
}

function jsonOf(bytes: Uint8Array): string | undefined {
  if (bytes.length === 0 || bytes.length > MAX_JSON) return undefined;
  const text = decoder.decode(bytes);
  // A bare number or word is better read as text.
  if (!/^\s*[[{]/.test(text)) return undefined;
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return undefined;
  }
}

function looksLikeText(bytes: Uint8Array): boolean {
  return bytes.length > 0 && bytes.subarray(0, 256).every(byte => (byte >= 0x20 && byte < 0x7f) || byte === 0x0a);
}

define('ws-payload-view', PayloadView);
