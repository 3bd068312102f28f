import type { Side } from '../../wire/conversation.js';
import { define, h } from '../dom.js';
import { offsetText, plural, sizeText } from '../text.js';

/** Something that one side sent, or `undefined` for what concerns both. */
export interface Step {
  readonly act: 'tcp' | 'handshake' | 'frames' | 'closing';
  readonly from: Side | undefined;
  readonly time: number | undefined;
  readonly label: string;
  readonly note: string;
  readonly verdict: 'good' | 'bad' | 'neutral';
  /** The index of the frame that the step shows, if it is one. */
  readonly frame?: number | undefined;
  /** Steps of a kind that follow each other are drawn as one. */
  readonly kind?: string | undefined;
  readonly size?: number | undefined;
}

const ACTS = {
  tcp: '1 TCP connection',
  handshake: '2 Opening handshake',
  frames: '3 Frames',
  closing: '4 Closing handshake',
} as const;

/** As many steps of a kind in a row are drawn as one. */
const RUN = 4;
/** If there are more steps, the middle is left out. */
const MAX_STEPS = 120;

/** A conversation in four acts, as arrows between two lifelines. Emits `choose` with the index of a frame. */
export class SequenceDiagram extends HTMLElement {
  show(steps: readonly Step[], start: number | undefined, names: { client: string; server: string }): void {
    const drawn = shortened(grouped(steps));
    const acts = Object.entries(ACTS).map(([act, title]) => {
      const own = drawn.filter(step => step.act === act);
      const rows =
        own.length === 0
          ? [h('li', { className: 'step quiet' }, 'nothing yet')]
          : own.map(step => this.#row(step, start));
      return h('section', { className: 'act' }, h('h3', {}, title), h('ol', {}, ...rows));
    });
    this.replaceChildren(
      h(
        'div',
        { className: 'lifelines' },
        h(
          'div',
          { className: 'lifeline' },
          h('strong', {}, 'client'),
          h('span', { className: 'mono quiet' }, names.client),
        ),
        h(
          'div',
          { className: 'lifeline' },
          h('strong', {}, 'server'),
          h('span', { className: 'mono quiet' }, names.server),
        ),
      ),
      ...acts,
    );
  }

  #row(step: Step, start: number | undefined): HTMLElement {
    const direction =
      step.from === undefined ? '' : step.from === 'client' ? 'client to server: ' : 'server to client: ';
    const label = h('span', { className: 'step-label' }, h('span', { className: 'spoken' }, direction), step.label);
    const { frame } = step;
    const choose = (): void => void this.dispatchEvent(new CustomEvent('choose', { detail: frame }));
    return h(
      'li',
      { className: `step from-${step.from ?? 'both'} is-${step.verdict}` },
      h('time', { className: 'mono quiet' }, offsetText(step.time, start)),
      h(
        'span',
        { className: 'arrow' },
        frame === undefined ? label : h('button', { type: 'button', className: 'plain', onclick: choose }, label),
        h('span', { className: 'shaft', 'aria-hidden': 'true' }),
        step.note !== '' && h('span', { className: 'step-note' }, step.note),
      ),
    );
  }
}

/** Joins steps of the same kind from the same side. */
export function grouped(steps: readonly Step[]): Step[] {
  const groups: Step[] = [];
  for (let at = 0; at < steps.length; ) {
    const first = steps[at]!;
    let end = at + 1;
    while (
      first.kind !== undefined &&
      end < steps.length &&
      steps[end]!.kind === first.kind &&
      steps[end]!.from === first.from
    ) {
      end++;
    }
    if (end - at < RUN) groups.push(...steps.slice(at, end));
    else groups.push(joined(steps.slice(at, end)));
    at = end;
  }
  return groups;
}

function joined(run: readonly Step[]): Step {
  const first = run[0]!;
  const size = run.reduce((sum, step) => sum + (step.size ?? 0), 0);
  return { ...first, label: `${plural(run.length, `${first.kind} frame`)}`, note: `${sizeText(size)} in all`, size };
}

/** Leaves out the middle of the frames if there are too many. */
export function shortened(steps: readonly Step[]): Step[] {
  if (steps.length <= MAX_STEPS) return [...steps];
  const half = MAX_STEPS / 2;
  const left = steps.slice(half, steps.length - half);
  const gap: Step = {
    act: 'frames',
    from: undefined,
    time: undefined,
    label: `… ${plural(left.length, 'step')} left out …`,
    note: '',
    verdict: 'neutral',
  };
  return [...steps.slice(0, half), gap, ...steps.slice(steps.length - half)];
}

define('ws-sequence-diagram', SequenceDiagram);
