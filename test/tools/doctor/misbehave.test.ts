import { describe, expect, onTestFinished, test } from 'vitest';
import { type MisbehaveOptions, misbehave } from '../../../src/tools/index.js';
import { causeAt } from './servers.js';

async function urlOf(kind: string, options: MisbehaveOptions = {}): Promise<string> {
  const server = await misbehave(kind, { port: 0, host: '127.0.0.1', ...options });
  onTestFinished(() => server.close());
  return server.url;
}

describe('the doctor names what a misbehaving server does', () => {
  test.each([
    ['wrong-accept', 'accept-wrong'],
    ['accept-for-another-key', 'accept-wrong'],
    ['no-accept', 'accept-missing'],
    ['no-upgrade-header', 'upgrade-missing'],
    ['no-connection-header', 'connection-missing'],
    ['http-1.0-101', 'upgrade-http-1.0'],
    ['two-101s', 'two-101s'],
    ['unoffered-subprotocol', 'subprotocol-not-offered'],
    ['unoffered-deflate', 'extension-not-offered'],
    ['folded-header', 'response-malformed'],
    ['huge-head', 'response-too-large'],
    ['not-http', 'other-protocol'],
    ['http-2-settings', 'other-protocol'],
    ['tls-alert', 'tls-port'],
    ['empty-response', 'connection-cut'],
    ['reset-before-101', 'connection-cut'],
    ['cut-mid-head', 'head-incomplete'],
    ['endless-body', 'plain-response'],
    ['status-426', 'version-unsupported'],
    ['masked', 'violation-masked-server-frame'],
    ['rsv1', 'violation-reserved-bits'],
    ['bad-utf8', 'violation-invalid-utf8'],
    ['http-after-101', 'response-after-101'],
    ['cut-mid-frame', 'cut-in-frame'],
    ['close-at-once', 'closed-without-code'],
    ['no-close-frame', 'cut-off'],
    ['reset', 'cut-off'],
    ['close-code-reserved', 'violation-invalid-close-code'],
  ])('%s: %s', async (kind, id) => {
    expect(await causeAt(await urlOf(kind))).toBe(id);
  });

  test.each([
    ['bad-deflate-parameters', 'deflate-parameters'],
    ['deflate-twice', 'extension-repeated'],
    ['corrupt-deflate', 'violation-invalid-compressed-data'],
    ['deflate-bomb', 'violation-message-too-big'],
  ])('%s: %s', async (kind, id) => {
    expect(await causeAt(await urlOf(kind), { perMessageDeflate: true })).toBe(id);
  });

  test.each([
    ['no-pong', 'no-pong'],
    ['wrong-pong', 'wrong-pong'],
    ['half-open', 'silent'],
    ['stall-mid-frame', 'frame-incomplete'],
    ['no-close', 'close-ignored'],
    ['no-fin', 'tcp-left-open'],
  ])('%s: %s', async (kind, id) => {
    expect(await causeAt(await urlOf(kind), { limits: { pong: 300, close: 300 } })).toBe(id);
  });

  test.each([4001, 1008, 1013])('close-at-once with %d', async code => {
    expect(await causeAt(await urlOf('close-at-once', { code }))).toBe(`closed-${code}`);
  });

  test.each(['odd-case', 'no-reason-phrase', 'early-hints', 'frame-with-101', 'split-character', 'unsolicited-pong'])(
    '%s is legal',
    async kind => {
      expect(await causeAt(await urlOf(kind))).toBe(undefined);
    },
  );
});
