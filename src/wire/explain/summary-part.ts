import { closeCodeName } from '../../framing/close-code.js';
import type { Side } from '../conversation.js';
import type { CloseSummary, ConversationSummary, SideSummary } from '../conversation-summary.js';
import { printableText } from '../printable.js';
import { bytes, duration } from './frame-part.js';
import type { Page } from './page.js';
import type { Prefix } from './prefix.js';

const NAME_COLUMNS = 13;

/** Shorter silences say nothing. In milliseconds. */
const LEAST_SILENCE = 1_000;

/** Writes who closed, why, how long it took, and what each side sent. */
export function writeSummary(page: Page, prefix: Prefix, summary: ConversationSummary): void {
  const { start, opened, last, longestSilence, closes, ends, sides, violations } = summary;
  const field = (name: string, text: string) =>
    page.text({ text: page.paint.note(name.padEnd(NAME_COLUMNS)), width: NAME_COLUMNS }, text);
  page.heading('Summary');
  if (closes.length > 0) field('closed', closes.map(closeText).join('; '));
  if (ends.length > 0) {
    field('TCP', ends.map(({ from, how }) => `the ${from} ${how === 'fin' ? 'ended' : 'reset'} it`).join(', then '));
  }
  if (start !== undefined && last !== undefined && last > start) {
    const handshake = opened === undefined ? '' : `, the opening handshake ${duration(opened - start)}`;
    field('lasted', duration(last - start) + handshake);
    if (longestSilence !== undefined && longestSilence.length >= LEAST_SILENCE) {
      field('silence', `at most ${duration(longestSilence.length)}, from ${prefix.secondsOf(longestSilence.from)}`);
    }
  }
  for (const side of ['client', 'server'] as const) field(`from ${side}`, sideText(sides[side]));
  for (const side of ['client', 'server'] as const) {
    if (sides[side].pings > 0) field('pings', pingText(side, sides[side]));
  }
  if (violations.length > 0) {
    field('violations', violations.map(({ frame, violation }) => `${violation.code} in #${frame}`).join(', '));
  }
}

/** Writes the verdict. */
export function writeVerdict(page: Page, { verdict, isFine }: ConversationSummary): void {
  const { good, bad, heading } = page.paint;
  const paint = isFine ? good : bad;
  page.text({ text: heading(paint(isFine ? '✓ ' : '✗ ')), width: 2 }, printableText(verdict), text =>
    heading(paint(text)),
  );
}

function closeText({ from, code, reason }: CloseSummary): string {
  const name = code === 1005 ? 'no code' : `${code} (${closeCodeName(code)})`;
  return `${from}: ${name}${reason === '' ? '' : `, "${printableText(reason)}"`}`;
}

function sideText({ bytes: all, frames, messages, messageBytes, missing }: SideSummary): string {
  const lost = missing === 0 ? '' : `; ${bytes(missing)} missing from the capture`;
  if (frames + messages === 0) return `${bytes(all)}, no frames${lost}`;
  if (frames === 0) return `${count(messages, 'message')} of ${bytes(messageBytes)} in all`;
  return `${count(frames, 'frame')}, ${count(messages, 'message')} of ${bytes(messageBytes)} in all; ${bytes(all)} on the wire${lost}`;
}

function pingText(side: Side, { pings, roundTrips, unanswered }: SideSummary): string {
  const lost = unanswered === 0 ? '' : `, ${unanswered} not answered`;
  const sent = `${count(pings, 'Ping')} of the ${side}${lost}`;
  if (roundTrips === undefined) return sent;
  const { least, most, mean } = roundTrips;
  if (roundTrips.count === 1) return `${sent}; the answer took ${duration(mean)}`;
  return `${sent}; the answers took ${duration(least)} to ${duration(most)}, ${duration(mean)} on average`;
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}
