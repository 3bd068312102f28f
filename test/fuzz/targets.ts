import { deflate } from './deflate.js';
import { frames } from './frames.js';
import { heads } from './heads.js';
import type { Target } from './target.js';

export const TARGETS: readonly Target[] = [heads, frames, deflate];
