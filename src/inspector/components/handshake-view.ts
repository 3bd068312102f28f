import { define, h } from '../dom.js';
import { visible } from '../text.js';
import type { HeadLineView, HeadView } from '../views.js';

const MARKS = { good: '✓', bad: '✗', neutral: '' } as const;
const SPOKEN = { good: 'right: ', bad: 'wrong: ', neutral: '' } as const;

/** The opening handshake: every line of the request and the response, with a note and a verdict. */
export class HandshakeView extends HTMLElement {
  /** @param conclusions what follows from the heads, such as the arithmetic of Sec-WebSocket-Accept */
  show(heads: readonly HeadView[], conclusions: readonly HeadLineView[] = []): void {
    this.replaceChildren(
      ...heads.map(({ from, lines }) =>
        h(
          'section',
          { className: `head from-${from}` },
          h('h3', {}, from === 'client' ? 'Request of the client' : 'Response of the server'),
          h('ol', {}, ...lines.map(lineOf)),
        ),
      ),
      (conclusions.length > 0 && h('ul', { className: 'conclusions' }, ...conclusions.map(lineOf))) || '',
    );
  }
}

function lineOf({ text, note, verdict }: HeadLineView): HTMLElement {
  return h(
    'li',
    { className: `head-line is-${verdict}` },
    h('code', {}, visible(text)),
    h(
      'span',
      { className: 'verdict' },
      h('span', { 'aria-hidden': 'true', className: 'mark' }, MARKS[verdict]),
      h('span', { className: 'spoken' }, SPOKEN[verdict]),
      note,
    ),
  );
}

define('ws-handshake-view', HandshakeView);
