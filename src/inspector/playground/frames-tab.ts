import type { Side } from '../../wire/conversation.js';
import { ConversationDecoder } from '../../wire/conversation-decoder.js';
import type { FrameItem, MessageItem, WireItem } from '../../wire/items.js';
import { FrameDetail } from '../components/frame-detail.js';
import { h } from '../dom.js';
import { kindOf } from '../frame-notes.js';
import { inflate } from '../inflate.js';
import { FrameForm } from './frame-form.js';
import { hexText, readHex } from './hex.js';

/** The text message of RFC 6455 §5.7. */
const EXAMPLE = { from: 'client', hex: '818537fa 213d7f9f 4d5158' } as const;

/** Type a message and see its frames; change a bit or a byte and see what the RFC says. */
export class FramesTab {
  readonly #remember: (state: string) => void;
  #from: Side = 'client';
  #bytes: Uint8Array = new Uint8Array(0);
  /** The frame that is shown in detail. */
  #chosen = 0;
  readonly #hex = h('textarea', {
    rows: 3,
    className: 'mono',
    spellcheck: false,
    'aria-label': 'The bytes on the wire, in hex',
    oninput: () => this.#typed(),
  });
  readonly #hexError = h('p', { className: 'callout bad', hidden: true, role: 'status' });
  readonly #frames = h('div', { className: 'frame-chips', role: 'group', 'aria-label': 'Frames' });
  readonly #verdict = h('p', { className: 'callout', role: 'status' });
  readonly #detail = new FrameDetail();
  readonly element: HTMLElement;

  constructor(remember: (state: string) => void) {
    this.#remember = remember;
    this.#detail.isEditable = true;
    this.#detail.addEventListener('bit', event => this.#flip((event as CustomEvent<number>).detail));
    const form = new FrameForm((from, bytes) => this.#show(from, bytes));
    this.element = h(
      'div',
      { className: 'play-columns' },
      h(
        'section',
        { className: 'play-panel' },
        h('h2', {}, '1  A message'),
        form.element,
        h('h2', {}, '2  Its bytes on the wire'),
        h('p', { className: 'quiet' }, 'Edit them, or press a bit in the diagram.'),
        this.#hex,
        this.#hexError,
      ),
      h(
        'section',
        { className: 'play-panel' },
        h('h2', {}, '3  What they mean'),
        this.#frames,
        this.#verdict,
        this.#detail,
      ),
    );
  }

  /** Shows a state that it remembered, or the example of the RFC. */
  open(state: string): void {
    const [from, hex] = /^(client|server)\/(.*)$/s.exec(state)?.slice(1) ?? [EXAMPLE.from, EXAMPLE.hex];
    const typed = readHex(hex!);
    this.#show(from as Side, 'error' in typed ? new Uint8Array(0) : typed.bytes);
  }

  #show(from: Side, bytes: Uint8Array): void {
    this.#from = from;
    this.#bytes = bytes;
    this.#hex.value = hexText(bytes);
    this.#hexError.hidden = true;
    this.#explain();
  }

  #typed(): void {
    const typed = readHex(this.#hex.value);
    this.#hexError.hidden = !('error' in typed);
    if ('error' in typed) {
      this.#hexError.textContent = typed.error;
      return;
    }
    this.#bytes = typed.bytes;
    this.#explain();
  }

  #flip(bit: number): void {
    const frame = this.#decode().frames[this.#chosen];
    if (frame === undefined) return;
    const bytes = this.#bytes.slice();
    bytes[frame.offset + (bit >> 3)]! ^= 0x80 >> (bit & 7);
    this.#show(this.#from, bytes);
    this.#detail.focusBit(bit);
  }

  #decode(): { frames: FrameItem[]; items: WireItem[] } {
    const decoder = new ConversationDecoder({ inflate });
    const event = { type: 'bytes', from: this.#from, time: undefined, bytes: this.#bytes } as const;
    const items = [...decoder.push(event), ...decoder.end()];
    return { items, frames: items.filter(item => item.type === 'frame') };
  }

  #explain(): void {
    const { frames, items } = this.#decode();
    this.#chosen = Math.max(0, Math.min(this.#chosen, frames.length - 1));
    this.#frames.hidden = frames.length < 2;
    this.#frames.replaceChildren(...frames.map((frame, i) => this.#chip(frame, i)));
    const problem = problemIn(items);
    this.#verdict.className = `callout ${problem === '' ? 'good' : 'bad'}`;
    this.#verdict.textContent = problem === '' ? verdictOn(frames, items) : problem;
    this.#detail.hidden = frames.length === 0;
    const frame = frames[this.#chosen];
    if (frame !== undefined) this.#detail.show(frame, { message: messageOf(frame, items) });
    this.#remember(`${this.#from}/${hexText(this.#bytes).replaceAll(' ', '')}`);
  }

  #chip(frame: FrameItem, index: number): HTMLElement {
    return h(
      'button',
      {
        type: 'button',
        'aria-pressed': index === this.#chosen,
        onclick: () => {
          this.#chosen = index;
          this.#explain();
        },
      },
      `#${frame.index} ${kindOf(frame)}`,
    );
  }
}

/** What is wrong with the bytes, in a sentence; or ''. */
function problemIn(items: readonly WireItem[]): string {
  for (const item of items) {
    if (item.type === 'violation') {
      const { violation, detail, offset } = item;
      const what = detail === '' ? violation.message : `${violation.message}: ${detail}`;
      return `Byte ${offset}: ${what} (${violation.section}). The receiver fails the connection with ${violation.closeCode}.`;
    }
    if (item.type === 'remark' && item.verdict === 'wrong') return item.note;
    if (item.type === 'remark' && item.code === 'cut-off') return `${item.note}.`;
  }
  return '';
}

function verdictOn(frames: readonly FrameItem[], items: readonly WireItem[]): string {
  if (frames.length === 0) return 'No frame yet: type a message or some bytes.';
  const messages = items.filter(item => item.type === 'message' && item.opcode < 8).length;
  const counted = (count: number, noun: string) => `${count} ${noun}${count === 1 ? '' : 's'}`;
  return `Legal: ${counted(frames.length, 'frame')}, ${counted(messages, 'message')}.`;
}

function messageOf(frame: FrameItem, items: readonly WireItem[]): MessageItem | undefined {
  return items.find(
    (item): item is MessageItem =>
      item.type === 'message' &&
      item.frames !== undefined &&
      item.frames[0] <= frame.index &&
      frame.index <= item.frames[1] &&
      (item.frames[0] !== item.frames[1] || item.compressedLength !== undefined),
  );
}
