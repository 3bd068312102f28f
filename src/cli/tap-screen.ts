import type { TappedConnection } from '../tools/index.js';
import { inflate } from '../tools/index.js';
import {
  ConversationDecoder,
  diagnose,
  Explanation,
  factsOf,
  type HeadItem,
  type Paint,
  printableText,
  type WireEvent,
  type WireItem,
  wrapped,
} from '../wire/index.js';
import { diagnosisLines } from './doctor-report.js';

/** How much of a payload is kept to be shown. */
const MAX_KEPT = 16_384;

/** The headers of an opening handshake in order that are shown without --verbose. */
const SHOWN = ['origin', 'sec-websocket-protocol', 'sec-websocket-extensions'];

/** How the traffic is shown. */
export interface ScreenOptions {
  /** Takes one line, without a line end. */
  readonly write: (line: string) => void;
  readonly paint: Paint;
  readonly columns: () => number;
  /** Whether every line of the opening handshakes is shown. */
  readonly isVerbose: boolean;
}

/** What is shown of one connection. */
interface Shown {
  readonly decoder: ConversationDecoder;
  readonly explanation: Explanation;
  request: HeadItem | undefined;
  ends: number;
}

/** Shows the traffic of several connections. Each line begins with the number of its connection. */
export class TapScreen {
  readonly #options: ScreenOptions;
  readonly #connections = new Map<number, Shown>();

  constructor(options: ScreenOptions) {
    this.#options = options;
  }

  open({ id, client = 'a client', server, isTls, time }: TappedConnection): void {
    const { paint } = this.#options;
    // Without a server, the notes say all.
    this.#line(id, paint.heading(printableText(`${client} → ${server ?? 'nothing'}${isTls ? ' (TLS)' : ''}`)));
    if (server === undefined) return;
    const explanation = new Explanation({
      write: line => this.#line(id, line),
      paint,
      columns: this.#columnsFor(id),
      start: time,
    });
    const decoder = new ConversationDecoder({ inflate, maxPayload: MAX_KEPT, maxMessage: MAX_KEPT });
    this.#connections.set(id, { decoder, explanation, request: undefined, ends: 0 });
  }

  event(id: number, event: WireEvent): void {
    const shown = this.#connections.get(id);
    if (shown === undefined) return;
    for (const item of shown.decoder.push(event)) this.#item(shown, item);
    if (event.type !== 'end') return;
    shown.ends++;
    if (shown.ends === 2) this.#end(id, shown);
  }

  note(id: number, note: string): void {
    const [first, ...more] = wrapped(`* ${printableText(note)}`, this.#columnsFor(id), 2);
    for (const line of [first, ...more.map(rest => `  ${rest}`)]) this.#line(id, this.#options.paint.heading(line));
  }

  #item(shown: Shown, item: WireItem): void {
    const { explanation, request } = shown;
    if (item.type !== 'head' || this.#options.isVerbose) {
      explanation.item(item);
    } else if (item.kind === 'request') {
      shown.request = item;
      explanation.item(shortened(item));
    } else if (isRight(item)) {
      explanation.item(shortened(item));
    } else {
      if (request !== undefined) explanation.item(request);
      explanation.item(item);
    }
  }

  #end(id: number, { decoder, explanation }: Shown): void {
    this.#connections.delete(id);
    for (const item of decoder.end()) explanation.item(item);
    const summary = decoder.summary();
    explanation.verdict(summary);
    if (summary.isFine) return;
    const { paint } = this.#options;
    const style = { paint, warn: paint.heading, columns: this.#columnsFor(id) };
    for (const diagnosis of diagnose(factsOf(summary))) {
      for (const line of diagnosisLines(diagnosis, style)) this.#line(id, line);
    }
  }

  #line(id: number, text: string): void {
    if (text !== '') this.#options.write(`${this.#options.paint.note(`[${id}]`)} ${text}`);
  }

  #columnsFor(id: number): number {
    return this.#options.columns() - `[${id}] `.length;
  }
}

function isRight({ status, lines, findings }: HeadItem): boolean {
  return status === 101 && [...lines, ...findings].every(({ verdict }) => verdict !== 'wrong');
}

/** Leaves out what is the same in most heads. */
function shortened(head: HeadItem): HeadItem {
  const lines = head.lines.filter(
    ({ name, verdict }, i) => i === 0 || verdict === 'wrong' || SHOWN.includes(name ?? ''),
  );
  return { ...head, lines, findings: head.findings.filter(({ verdict }) => verdict === 'wrong'), accept: undefined };
}
