import { callOption } from '../../application-code.js';
import type { Sendable } from '../../connection/payload.js';
import type { WithDefaults } from '../../option-names.js';
import type { Clock } from './clock.js';
import { toUnsent } from './unsent-queue.js';
import type { WebSocketLink } from './web-socket-link.js';

/**
 * A heartbeat of the application, for a W3C WebSocket: a page can neither send nor see a Ping. Times are in
 * milliseconds.
 */
export interface HeartbeatOptions {
  /** Returns the message to send. The peer must answer it with any message. */
  readonly message: () => Sendable;
  /** How long the peer may be silent before a heartbeat is sent. Default 20 s. */
  readonly interval?: number | undefined;
  /** How long the peer may take to answer. Default 20 s. */
  readonly timeout?: number | undefined;
}

/** Sends a heartbeat when the peer has been silent, and abandons the connection if the peer stays silent. */
export class Heartbeat {
  readonly #link: WebSocketLink;
  readonly #options: WithDefaults<HeartbeatOptions>;
  readonly #clock: Clock;
  readonly #stopForwarding: () => void;
  #cancel = (): void => {};

  constructor(link: WebSocketLink, options: WithDefaults<HeartbeatOptions>, clock: Clock) {
    this.#link = link;
    this.#options = options;
    this.#clock = clock;
    this.#stopForwarding = link.forward(() => this.#wait());
    this.#wait();
  }

  stop(): void {
    this.#cancel();
    this.#stopForwarding();
  }

  #wait(): void {
    this.#cancel();
    this.#cancel = this.#clock.after(this.#options.interval, () => this.#send());
  }

  #send(): void {
    const { message, timeout } = this.#options;
    try {
      this.#link.send(toUnsent(callOption('heartbeat.message', 'a message', message), undefined));
    } catch (error) {
      this.#link.abandon(error);
      return;
    }
    this.#cancel = this.#clock.after(timeout, () => {
      // After a blocked event loop or a computer's sleep, an answer may have arrived without having been read yet.
      this.#cancel = this.#clock.after(0, () =>
        this.#link.abandon(
          new Error(`the peer sent no message within ${timeout} ms of a heartbeat (heartbeat.timeout)`),
        ),
      );
    });
  }
}
