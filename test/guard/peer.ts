/** The other side of the wire, in a process of its own, so that neither its memory nor its writes are counted. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Commands } from './peer-process.js';

export interface Peer {
  /** Has the peer do something, and gives what it found when that is done. */
  ask<Name extends keyof Commands>(
    name: Name,
    ...args: Parameters<Commands[Name]>
  ): Promise<Awaited<ReturnType<Commands[Name]>>>;
  stop(): Promise<void>;
}

export function startPeer(): Peer {
  const child: ChildProcess = fork(fileURLToPath(new URL('./peer-process.ts', import.meta.url)), {
    execArgv: ['--import', 'tsx'],
  });
  return {
    async ask(name, ...args) {
      child.send([name, ...args]);
      const [answer] = await once(child, 'message');
      return answer.value;
    },
    async stop() {
      child.disconnect();
      if (child.exitCode === null) await once(child, 'exit');
    },
  };
}
