/** Peers of a row run in a process of their own, so that neither their memory nor their time counts. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type * as peers from './peers.js';

type Peers = typeof peers;
export type PeerName = keyof Peers;

export interface PeerProcess<Result> {
  /** What the peer found, when it is done. */
  readonly result: Promise<Result>;
  /** Resolves when the peer has said that it is ready, with the port that it listens on, if any. */
  readonly ready: Promise<number | undefined>;
  /** Says that it may end. */
  stop(): void;
}

/** What a peer can tell and be told while it runs. */
export interface Tether {
  /** @param port that the peer listens on */
  ready(port?: number): void;
  readonly stopped: AbortSignal;
}

type Arguments<Name extends PeerName> = Parameters<Peers[Name]>[0];
type Result<Name extends PeerName> = ReturnType<Peers[Name]> extends Promise<infer Value> ? Value : never;

export function startPeer<Name extends PeerName>(name: Name, args: Arguments<Name>): PeerProcess<Result<Name>> {
  const script = fileURLToPath(new URL('./peer-process.ts', import.meta.url));
  const child = fork(script, [name, JSON.stringify(args)]);
  const said = (what: string) =>
    new Promise<unknown>((resolve, reject) => {
      child.on('message', (message: { what: string; value: unknown }) => {
        if (message.what === what) resolve(message.value);
      });
      child.on('exit', code => reject(new Error(`the peer ${name} ended with ${code}`)));
    });
  const result: Promise<Result<Name>> = said('result').then(async value => {
    child.disconnect();
    if (child.exitCode === null) await once(child, 'exit');
    return value as Result<Name>;
  });
  const ready = said('ready') as Promise<number | undefined>;
  // Whoever awaits only one of them must not end for the other.
  ready.catch(() => {});
  result.catch(() => {});
  return { result, ready, stop: () => void child.send('stop') };
}
