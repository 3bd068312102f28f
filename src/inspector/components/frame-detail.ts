import { type FrameField, frameFields } from '../../wire/frame-fields.js';
import type { FrameItem, MessageItem } from '../../wire/items.js';
import { define, h } from '../dom.js';
import { errorOf, type FrameContext, isText, kindOf, noteOf } from '../frame-notes.js';
import { hexPair, offsetText, plural, sizeText } from '../text.js';
import { BitDiagram, fieldText } from './bit-diagram.js';
import { PayloadView } from './payload-view.js';

/** How many bytes of the payload show the arithmetic of the mask. */
const MASKED_BYTES = 8;

/** Everything about one frame: bits, fields, mask, payload. With `isEditable`, it emits `bit` as BitDiagram does. */
export class FrameDetail extends HTMLElement {
  readonly #heading = h('h2', { className: 'detail-title', tabIndex: -1 });
  readonly #facts = h('dl', { className: 'facts' });
  readonly #error = h('p', { className: 'callout bad', hidden: true });
  readonly #diagram = new BitDiagram();
  readonly #fields = h('tbody');
  readonly #mask = h('div', { className: 'mask', hidden: true });
  readonly #payload = new PayloadView();

  set isEditable(isEditable: boolean) {
    this.#diagram.isEditable = isEditable;
  }

  connectedCallback(): void {
    if (this.childElementCount > 0) return;
    this.#diagram.addEventListener('bit', event => {
      this.dispatchEvent(new CustomEvent('bit', { detail: (event as CustomEvent<number>).detail }));
    });
    const head = ['Field', 'Value', 'Meaning', 'RFC'].map(text => h('th', { scope: 'col' }, text));
    this.#diagram.addEventListener('field', event => this.#light((event as CustomEvent<number>).detail));
    this.append(
      this.#heading,
      this.#error,
      this.#facts,
      this.#diagram,
      this.#payload,
      h('table', { className: 'fields' }, h('thead', {}, h('tr', {}, ...head)), this.#fields),
      this.#mask,
    );
  }

  show(frame: FrameItem, { start, message }: FrameContext = {}): void {
    const { header, payload } = frame;
    this.#heading.textContent = `#${frame.index} ${kindOf(frame)}`;
    this.#facts.replaceChildren(
      ...factsOf(frame, start, message).flatMap(([name, value]) => [h('dt', {}, name), h('dd', {}, value)]),
    );
    const error = errorOf(frame);
    this.#error.hidden = error === '';
    this.#error.textContent = error;
    const fields = frameFields(frame);
    this.#diagram.show(fields, header);
    this.#fields.replaceChildren(...fields.map((field, index) => this.#row(field, index)));
    this.#showMask(frame);
    const inflated = frame.isCompressed && message?.note === undefined ? message?.data : undefined;
    this.#payload.show({ bytes: payload, isText: isText(frame), isCompressed: frame.isCompressed, inflated });
  }

  /** Moves the focus to the heading, for the keyboard. */
  focusHeading(): void {
    this.#heading.focus();
  }

  /** Moves the focus to a bit of the header, after it was pressed and drawn again. */
  focusBit(bit: number): void {
    this.#diagram.querySelectorAll('button')[bit]?.focus();
  }

  #row(field: FrameField, index: number): HTMLElement {
    const { name, meaning, section, error } = field;
    return h(
      'tr',
      {
        className: error === undefined ? '' : 'is-wrong',
        onpointerenter: () => this.#light(index),
        onpointerleave: () => this.#light(-1),
      },
      h('th', { scope: 'row' }, name),
      h('td', { className: 'mono' }, fieldText(field)),
      h('td', {}, error === undefined ? meaning : `${meaning}: ${error.message}`),
      h('td', { className: 'quiet' }, error?.section ?? section),
    );
  }

  #light(index: number): void {
    this.#diagram.highlight(index);
    [...this.#fields.children].forEach((row, i) => {
      row.classList.toggle('is-lit', i === index);
    });
  }

  /** Shows for the first bytes that payload XOR key is what is on the wire (§5.3). */
  #showMask({ masked, header, payload }: FrameItem): void {
    this.#mask.hidden = !masked || payload.length === 0;
    if (this.#mask.hidden) return;
    const key = header.subarray(-4);
    const plain = Array.from(payload.subarray(0, MASKED_BYTES));
    const keys = plain.map((_, i) => key[i % 4]!);
    const row = (name: string, bytes: readonly number[]): HTMLElement =>
      h('tr', {}, h('th', { scope: 'row' }, name), ...bytes.map(byte => h('td', {}, hexPair(byte))));
    const wire = plain.map((byte, i) => byte ^ keys[i]!);
    this.#mask.replaceChildren(
      h(
        'h3',
        {},
        `Mask arithmetic (§5.3), ${payload.length > MASKED_BYTES ? `first ${MASKED_BYTES} bytes` : 'all bytes'}`,
      ),
      h(
        'table',
        { className: 'mono' },
        h('tbody', {}, row('on the wire', wire), row('XOR key', keys), row('= payload', plain)),
      ),
    );
  }
}

function factsOf(frame: FrameItem, start: number | undefined, message: MessageItem | undefined): [string, string][] {
  const { from, time, offset, header, payloadLength, received } = frame;
  const isCut = received < payloadLength;
  const facts: [string, string][] = [
    ['Direction', from === 'client' ? 'client → server' : 'server → client'],
    ['Time', timeText(time, start)],
    ['Size', `${plural(header.length, 'byte')} of header, ${sizeText(payloadLength)} of payload, at byte ${offset}`],
    ['Received', isCut ? `only ${sizeText(received)} of the payload` : ''],
    ['Says', noteOf(frame)],
    ['Message', message === undefined ? '' : messageText(message)],
  ];
  return facts.filter(([, value]) => value !== '');
}

function timeText(time: number | undefined, start: number | undefined): string {
  if (time === undefined) return '';
  const clock = new Date(time).toISOString().slice(11, 23);
  const offset = offsetText(time, start);
  return offset === '' ? `${clock} UTC` : `${offset} s (${clock} UTC)`;
}

function messageText({ frames, length, compressedLength, note }: MessageItem): string {
  const parts = [sizeText(length)];
  if (compressedLength !== undefined) parts.push(`from ${sizeText(compressedLength)} deflated`);
  if (frames !== undefined && frames[0] !== frames[1]) parts.push(`frames ${frames[0]} to ${frames[1]}`);
  if (note !== undefined) parts.push(note);
  return parts.join(', ');
}

define('ws-frame-detail', FrameDetail);
