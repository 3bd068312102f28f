import type { ConversationSummary } from '../conversation-summary.js';
import type { FrameItem, RemarkItem, WireItem } from '../items.js';
import { printableText } from '../printable.js';
import {
  isWorthALine,
  writeFields,
  writeFrame,
  writeFrameColumns,
  writeMessage,
  writeViolation,
} from './frame-part.js';
import { writeBody, writeHead } from './head-part.js';
import { Page, type PageOptions } from './page.js';
import { Prefix } from './prefix.js';
import { writeSummary, writeVerdict } from './summary-part.js';

/** Options of Explanation. */
export interface ExplanationOptions extends PageOptions {
  /** The time from which seconds are counted; undefined if no times are known. */
  readonly start: number | undefined;
  /** How a frame is shown: in a line, in a line and field by field, or not at all. Default: in a line. */
  readonly detailOf?: (frame: FrameItem) => 'line' | 'fields' | 'none';
}

/** How many lines fit on most screens. */
const SCREEN = 24;

/** Writes what a ConversationDecoder finds for people, item by item: heads, frames, messages, and the summary. */
export class Explanation {
  readonly #page: Page;
  readonly #prefix: Prefix;
  readonly #detailOf: (frame: FrameItem) => 'line' | 'fields' | 'none';
  #part: 'head' | 'frames' | undefined;
  /** Whether the rows below a frame belong to one that is not shown. */
  #isHidden = false;
  /** The frame whose broken rule was written with it, before its fields. */
  #explained: number | undefined;

  constructor(options: ExplanationOptions) {
    this.#page = new Page(options);
    this.#prefix = new Prefix(options.paint, options.start);
    this.#detailOf = options.detailOf ?? (() => 'line');
  }

  /** Writes one item. */
  item(item: WireItem): void {
    const [page, prefix] = [this.#page, this.#prefix];
    switch (item.type) {
      case 'head':
        this.#enter('head');
        writeHead(page, prefix, item);
        break;
      case 'body':
        this.#enter('head');
        writeBody(page, prefix, item);
        break;
      case 'frame':
        this.#writeFrame(item);
        break;
      case 'message':
        if (this.#isHidden || !isWorthALine(item)) break;
        if (item.frames === undefined) this.#enter('frames');
        writeMessage(page, prefix, item);
        break;
      case 'violation':
        if (item.frame !== this.#explained) writeViolation(page, prefix, item);
        break;
      case 'gap': {
        const then = item.isBridged ? '' : '; nothing more of this side is decoded';
        page.text(prefix.of(item), `… the capture misses ${item.length} bytes here${then}`, page.paint.bad);
        break;
      }
      case 'remark':
        this.#writeRemark(item);
        break;
      case 'end':
        page.text(
          prefix.of(item),
          item.how === 'fin'
            ? `FIN: the ${item.from} sends nothing more`
            : `RST: the ${item.from} reset the connection`,
        );
    }
  }

  /** Writes the sentence that says what happened. */
  verdict(summary: ConversationSummary): void {
    writeVerdict(this.#page, summary);
  }

  /** Writes the summary, and the verdict again if the first one has scrolled away. */
  summary(summary: ConversationSummary): void {
    writeSummary(this.#page, this.#prefix, summary);
    if (this.#page.written < SCREEN) return;
    this.#page.line();
    writeVerdict(this.#page, summary);
  }

  #writeFrame(frame: FrameItem): void {
    const detail = this.#detailOf(frame);
    this.#isHidden = detail === 'none';
    if (this.#isHidden) return;
    this.#enter('frames');
    writeFrame(this.#page, this.#prefix, frame);
    const { error, from, time, index } = frame;
    if (error !== undefined) {
      const { violation, detail, offset } = error;
      this.#explained = index;
      writeViolation(this.#page, this.#prefix, {
        type: 'violation',
        from,
        time,
        offset,
        violation,
        detail,
        frame: index,
      });
    }
    if (detail === 'fields') writeFields(this.#page, frame);
  }

  #writeRemark(remark: RemarkItem): void {
    const { bad, note } = this.#page.paint;
    const isWrong = remark.verdict === 'wrong';
    const section = remark.section === undefined ? '' : ` (${remark.section})`;
    const mark = isWrong ? bad('✗ ') : '! ';
    const { text, width } = this.#prefix.of(remark);
    this.#page.text(
      { text: text + mark, width: width + 2 },
      printableText(remark.note) + section,
      isWrong ? bad : note,
    );
  }

  #enter(part: 'head' | 'frames'): void {
    if (this.#part === part) return;
    this.#part = part;
    this.#page.heading(part === 'head' ? 'Opening handshake' : 'Frames');
    if (part === 'frames') writeFrameColumns(this.#page, this.#prefix);
  }
}
