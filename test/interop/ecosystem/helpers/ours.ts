import { createRequire } from 'node:module';
import { onTestFinished, vi } from 'vitest';
import { WebSocket } from 'ws';

const require = createRequire(import.meta.url);

/** Counts the WebSockets of ws101 that open from now on. The returned function tells how many on each side did. */
export function countOpenings(): () => { clients: number; servers: number } {
  const setSocket = vi.spyOn(WebSocket.prototype as unknown as { setSocket(): void }, 'setSocket');
  onTestFinished(() => setSocket.mockRestore());
  return () => {
    const sides = setSocket.mock.contexts.map(socket => (socket as unknown as { _isServer: boolean })._isServer);
    return { clients: sides.filter(isServer => !isServer).length, servers: sides.filter(Boolean).length };
  };
}

/** Returns what a package gets if it requires `ws`. */
export function wsOf(packageName: string): unknown {
  return createRequire(require.resolve(packageName))('ws');
}
