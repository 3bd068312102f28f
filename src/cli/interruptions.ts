/** The signals that Ctrl-C and `kill` send. */
const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

/** Calls `listener` on each of the signals instead of ending the process, until the returned function is called. */
export function onInterruption(listener: () => void): () => void {
  for (const signal of SIGNALS) process.on(signal, listener);
  return () => {
    for (const signal of SIGNALS) process.off(signal, listener);
  };
}
