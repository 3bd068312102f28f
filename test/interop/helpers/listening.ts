import { once } from 'node:events';
import net from 'node:net';

/** Resolves when something listens at the port, for programs that do not say so. */
export async function listening(port: number): Promise<void> {
  for (;;) {
    const socket = net.connect(port, '127.0.0.1');
    const isOpen = await Promise.race([
      once(socket, 'connect').then(() => true),
      new Promise<boolean>(resolve => socket.on('error', () => resolve(false))),
    ]);
    socket.destroy();
    if (isOpen) return;
    await new Promise(resolve => setTimeout(resolve, 20));
  }
}
