/** Ctrl-C (where the terminal sends it as a signal) and what `kill` sends. */
const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

/** Calls `listener` at each of them, in place of ending the process, until the function given back is called. */
export function onInterruption(listener: () => void): () => void {
  for (const signal of SIGNALS) process.on(signal, listener);
  return () => {
    for (const signal of SIGNALS) process.off(signal, listener);
  };
}
