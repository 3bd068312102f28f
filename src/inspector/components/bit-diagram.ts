import type { FrameField } from '../../wire/frame-fields.js';
import { define, h } from '../dom.js';

/** Rows of the RFC have 32 bits. A phone has room for 16. */
const WIDE = 32;
const NARROW = 16;
const NARROW_BELOW = 400;

/**
 * The header of a frame as RFC 6455 §5.2 draws it, with the bits of this frame.
 *
 *     diagram.show(fields, bytes)
 *
 * Emits `field` with the index of a field that the pointer is on (or -1), and highlights a field on `highlight(index)`.
 * With `isEditable`, each bit is a button, and `bit` is emitted with the offset of the bit that was pressed.
 */
export class BitDiagram extends HTMLElement {
  isEditable = false;
  #fields: readonly FrameField[] = [];
  #bytes: Uint8Array = new Uint8Array(0);
  #columns = 0;
  #observer = new ResizeObserver(() => this.#fit());

  connectedCallback(): void {
    this.#observer.observe(this);
    this.#fit();
  }

  disconnectedCallback(): void {
    this.#observer.disconnect();
  }

  /** @param bytes the bytes from the start of the header, at least as many as the fields have bits for */
  show(fields: readonly FrameField[], bytes: Uint8Array): void {
    this.#fields = fields;
    this.#bytes = bytes;
    this.#draw();
  }

  highlight(index: number): void {
    for (const part of this.querySelectorAll<HTMLElement>('.field')) {
      part.classList.toggle('is-lit', part.dataset.index === String(index));
    }
  }

  #fit(): void {
    const columns = this.clientWidth > 0 && this.clientWidth < NARROW_BELOW ? NARROW : WIDE;
    if (columns === this.#columns) return;
    this.#columns = columns;
    this.#draw();
  }

  #draw(): void {
    if (this.#columns === 0) return;
    const columns = this.#columns;
    this.replaceChildren();
    this.dataset.columns = String(columns);
    if (!this.isEditable) {
      this.setAttribute('role', 'img');
      this.setAttribute(
        'aria-label',
        `Bits: ${this.#fields.map(field => `${field.name} ${fieldText(field)}`).join(', ')}`,
      );
    }
    const ruler = Array.from({ length: columns }, (_, bit) => h('span', {}, String(bit % 10)));
    this.append(h('div', { className: 'bit-ruler', 'aria-hidden': 'true' }, ...ruler));
    const rows: HTMLElement[] = [];
    this.#fields.forEach((field, index) => {
      for (let at = field.bit; at < field.bit + field.bits; ) {
        const row = Math.floor(at / columns);
        const length = Math.min(columns - (at % columns), field.bit + field.bits - at);
        rows[row] ??= h('div', { className: 'bit-row' });
        rows[row]!.append(this.#part(field, index, at, length));
        at += length;
      }
    });
    this.append(...rows.filter(row => row !== undefined));
  }

  #part(field: FrameField, index: number, at: number, length: number): HTMLElement {
    const isFirst = at === field.bit;
    const bits = Array.from({ length }, (_, i) => this.#bit(at + i, field));
    const label = isFirst ? field.name : `${field.name} (continued)`;
    const part = h(
      'div',
      {
        className: `field${length === 1 ? ' is-single' : ''}${field.error === undefined ? '' : ' is-wrong'}`,
        title: `${field.name} = ${fieldText(field)}: ${field.error?.message ?? field.meaning}`,
        onpointerenter: () => this.#emit('field', index),
        onpointerleave: () => this.#emit('field', -1),
      },
      h('span', { className: 'field-name' }, label),
      length > 3 && isFirst && h('span', { className: 'field-value' }, fieldText(field)),
      h('span', { className: 'bits' }, ...bits),
    );
    part.dataset.index = String(index);
    part.style.gridColumn = `${(at % this.#columns) + 1} / span ${length}`;
    return part;
  }

  #bit(offset: number, field: FrameField): HTMLElement {
    const byte = this.#bytes[offset >> 3];
    const text = byte === undefined ? ' ' : String((byte >> (7 - (offset & 7))) & 1);
    if (!this.isEditable) return h('i', {}, text);
    const label = `${field.name}, bit ${offset}: ${text}`;
    return h('button', { type: 'button', 'aria-label': label, onclick: () => this.#emit('bit', offset) }, text);
  }

  #emit(name: string, detail: number): void {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}

/** The value of a field as people read it. */
export function fieldText({ name, value }: FrameField): string {
  if (name === 'masking key') return value.toString(16).padStart(8, '0');
  return name === 'opcode' ? `0x${value.toString(16)}` : String(value);
}

define('ws-bit-diagram', BitDiagram);
