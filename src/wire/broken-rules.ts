import type { Violation } from '../errors.js';
import type { Side } from './conversation.js';
import { frameFields } from './frame-fields.js';
import { FrameWatcher, type WatchedFrame } from './frame-watcher.js';

/** Returns the rules that these frames break, each once: all that concern a header, and the first of the others. */
export function brokenRules(frames: readonly Uint8Array[], from: Side): readonly Violation[] {
  const broken = new Set<Violation>();
  const watched: WatchedFrame[] = [];
  const watcher = new FrameWatcher(from, frame => watched.push(frame), { startsMidway: true });
  for (const frame of frames) {
    watcher.push(frame, 0);
    for (const { error } of frameFields({ header: frame, from })) if (error !== undefined) broken.add(error);
  }
  const { error } = watched.at(-1) ?? {};
  if (error !== undefined) broken.add(error.violation);
  return [...broken];
}
