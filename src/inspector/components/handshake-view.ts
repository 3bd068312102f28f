import type { AcceptArithmetic, Finding, HeadItem } from '../../wire/items.js';
import { define, h } from '../dom.js';
import { visible } from '../text.js';

const MARKS = { right: '✓', wrong: '✗', note: '' } as const;
const SPOKEN = { right: 'right: ', wrong: 'wrong: ', note: '' } as const;

/** The opening handshake: every line of the request and the response, with a note and a verdict. */
export class HandshakeView extends HTMLElement {
  /** @param body the start of the content of a response that refuses */
  show(heads: readonly HeadItem[], body = ''): void {
    this.replaceChildren(
      ...heads.map(headOf),
      ...(body === ''
        ? []
        : [h('section', { className: 'head from-server' }, h('h3', {}, 'Content'), h('pre', {}, visible(body)))]),
      ...heads.flatMap(({ accept }) => (accept === undefined ? [] : [arithmetic(accept)])),
    );
  }
}

function headOf({ from, lines, findings }: HeadItem): HTMLElement {
  return h(
    'section',
    { className: `head from-${from}` },
    h('h3', {}, from === 'client' ? 'Request of the client' : 'Response of the server'),
    h('ol', {}, ...lines.map(line => lineOf(line, line.text)), ...findings.map(finding => lineOf(finding, ''))),
  );
}

function lineOf({ verdict, note, section }: Finding, text: string): HTMLElement {
  return h(
    'li',
    { className: `head-line is-${verdict}` },
    text !== '' && h('code', {}, visible(text)),
    (note !== '' || verdict !== 'note') &&
      h(
        'span',
        { className: 'verdict' },
        h('span', { 'aria-hidden': 'true', className: 'mark' }, MARKS[verdict]),
        h('span', { className: 'spoken' }, SPOKEN[verdict]),
        note,
        section !== undefined && h('span', { className: 'section' }, ` ${section}`),
      ),
  );
}

/** base64(SHA-1(key + GUID)), with the values of this handshake (§4.2.2). */
function arithmetic({ key, guid, expected, actual }: AcceptArithmetic): HTMLElement {
  const isRight = actual === expected;
  const verdict = isRight
    ? 'The server sent the same: it has read the key, so it is no cache and no other HTTP server.'
    : actual === undefined
      ? 'The server sent none.'
      : `The server sent ${actual}.`;
  return h(
    'section',
    { className: 'head conclusions' },
    h('h3', {}, 'How Sec-WebSocket-Accept is computed (§4.2.2)'),
    h(
      'div',
      { className: `head-line is-${isRight ? 'right' : 'wrong'}` },
      h('code', {}, `base64(SHA-1("${key}" + "${guid}"))`),
      h('code', {}, `= ${expected}`),
      h(
        'span',
        { className: 'verdict' },
        h('span', { 'aria-hidden': 'true', className: 'mark' }, MARKS[isRight ? 'right' : 'wrong']),
        verdict,
      ),
    ),
  );
}

define('ws-handshake-view', HandshakeView);
