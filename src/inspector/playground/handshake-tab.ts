import { acceptOf, createKey, GUID } from '../../handshake/http1/key.js';
import { ConversationDecoder } from '../../wire/conversation-decoder.js';
import type { AcceptArithmetic, HeadItem } from '../../wire/items.js';
import { HandshakeView } from '../components/handshake-view.js';
import { h } from '../dom.js';
import { hexPair } from '../text.js';

/** The key of the example in RFC 6455 §1.3. */
const KEY_OF_THE_RFC = 'dGhlIHNhbXBsZSBub25jZQ==';

/** What both sides say, as it is remembered. */
interface State {
  readonly request: string;
  /** Undefined while the response follows from the request. */
  readonly response?: string | undefined;
}

const STEPS = [
  'The client asks',
  'The server computes Sec-WebSocket-Accept',
  'The server answers',
  'Both know that they speak WebSocket',
] as const;

const encoder = new TextEncoder();

/** The opening handshake step by step. Both heads can be edited; every line gets a verdict. */
export class HandshakeTab {
  readonly #remember: (state: string) => void;
  #step = 1;
  #isResponseEdited = false;
  readonly #request = editor('The request', () => this.#edited('request'));
  readonly #response = editor('The response', () => this.#edited('response'));
  readonly #requestView = new HandshakeView();
  readonly #responseView = new HandshakeView();
  readonly #arithmetic = h('div', { className: 'arithmetic mono' });
  readonly #verdict = h('p', { className: 'callout', role: 'status' });
  readonly #next = h(
    'button',
    { type: 'button', className: 'primary', onclick: () => this.#go(this.#step + 1) },
    'Next',
  );
  readonly #back = h('button', { type: 'button', onclick: () => this.#go(this.#step - 1) }, 'Back');
  readonly #steps: readonly HTMLElement[];
  readonly element: HTMLElement;

