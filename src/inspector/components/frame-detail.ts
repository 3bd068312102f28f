import { define, h } from '../dom.js';
import { hexPair, offsetText, sizeText } from '../text.js';
import type { FieldView, FrameView } from '../views.js';
import { BitDiagram } from './bit-diagram.js';
import { PayloadView } from './payload-view.js';

/** How many bytes of the payload show the arithmetic of the mask. */
const MASKED_BYTES = 8;

/** What belongs to a frame besides its own bytes. */
export interface FrameContext {
  readonly fields: readonly FieldView[];
  /** The start of the conversation, for relative times. */
  readonly start?: number | undefined;
  /** The payload of the message without compression. */
  readonly inflated?: Uint8Array | undefined;
  /** More about the frame, such as the number of its message. */
  readonly facts?: readonly (readonly [name: string, value: string])[];
}

/** Everything about one frame: bits, fields, mask, payload. */
export class FrameDetail extends HTMLElement {
  readonly #heading = h('h2', { className: 'detail-title', tabIndex: -1 });
  readonly #facts = h('dl', { className: 'facts' });
  readonly #error = h('p', { className: 'callout bad', hidden: true });
  readonly #diagram = new BitDiagram();
  readonly #fields = h('tbody');
  readonly #mask = h('div', { className: 'mask' });
  readonly #payload = new PayloadView();

  connectedCallback(): void {
    if (this.childElementCount > 0) return;
    const head = ['Field', 'Value', 'Meaning', 'RFC'].map(text => h('th', { scope: 'col' }, text));
    this.#diagram.addEventListener('field', event => this.#light((event as CustomEvent<number>).detail));
    this.append(
      this.#heading,
      this.#error,
      this.#facts,
      this.#diagram,
      h('table', { className: 'fields' }, h('thead', {}, h('tr', {}, ...head)), this.#fields),
      this.#mask,
      h('h3', {}, 'Payload'),
      this.#payload,
    );
  }

  show(frame: FrameView, { fields, start, inflated, facts = [] }: FrameContext): void {
    this.#heading.textContent = `#${frame.number} ${frame.opcodeName}`;
    const direction = frame.from === 'client' ? 'client → server' : 'server → client';
    const all: (readonly [string, string])[] = [
      ['Direction', direction],
      ['Time', timeText(frame.time, start)],
      ['On the wire', `${sizeText(frame.size)} at byte ${frame.offset}`],
      ['Payload', inflated === undefined ? sizeText(frame.payloadLength) : inflatedText(frame.payloadLength, inflated)],
      ...(frame.note === '' ? [] : [['Says', frame.note] as const]),
      ...facts,
    ];
    this.#facts.replaceChildren(
      ...all
        .filter(([, value]) => value !== '')
        .map(([name, value]) => h('div', {}, h('dt', {}, name), h('dd', {}, value))),
    );
    const { error } = frame;
    this.#error.hidden = error === undefined;
    this.#error.textContent = error === undefined ? '' : `${error.text} (${error.section})`;
    const bytes = new Uint8Array(frame.header.length + 4);
    bytes.set(frame.header);
    this.#diagram.show(fields, bytes);
    this.#fields.replaceChildren(...fields.map((field, index) => this.#row(field, index)));
    this.#showMask(frame);
    this.#payload.show({ bytes: frame.payload, isText: frame.isText, inflated });
  }

  /** Moves the focus to the heading, for the keyboard. */
  focusHeading(): void {
    this.#heading.focus();
  }

  #row({ name, value, meaning, section, error }: FieldView, index: number): HTMLElement {
    return h(
      'tr',
      {
        className: error === undefined ? '' : 'is-wrong',
        onpointerenter: () => this.#light(index),
        onpointerleave: () => this.#light(-1),
      },
      h('th', { scope: 'row' }, name),
      h('td', { className: 'mono' }, value),
      h('td', {}, error ?? meaning),
      h('td', { className: 'quiet' }, section),
    );
  }

  #light(index: number): void {
    this.#diagram.highlight(index);
    [...this.#fields.children].forEach((row, i) => {
      row.classList.toggle('is-lit', i === index);
    });
  }

  /** Shows for the first bytes that payload XOR key is what is on the wire (§5.3). */
  #showMask({ maskingKey, payload }: FrameView): void {
    this.#mask.replaceChildren();
    if (maskingKey === undefined || payload.length === 0) return;
    const cells = (name: string, bytes: number[]): HTMLElement =>
      h('tr', {}, h('th', { scope: 'row' }, name), ...bytes.map(byte => h('td', {}, hexPair(byte))));
    const plain = Array.from(payload.subarray(0, MASKED_BYTES));
    const keys = plain.map((_, i) => maskingKey[i % 4]!);
    this.#mask.append(
      h(
        'details',
        {},
        h('summary', {}, 'Mask arithmetic (§5.3)'),
        h('p', { className: 'quiet' }, 'byte i of the payload = byte i on the wire XOR byte i mod 4 of the key'),
        h(
          'table',
          { className: 'mono' },
          h(
            'tbody',
            {},
            cells(
              'on the wire',
              plain.map((byte, i) => byte ^ keys[i]!),
            ),
            cells('XOR key', keys),
            cells('= payload', plain),
          ),
        ),
      ),
    );
  }
}

function timeText(time: number | undefined, start: number | undefined): string {
  if (time === undefined) return '';
  const clock = new Date(time).toISOString().slice(11, 23);
  const offset = offsetText(time, start);
  return offset === '' ? clock : `${offset} s (${clock} UTC)`;
}

function inflatedText(length: number, inflated: Uint8Array): string {
  return `${sizeText(length)} deflated, ${sizeText(inflated.length)} inflated`;
}

define('ws-frame-detail', FrameDetail);
