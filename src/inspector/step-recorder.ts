import type { Side } from '../wire/conversation.js';
import type { FrameItem, Verdict } from '../wire/items.js';
import { errorOf, kindOf, noteOf, summaryOf } from './frame-notes.js';
import { plural, sizeText } from './text.js';

/** Something that one side sent, or that concerns both. */
export interface Step {
  readonly act: 'tcp' | 'handshake' | 'frames' | 'closing';
  readonly from: Side | undefined;
  readonly time: number | undefined;
  readonly label: string;
  readonly note: string;
  readonly verdict: Verdict;
  /** The position of the frame that the step shows, if it is one. */
  readonly frame?: number | undefined;
}

/** How many runs of frames are kept from the start, and how many from the end. */
const KEPT_RUNS = 50;

/** How much of a payload a step shows. */
const PREVIEW = 60;

/** Frames of one kind from one side that follow each other. */
interface Run {
  readonly first: FrameItem;
  readonly isClosing: boolean;
  readonly position: number;
  count: number;
  size: number;
}

/** The steps of a conversation for the sequence diagram. Memory is bounded. No DOM. */
export class StepRecorder {
  readonly #before: Step[] = [];
  readonly #firstRuns: Run[] = [];
  readonly #lastRuns: Run[] = [];
  readonly #after: Step[] = [];
  #leftOut = 0;
  #run: Run | undefined;

  /** Adds a step that is not a frame. */
  add(step: Step): void {
    if (step.act === 'tcp' || step.act === 'handshake') this.#before.push(step);
    else this.#after.push(step);
  }

  frame(frame: FrameItem, position: number): void {
    const run = this.#run;
    const isClosing = frame.close !== undefined;
    const { from, opcode, error, payloadLength } = frame;
    if (
      run !== undefined &&
      !isClosing &&
      error === undefined &&
      run.first.from === from &&
      run.first.opcode === opcode
    ) {
      run.count++;
      run.size += payloadLength;
      return;
    }
    this.#run = { first: frame, isClosing, position, count: 1, size: payloadLength };
    if (this.#firstRuns.length < KEPT_RUNS) {
      this.#firstRuns.push(this.#run);
      return;
    }
    this.#lastRuns.push(this.#run);
    if (this.#lastRuns.length > KEPT_RUNS) this.#leftOut += this.#lastRuns.shift()!.count;
  }

  steps(): Step[] {
    const gap: Step[] = this.#leftOut === 0 ? [] : [leftOut(this.#leftOut)];
    const runs = (list: readonly Run[]): Step[] => list.map(stepOf);
    return [...this.#before, ...runs(this.#firstRuns), ...gap, ...runs(this.#lastRuns), ...this.#after];
  }
}

function leftOut(count: number): Step {
  const label = `… ${plural(count, 'frame')} …`;
  return { act: 'frames', from: undefined, time: undefined, label, note: '', verdict: 'note' };
}

function stepOf({ first, isClosing, position, count, size }: Run): Step {
  const { from, time, error } = first;
  const base = { act: isClosing ? ('closing' as const) : ('frames' as const), from, time, frame: position };
  if (error !== undefined) return { ...base, label: kindOf(first), note: errorOf(first), verdict: 'wrong' };
  if (count > 1)
    return { ...base, label: `${count} × ${kindOf(first)}`, note: `${sizeText(size)} in all`, verdict: 'note' };
  const note = isClosing ? noteOf(first) : summaryOf(first, undefined, PREVIEW);
  return { ...base, label: isClosing ? 'Close' : kindOf(first), note, verdict: 'note' };
}

/** Returns the step for the end of what one side sends. */
export function endStep(from: Side, how: 'fin' | 'reset', time: number | undefined): Step {
  const label = how === 'fin' ? 'FIN: sends nothing more' : 'reset: the connection broke';
  return { act: 'closing', from, time, label, note: '', verdict: how === 'fin' ? 'note' : 'wrong' };
}