  constructor(remember: (state: string) => void) {
    this.#remember = remember;
    const newKey = h('button', { type: 'button', onclick: () => this.#newKey() }, 'New key');
    const reset = h('button', { type: 'button', onclick: () => this.#resetResponse() }, 'A correct response');
    const edited = (text: HTMLElement, button: HTMLElement, view: HTMLElement) =>
      h('div', { className: 'play-split' }, h('div', {}, text, button), view);
    const contents = [
      edited(this.#request, newKey, this.#requestView),
      this.#arithmetic,
      edited(this.#response, reset, this.#responseView),
      this.#verdict,
    ];
    this.#steps = STEPS.map((title, i) =>
      h('li', { className: 'play-panel' }, h('h2', { tabIndex: -1 }, `${i + 1}  ${title}`), contents[i]),
    );
    this.element = h(
      'div',
      { className: 'handshake-steps' },
      h('ol', {}, ...this.#steps),
      h('div', { className: 'buttons' }, this.#back, this.#next),
    );
  }

  /** Shows a state that it remembered, or the example of the RFC. */
  open(state: string): void {
    const { request, response } = parseState(state) ?? { request: requestWith(KEY_OF_THE_RFC) };
    this.#request.value = request;
    this.#isResponseEdited = response !== undefined;
    this.#response.value = response ?? this.#correctResponse();
    this.#step = state === '' ? 1 : STEPS.length;
    this.#show();
  }

  #go(step: number): void {
    this.#step = step;
    this.#show();
    this.#steps[step - 1]?.querySelector('h2')?.focus();
  }

  #edited(which: 'request' | 'response'): void {
    if (which === 'response') this.#isResponseEdited = true;
    else if (!this.#isResponseEdited) this.#response.value = this.#correctResponse();
    this.#show();
  }

  #newKey(): void {
    this.#request.value = this.#request.value.replace(/^(sec-websocket-key:).*$/im, `$1 ${createKey()}`);
    this.#edited('request');
  }

  #resetResponse(): void {
    this.#isResponseEdited = false;
    this.#edited('request');
  }

  #correctResponse(): string {
    const key = headerIn(this.#request.value, 'sec-websocket-key');
    const [subprotocol = ''] = headerIn(this.#request.value, 'sec-websocket-protocol').split(',');
    return [
      'HTTP/1.1 101 Switching Protocols',
      'Upgrade: websocket',
      'Connection: Upgrade',
      `Sec-WebSocket-Accept: ${acceptOf(key)}`,
      ...(subprotocol === '' ? [] : [`Sec-WebSocket-Protocol: ${subprotocol.trim()}`]),
    ].join('\n');
  }

  #show(): void {
    this.#steps.forEach((element, i) => {
      element.hidden = i >= this.#step;
    });
    this.#back.disabled = this.#step === 1;
    this.#next.disabled = this.#step === STEPS.length;
    const { request, response, isFine } = judge(this.#request.value, this.#response.value);
    this.#requestView.show(request === undefined ? [] : [request]);
    this.#responseView.show(response === undefined ? [] : [{ ...response, accept: undefined }]);
    const key = headerIn(this.#request.value, 'sec-websocket-key');
    this.#arithmetic.replaceChildren(...arithmetic({ key, guid: GUID, expected: acceptOf(key), actual: undefined }));
    this.#verdict.className = `callout ${isFine ? 'good' : 'bad'}`;
    this.#verdict.textContent = isFine
      ? 'The handshake is complete. From here on, both sides send frames.'
      : 'The client fails the connection: a page sees only the close code 1006.';
    this.#remember(JSON.stringify(this.#state()));
  }

  #state(): State {
    const request = this.#request.value;
    return this.#isResponseEdited ? { request, response: this.#response.value } : { request };
  }
}

function editor(label: string, changed: () => void): HTMLTextAreaElement {
  return h('textarea', { className: 'mono', rows: 9, spellcheck: false, 'aria-label': label, oninput: changed });
}

function requestWith(key: string): string {
  return [
    'GET /chat HTTP/1.1',
    'Host: server.example.com',
    'Upgrade: websocket',
    'Connection: Upgrade',
    `Sec-WebSocket-Key: ${key}`,
    'Origin: http://example.com',
    'Sec-WebSocket-Protocol: chat, superchat',
    'Sec-WebSocket-Version: 13',
  ].join('\n');
}

function headerIn(head: string, name: string): string {
  return new RegExp(`^${name}:[ \\t]*(.*?)[ \\t]*$`, 'im').exec(head)?.[1] ?? '';
}

/** Lines end in CR LF on the wire, and an empty line ends the head. */
function bytesOf(head: string): Uint8Array {
  return encoder.encode(`${head.trimEnd().replaceAll(/\r?\n/g, '\r\n')}\r\n\r\n`);
}

function judge(request: string, response: string): { request?: HeadItem; response?: HeadItem; isFine: boolean } {
  const decoder = new ConversationDecoder();
  const items = [
    ...decoder.push({ type: 'bytes', from: 'client', time: undefined, bytes: bytesOf(request) }),
    ...decoder.push({ type: 'bytes', from: 'server', time: undefined, bytes: bytesOf(response) }),
  ];
  const heads = items.filter(item => item.type === 'head');
  const [first, second] = ['client', 'server'].map(side => heads.find(({ from }) => from === side));
  const isFine = [first, second].every(head => head?.isWebSocket === true && !hasMistake(head));
  return { ...(first && { request: first }), ...(second && { response: second }), isFine };
}

function hasMistake({ lines, findings }: HeadItem): boolean {
  return [...lines, ...findings].some(({ verdict }) => verdict === 'wrong');
}

/** base64(SHA-1(key + GUID)), one operation at a time (§4.2.2). */
function arithmetic({ key, guid, expected }: AcceptArithmetic): HTMLElement[] {
  const digest = Array.from(atob(expected), character => hexPair(character.charCodeAt(0))).join(' ');
  const rows = [
    ['the key, as text', key],
    ['the fixed GUID (§1.3)', guid],
    ['both together', key + guid],
    ['their SHA-1', digest],
    ['as base64', expected],
  ];
  return rows.map(([name, value]) => h('div', {}, h('span', { className: 'quiet' }, name!), h('code', {}, value!)));
}

function parseState(text: string): State | undefined {
  try {
    const { request, response } = JSON.parse(text) as State;
    return typeof request === 'string' ? { request, response } : undefined;
  } catch {
    return undefined;
  }
}
