import { encodeClosePayload } from '../../framing/close-payload.js';
import { OPCODE } from '../../framing/opcode.js';
import type { Side } from '../../wire/conversation.js';
import { frameBytes, type LengthForm } from '../../wire/frame-bytes.js';
import { h } from '../dom.js';
import { hexPair } from '../text.js';
import { readHex } from './hex.js';

const KINDS = ['text', 'binary', 'ping', 'pong', 'close'] as const;
type Kind = (typeof KINDS)[number];

const OPCODES = {
  text: OPCODE.TEXT,
  binary: OPCODE.BINARY,
  ping: OPCODE.PING,
  pong: OPCODE.PONG,
  close: OPCODE.CLOSE,
} as const;

/** The key of the examples in RFC 6455 §5.7. */
const KEY_OF_THE_RFC = '37fa213d';

const encoder = new TextEncoder();
let count = 0;

/** The form that makes frames of a message. Calls `changed` with the bytes. */
export class FrameForm {
  readonly #changed: (from: Side, bytes: Uint8Array) => void;
  readonly #from = select(['client', 'server']);
  readonly #kind = select(KINDS);
  readonly #code = h('input', { type: 'number', value: '1000', min: '0', max: '65535' });
  readonly #payload = h('textarea', { rows: 3, value: 'Hello', spellcheck: false });
  readonly #key = h('input', { value: KEY_OF_THE_RFC, size: 10, maxLength: 8, className: 'mono', spellcheck: false });
  readonly #size = h('input', { type: 'number', value: '', min: '1', placeholder: 'one frame' });
  readonly #form = select(['minimal', '16', '64']);
  readonly #error = h('p', { className: 'callout bad', hidden: true, role: 'status' });
  readonly #keyField: HTMLElement;
  readonly #codeField: HTMLElement;
  readonly #payloadLabel = h('label', {}, 'Text');
  readonly element: HTMLElement;

  constructor(changed: (from: Side, bytes: Uint8Array) => void) {
    this.#changed = changed;
    const newKey = h('button', { type: 'button', onclick: () => this.#newKey() }, 'New key');
    this.#keyField = field('Masking key (hex)', this.#key, newKey);
    this.#codeField = field('Close code', this.#code);
    this.#payload.id = `payload-text-${++count}`;
    this.#payloadLabel.setAttribute('for', this.#payload.id);
    this.element = h(
      'form',
      { className: 'frame-form', oninput: () => this.#update(), onsubmit: (event: Event) => event.preventDefault() },
      h(
        'div',
        { className: 'fields-row' },
        field('Sender', this.#from),
        field('Frame', this.#kind),
        this.#codeField,
        this.#keyField,
        field('Fragments of (bytes)', this.#size),
        field('Length written in (bits)', this.#form),
      ),
      h('div', { className: 'payload-field' }, this.#payloadLabel, this.#payload),
      this.#error,
    );
    this.#arrange('text', 'client');
  }

  /** Shows the fields that the frame has. */
  #arrange(kind: Kind, from: Side): void {
    this.#keyField.hidden = from === 'server';
    this.#codeField.hidden = kind !== 'close';
    this.#payloadLabel.textContent =
      { text: 'Text', binary: 'Bytes (hex)', close: 'Reason' }[kind as 'text'] ?? 'Payload';
  }

  /** Makes the frames again, and reports them. */
  #update(): void {
    const kind = this.#kind.value as Kind;
    const from = this.#from.value as Side;
    this.#arrange(kind, from);
    try {
      const frames = this.#frames(kind, this.#payloadOf(kind), from === 'client' ? this.#maskingKey() : undefined);
      this.#showError('');
      this.#changed(from, frames);
    } catch (error) {
      this.#showError((error as Error).message);
    }
  }

  #payloadOf(kind: Kind): Uint8Array {
    const text = this.#payload.value;
    if (kind === 'close') {
      const { value } = this.#code;
      return encodeClosePayload(value === '' ? undefined : Number(value), text);
    }
    if (kind !== 'binary') return encoder.encode(text);
    const typed = readHex(text);
    if ('error' in typed) throw new Error(typed.error);
    return typed.bytes;
  }

  #maskingKey(): number {
    const typed = readHex(this.#key.value);
    if ('error' in typed || typed.bytes.length !== 4) throw new Error('A masking key has 4 bytes: 8 hex digits.');
    return new DataView(typed.bytes.buffer).getInt32(0);
  }

  /** Cuts the payload into fragments (§5.4). A control frame stays whole, which the RFC demands. */
  #frames(kind: Kind, payload: Uint8Array, maskingKey: number | undefined): Uint8Array {
    const size = OPCODES[kind] < 8 && this.#size.value !== '' ? Math.max(1, Number(this.#size.value)) : payload.length;
    const lengthForm = this.#form.value as LengthForm;
    const frames: number[] = [];
    for (let at = 0; at === 0 || at < payload.length; at += Math.max(1, size)) {
      const fin = at + size >= payload.length;
      const opcode = at === 0 ? OPCODES[kind] : OPCODE.CONTINUATION;
      frames.push(...frameBytes({ fin, opcode, maskingKey, payload: payload.subarray(at, at + size), lengthForm }));
    }
    return Uint8Array.from(frames);
  }

  #newKey(): void {
    this.#key.value = Array.from(crypto.getRandomValues(new Uint8Array(4)), hexPair).join('');
    this.#update();
  }

  #showError(text: string): void {
    this.#error.hidden = text === '';
    this.#error.textContent = text;
  }
}

function select(values: readonly string[]): HTMLSelectElement {
  return h('select', {}, ...values.map(value => h('option', { value }, value)));
}

function field(label: string, ...controls: HTMLElement[]): HTMLElement {
  return h(
    'div',
    { className: 'form-field' },
    h('label', {}, h('span', {}, label), controls[0]!),
    ...controls.slice(1),
  );
}
