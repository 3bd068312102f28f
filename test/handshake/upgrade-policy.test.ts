/** What entries of `origins` and `hosts` may be is in origin.test.ts and allowed-hosts.test.ts. */
import { expect, test } from 'vitest';
import { UpgradePolicy, type UpgradePolicyOptions } from '../../src/handshake/upgrade-policy.js';

test.each<[string, object]>([
  ['a path that is not a string', { path: /^.chat/ }],
  ['an origin that is not a string', { origins: [1] }],
  ['origins that are neither an array nor a function', { origins: 'http://a' }],
  ['a host that is not a string', { hosts: [null] }],
  ['hosts that are not an array', { hosts: 'a' }],
])('%s throws a TypeError', (_, options) => {
  const create = () => new UpgradePolicy(options as UpgradePolicyOptions);
  expect(create).toThrow(TypeError);
  expect(create).toThrow(new RegExp(`\\b${Object.keys(options)[0]} must be .*, got `));
});

test.each<[string, UpgradePolicyOptions]>([
  ['a path without a slash', { path: 'chat' }],
  ['a path that is a URI', { path: 'http://a/chat' }],
  ['a path with a query', { path: '/chat?a' }],
  ['a path with a fragment', { path: '/chat#a' }],
  ['a path with a space', { path: '/a b' }],
  ['an empty path', { path: '' }],
  ['an origin without a scheme', { origins: ['a.example'] }],
  ['a host with a scheme', { hosts: ['http://a'] }],
])('%s throws a RangeError', (_, options) => {
  const create = () => new UpgradePolicy(options);
  expect(create).toThrow(RangeError);
  expect(create).toThrow(expect.objectContaining({ code: 'WS101_INVALID_ARGUMENT' }));
  expect(create).toThrow(new RegExp(`\\b${Object.keys(options)[0]} must be .*, got `));
});

test.each(['/chat/:id', '/:room', '/chat/*', '/*', '/chat/{id}', '/chat/[id]', '/chat/(.*)', '/chat/(\\d+)'])(
  'the path %s, which looks like a pattern, throws a RangeError that says what to do instead',
  path => {
    expect(() => new UpgradePolicy({ path })).toThrow(RangeError);
    expect(() => new UpgradePolicy({ path })).toThrow(/patterns are not supported.*noServer.*authorize/);
  },
);

test.each(['/', '/chat', '/a:b', '/users(1)', '/a;b=1,2', '/%7Bid%7D', '/a/../b'])('the path %s is literal', path => {
  expect(new UpgradePolicy({ path }).path).toBe(path);
});
