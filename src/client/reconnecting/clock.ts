import { clearTimeout, now, setTimeout } from '../../timers.js';

/** The time, timers and random numbers, so that a test can control them. */
export interface Clock {
  /** Returns the milliseconds since a fixed moment. */
  now(): number;
  /** Calls `callback` after `delay` milliseconds. Returns a function that prevents it. */
  after(delay: number, callback: () => void): () => void;
  /** Returns a number from 0 to below 1. */
  random(): number;
}

export const CLOCK: Clock = {
  now,
  after(delay, callback) {
    const timer = setTimeout(callback, delay);
    return () => clearTimeout(timer);
  },
  random: Math.random,
};
