import { expect, test } from 'vitest';
import { socketPathFault } from '../../src/transport/socket-path.js';

const LONGEST = { linux: 107, darwin: 103, freebsd: 103 } as const;

test.each(Object.entries(LONGEST))('on %s a socket path has at most %i bytes', (platform, most) => {
  expect(socketPathFault(`/${'a'.repeat(most - 1)}`, platform)).toBeUndefined();
  expect(socketPathFault(`/${'a'.repeat(most)}`, platform)).toBe(
    `a path of at most ${most} bytes, as the system allows (it has ${most + 1})`,
  );
  expect(socketPathFault(`/${'ü'.repeat(most / 2)}`, platform)).toBeUndefined();
  expect(socketPathFault(`/${'ü'.repeat((most + 1) / 2)}`, platform)).toContain('at most');
});

test('on Windows, a named pipe has no such limit', () => {
  expect(socketPathFault(`\\\\.\\pipe\\${'a'.repeat(200)}`, 'win32')).toBeUndefined();
});

test.each(['linux', 'darwin', 'win32'])('on %s a socket path contains no NUL, and is not empty', platform => {
  expect(socketPathFault('/a\0b', platform)).toContain('a path without NUL');
  expect(socketPathFault('/a\0', platform)).toContain('a path without NUL');
  expect(socketPathFault('', platform)).toBe('a path that is not empty');
});

test('only Linux allows a leading NUL, for an abstract socket', () => {
  expect(socketPathFault('\0a', 'linux')).toBeUndefined();
  expect(socketPathFault('\0a\0', 'linux')).toBe('a path without NUL, except in front');
  expect(socketPathFault('\0a', 'darwin')).toBe('a path without NUL');
});
