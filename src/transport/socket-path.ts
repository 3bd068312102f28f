/**
 * The longest path of a Unix domain socket, in bytes: the size of `sun_path` without its NUL. Node 20 truncates a
 * longer path and then connects or listens elsewhere. Windows has named pipes instead, without this limit.
 */
const MAX_BYTES = { linux: 107, win32: Number.POSITIVE_INFINITY, other: 103 };

/**
 * Checks the path of a Unix domain socket. Returns undefined if it is valid, otherwise what was expected.
 *
 * @param platform a value of process.platform
 */
export function socketPathFault(path: string, platform: string = process.platform): string | undefined {
  if (path === '') return 'a path that is not empty';
  // Node 20 ends the path at a NUL. On Linux, a NUL at the start names an abstract socket.
  const nul = path.indexOf('\0', platform === 'linux' ? 1 : 0);
  if (nul !== -1) return platform === 'linux' ? 'a path without NUL, except in front' : 'a path without NUL';
  const most = platform === 'linux' || platform === 'win32' ? MAX_BYTES[platform] : MAX_BYTES.other;
  const bytes = Buffer.byteLength(path);
  return bytes > most ? `a path of at most ${most} bytes, as the system allows (it has ${bytes})` : undefined;
}
