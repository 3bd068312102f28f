import type { Side } from '../../wire/conversation.js';
import { define, h } from '../dom.js';
import type { Step } from '../step-recorder.js';
import { offsetText } from '../text.js';

const ACTS = {
  tcp: '1 TCP connection',
  handshake: '2 Opening handshake',
  frames: '3 Frames',
  closing: '4 Closing handshake',
} as const;

/** A conversation in four acts, as arrows between two lifelines. Emits `choose` with the position of a frame. */
export class SequenceDiagram extends HTMLElement {
  #shown = '';

  show(
    steps: readonly Step[],
    start: number | undefined,
    names: { readonly client: string; readonly server: string },
  ): void {
    const shown = JSON.stringify(steps);
    if (shown === this.#shown) return;
    this.#shown = shown;
    const acts = Object.entries(ACTS).map(([act, title]) => {
      const own = steps.filter(step => step.act === act);
      const rows = own.map(step => this.#row(step, start));
      return h(
        'section',
        { className: 'act' },
        h('h3', {}, title),
        rows.length === 0 ? h('p', { className: 'quiet nothing' }, 'nothing yet') : h('ol', {}, ...rows),
      );
    });
    this.replaceChildren(
      h('div', { className: 'lifelines' }, lifeline('client', names.client), lifeline('server', names.server)),
      ...acts,
    );
  }

  #row({ from, time, label, note, verdict, frame }: Step, start: number | undefined): HTMLElement {
    const direction = from === undefined ? '' : from === 'client' ? 'client to server: ' : 'server to client: ';
    const text = h('span', { className: 'step-label' }, h('span', { className: 'spoken' }, direction), label);
    const choose = (): void => void this.dispatchEvent(new CustomEvent('choose', { detail: frame }));
    return h(
      'li',
      { className: `step from-${from ?? 'both'} is-${verdict}` },
      h('span', { className: 'step-time mono quiet' }, offsetText(time, start)),
      h(
        'span',
        { className: 'arrow' },
        frame === undefined ? text : h('button', { type: 'button', className: 'plain', onclick: choose }, text),
        h('span', { className: 'shaft', 'aria-hidden': 'true' }),
        note !== '' && h('span', { className: 'step-note' }, note),
      ),
    );
  }
}

function lifeline(side: Side, name: string): HTMLElement {
  return h('div', { className: 'lifeline' }, h('strong', {}, side), h('span', { className: 'mono quiet' }, name));
}

define('ws-sequence-diagram', SequenceDiagram);
