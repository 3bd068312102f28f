import { describe, expect, test } from 'vitest';
import { canHappen, type Event, next, permissions, type State } from '../../src/protocol/state.js';

const STATES: State[] = ['OPEN', 'CLOSE_SENT', 'CLOSE_RECEIVED', 'FAILED', 'CLOSED'];
const EVENTS: Event[] = ['sendClose', 'receiveClose', 'fail', 'end'];

/** The complete table again: the next state for each event of EVENTS, in that order. '-' means no change. */
const TABLE: Record<State, readonly (State | '-')[]> = {
  OPEN: ['CLOSE_SENT', 'CLOSE_RECEIVED', 'FAILED', 'CLOSED'],
  CLOSE_SENT: ['-', 'CLOSED', 'FAILED', 'CLOSED'],
  CLOSE_RECEIVED: ['CLOSED', '-', '-', 'CLOSED'],
  FAILED: ['-', '-', '-', 'CLOSED'],
  CLOSED: ['-', '-', '-', '-'],
};

describe('the state table (RFC 6455 §5.5.1, §7)', () => {
  const cases = STATES.flatMap(state => EVENTS.map((event, i) => ({ state, event, goesTo: TABLE[state][i]! })));

  test.each(cases)('$state, $event: $goesTo', ({ state, event, goesTo }) => {
    expect(next(state, event)).toBe(goesTo === '-' ? state : goesTo);
    expect(canHappen(state, event)).toBe(goesTo !== '-');
  });

  test('leads from every state to CLOSED when the transport ends, and never out of CLOSED', () => {
    for (const state of STATES) expect(next(state, 'end')).toBe('CLOSED');
    for (const event of EVENTS) expect(next('CLOSED', event)).toBe('CLOSED');
  });
});

describe('the permissions of a state', () => {
  test.each<[State, boolean, boolean, boolean]>([
    ['OPEN', true, true, true],
    ['CLOSE_SENT', false, true, true],
    ['CLOSE_RECEIVED', true, false, false],
    ['FAILED', false, false, false],
    ['CLOSED', false, false, false],
  ])('%s: sends data %s, sends pongs %s, reads %s', (state, sendsData, sendsPong, reads) => {
    expect(permissions(state)).toEqual({ sendsData, sendsPong, reads });
  });
});
