/**
 * Whether the host has a network. In a browser, `navigator` has `onLine` and `window` has the events. Node has neither.
 */
export interface NetworkStatus {
  readonly onLine: boolean;
  addEventListener(type: 'online' | 'offline', listener: () => void): void;
  removeEventListener(type: 'online' | 'offline', listener: () => void): void;
}

interface Host extends Omit<NetworkStatus, 'onLine'> {
  readonly navigator?: { readonly onLine?: unknown };
}

/** Returns the network status of a global object, or undefined if it has none. */
export function hostNetwork(host: Partial<Host> = globalThis as Partial<Host>): NetworkStatus | undefined {
  const { navigator, addEventListener, removeEventListener } = host;
  if (typeof navigator?.onLine !== 'boolean' || addEventListener === undefined || removeEventListener === undefined) {
    return undefined;
  }
  return {
    get onLine() {
      return navigator.onLine !== false;
    },
    addEventListener: (type, listener) => addEventListener.call(host, type, listener),
    removeEventListener: (type, listener) => removeEventListener.call(host, type, listener),
  };
}
