/** Peers run in processes of their own, so that their memory and time are not measured. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type * as peers from './peers.js';

type Peers = typeof peers;
export type PeerName = keyof Peers;

export interface PeerProcess<Result> {
  /** What the peer measured. Resolves when it is done. */
  readonly result: Promise<Result>;
  /** Resolves when the peer is ready, with the port that it listens on, if any. */
  readonly ready: Promise<number | undefined>;
  /** Asks the peer to end. */
  stop(): void;
}

/** How a peer communicates with the row while it runs. */
export interface PeerControl {
  /** Reports that the peer is ready. @param port the port that it listens on, if any */
  ready(port?: number): void;
  readonly stopped: AbortSignal;
}

type Arguments<Name extends PeerName> = Parameters<Peers[Name]>[0];
type Result<Name extends PeerName> = ReturnType<Peers[Name]> extends Promise<infer Value> ? Value : never;

export function startPeer<Name extends PeerName>(name: Name, args: Arguments<Name>): PeerProcess<Result<Name>> {
  const script = fileURLToPath(new URL('./peer-process.ts', import.meta.url));
  const child = fork(script, [name, JSON.stringify(args)]);
  const message = (what: string) =>
    new Promise<unknown>((resolve, reject) => {
      child.on('message', (sent: { what: string; value: unknown }) => {
        if (sent.what === what) resolve(sent.value);
      });
      child.on('exit', code => reject(new Error(`the peer ${name} ended with ${code}`)));
    });
  const result: Promise<Result<Name>> = message('result').then(async value => {
    child.disconnect();
    if (child.exitCode === null) await once(child, 'exit');
    return value as Result<Name>;
  });
  const ready = message('ready') as Promise<number | undefined>;
  // A caller may await only one of these promises. The rejection of the other must not count as unhandled.
  ready.catch(() => {});
  result.catch(() => {});
  return { result, ready, stop: () => void child.send('stop') };
}
