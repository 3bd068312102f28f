import { headerLengthBySecondByte, RSV1, RSV2, RSV3 } from '../framing/frame-header.js';
import { OPCODE } from '../framing/opcode.js';
import type { Side } from '../wire/conversation.js';
import { frameBytes, type LengthForm } from '../wire/frame-bytes.js';
import { frameFields } from '../wire/frame-fields.js';
import { BitDiagram } from './components/bit-diagram.js';
import { h } from './dom.js';
import { hexLine } from './text.js';

const OPCODES: readonly (readonly [string, string])[] = [
  ...Object.entries(OPCODE).map(([name, opcode]) => [String(opcode), name.toLowerCase()] as const),
  ['3', 'reserved 0x3'],
  ['11', 'reserved 0xb'],
];

const LENGTHS: readonly (readonly [LengthForm, string])[] = [
  ['minimal', 'as short as possible'],
  ['16', '16 bits'],
  ['64', '64 bits'],
];

/** How many bytes of the frame the preview shows. */
const PREVIEW = 64;

/** A form that builds a frame, legal or not, shows its bits, and sends it. */
export class SendForm {
  readonly element: HTMLElement;
  readonly #send: (from: Side, frame: Uint8Array) => void;
  readonly #from = select([]);
  readonly #opcode = select(OPCODES);
  readonly #payload = h('textarea', { id: 'send-payload', spellcheck: false });
  readonly #isHex = checkbox();
  readonly #fin = checkbox(true);
  readonly #rsv = [RSV1, RSV2, RSV3].map(() => checkbox());
  readonly #flipsMask = checkbox();
  readonly #length = select(LENGTHS);
  readonly #diagram = new BitDiagram();
  readonly #bytes = h('pre', { className: 'hex' });
  readonly #verdict = h('p', { className: 'callout bad', hidden: true });
  readonly #result = h('p', { className: 'quiet', role: 'status' });
  readonly #button = h('button', { type: 'submit', className: 'primary' }, 'Send frame');

  constructor(send: (from: Side, frame: Uint8Array) => void) {
    this.#send = send;
    this.#opcode.value = String(OPCODE.TEXT);
    this.element = h(
      'form',
      { className: 'send-form', onsubmit: (event: Event) => this.#submit(event), oninput: () => this.#draw() },
      h('fieldset', {}, h('legend', {}, 'Frame'), field('Sent by the', this.#from), field('opcode', this.#opcode)),
      h(
        'div',
        {},
        h('label', { for: 'send-payload', className: 'quiet' }, 'Payload'),
        this.#payload,
        choice('as pairs of hex digits', this.#isHex),
      ),
      h(
        'fieldset',
        {},
        h('legend', {}, 'Header: change it to break a rule'),
        choice('FIN', this.#fin),
        ...this.#rsv.map((box, i) => choice(`RSV${i + 1}`, box)),
        choice('wrong MASK', this.#flipsMask),
        field('length in', this.#length),
      ),
      this.#verdict,
      this.#diagram,
      this.#bytes,
      h('div', { className: 'send-row' }, this.#button, this.#result),
    );
    this.#draw();
  }

  /** Chooses between these sides. */
  allow(sides: readonly Side[]): void {
    this.#from.replaceChildren(...sides.map(side => h('option', { value: side }, side)));
    this.#draw();
  }

  sent(problem: string | undefined): void {
    this.#result.textContent = problem === undefined ? 'Sent.' : `Not sent: ${problem}`;
  }

  #submit(event: Event): void {
    event.preventDefault();
    const frame = this.#frame();
    if (frame !== undefined) this.#send(this.#side, frame);
  }

  get #side(): Side {
    return this.#from.value === 'client' ? 'client' : 'server';
  }

  /** Returns the frame, or undefined if the payload is not hex. */
  #frame(): Uint8Array | undefined {
    const payload = this.#isHex.checked ? bytesOf(this.#payload.value) : new TextEncoder().encode(this.#payload.value);
    if (payload === undefined) return undefined;
    const isMasked = (this.#side === 'client') !== this.#flipsMask.checked;
    const [key = 0] = crypto.getRandomValues(new Int32Array(1));
    try {
      return frameBytes({
        fin: this.#fin.checked,
        rsv: [RSV1, RSV2, RSV3].reduce((sum, bit, i) => sum + (this.#rsv[i]!.checked ? bit : 0), 0),
        opcode: Number(this.#opcode.value),
        maskingKey: isMasked ? key : undefined,
        payload,
        lengthForm: this.#length.value as LengthForm,
      });
    } catch {
      // The payload does not fit into the chosen length.
      return undefined;
    }
  }

  #draw(): void {
    const frame = this.#frame();
    this.#button.disabled = frame === undefined;
    this.#result.textContent =
      frame === undefined ? 'The payload must be pairs of hex digits that fit into the length.' : '';
    if (frame === undefined) return;
    const header = frame.subarray(0, headerLengthBySecondByte(frame[1]!));
    const fields = frameFields({ header, from: this.#side, mayCompress: true });
    this.#diagram.show(fields, header);
    const broken = fields.flatMap(({ error }) => (error === undefined ? [] : [`${error.message} (${error.section})`]));
    this.#verdict.hidden = broken.length === 0;
    this.#verdict.textContent = `Breaks a rule: ${broken.join('; ')}.`;
    const lines: string[] = [];
    for (let at = 0; at < Math.min(frame.length, PREVIEW); at += 16) lines.push(hexLine(frame, at));
    this.#bytes.textContent = lines.join('\n') + (frame.length > PREVIEW ? '\n…' : '');
  }
}

function bytesOf(text: string): Uint8Array | undefined {
  const digits = text.replaceAll(/\s/g, '');
  if (digits.length % 2 !== 0 || !/^[0-9a-f]*$/i.test(digits)) return undefined;
  return Uint8Array.from(digits.match(/../g) ?? [], pair => Number.parseInt(pair, 16));
}

function select(options: readonly (readonly [value: string, text: string])[]): HTMLSelectElement {
  return h('select', {}, ...options.map(([value, text]) => h('option', { value }, text)));
}

function checkbox(checked = false): HTMLInputElement {
  return h('input', { type: 'checkbox', checked });
}

function field(label: string, input: HTMLElement): HTMLElement {
  return h('label', {}, label, input);
}

function choice(label: string, box: HTMLElement): HTMLElement {
  return h('label', {}, box, label);
}
