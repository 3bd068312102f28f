import { describe, expect, test } from 'vitest';
import { closeReport, failureReport } from '../../src/cli/close-report.js';
import { type CloseInfo, HandshakeError } from '../../src/index.js';

const info = (changes: Partial<CloseInfo>): CloseInfo => ({
  code: 1000,
  reason: '',
  wasClean: true,
  initiator: 'local',
  sent: { code: 1000, reason: '' },
  received: { code: 1000, reason: '' },
  cause: undefined,
  dropped: 0,
  ...changes,
});

describe('closeReport()', () => {
  test.each([
    [{}, '1000 (normal closure), cleanly, by us'],
    [
      { code: 4000, reason: 'bye\x1b[2J', initiator: 'remote' as const },
      '4000 (private use), "bye\\x1b[2J", cleanly, by the server',
    ],
    [{ code: 1005 }, '(no code), cleanly, by us'],
    [{ cause: new Error('handler') }, '1000 (normal closure), cleanly, by us: handler'],
    [
      {
        code: 1006,
        wasClean: false,
        initiator: 'network' as const,
        sent: undefined,
        received: undefined,
        cause: new Error('gone'),
      },
      'not cleanly, by the network: gone; there was no closing handshake',
    ],
    [
      { code: 1006, wasClean: false, received: undefined, cause: new Error('too late') },
      'not cleanly, by us: too late; we sent 1000 (normal closure), but received no Close frame',
    ],
    [
      { code: 1001, wasClean: false, sent: undefined, received: { code: 1001, reason: '' } },
      'not cleanly, by us; we received 1001 (going away), but did not answer',
    ],
  ])('%j: %s', (changes, report) => {
    expect(closeReport(info(changes))).toBe(report);
  });
});

describe('failureReport()', () => {
  test('has the hint and the body of the response', () => {
    const error = new HandshakeError('the server answered 403', {
      phase: 'response',
      fault: 'peer',
      hint: 'try --origin',
      body: Buffer.from('\x1b[2Jgo away\n'),
    });
    expect(failureReport(error)).toEqual([
      'the opening handshake failed: the server answered 403',
      'hint: try --origin',
      'the server says: \\x1b[2Jgo away',
    ]);
  });

  test('names the options of the command in a hint', () => {
    const [, hint] = failureReport(
      new HandshakeError('302 Found', {
        phase: 'response',
        fault: 'peer',
        hint: 'a redirect to "/", which was not followed: to follow it, set the option maxRedirects',
      }),
    );
    expect(hint).toBe('hint: a redirect to "/", which was not followed: to follow it, use --location');
  });

  test('is one line without a hint and a body', () => {
    expect(failureReport(new HandshakeError('no', { phase: 'dns', fault: 'network' }))).toHaveLength(1);
  });
});
