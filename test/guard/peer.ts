/** Runs the peer in a process of its own, so that its memory and writes are not counted. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Commands } from './peer-process.js';

export interface Peer {
  /** Runs a command of the peer, and returns its result. */
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
