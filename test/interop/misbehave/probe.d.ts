/** What the application saw. `code` is undefined if the connection did not end. */
export interface Seen {
  readonly opened: boolean;
  /** Whether the handshake took too long for the application. */
  readonly waited: boolean;
  readonly echoed: boolean;
  readonly messages: readonly string[];
  readonly code?: number | undefined;
}

/** A server that misbehaves, and what to offer it. A server that floods is probed alone. */
export type Server = readonly [url: string, subprotocols: readonly string[], floods: boolean];

/** `WebSocket` is a class with the interface of browsers. */
export function probeAll(WebSocket: unknown, servers: readonly Server[]): Promise<readonly Seen[]>;
