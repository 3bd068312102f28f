import type { Side } from '../wire/conversation.js';
import type { Diagnosis, Facts } from '../wire/diagnosis/index.js';
import { factsToText } from '../wire/facts-text.js';
import { decodeRecords, type LiveRecord } from '../wire/live-record.js';

/** What the server says about itself. */
export interface Hello {
  readonly title: string;
  /** The sides for which this page may send frames by hand. */
  readonly sendsFrom: readonly Side[];
}

export interface LiveEvents {
  hello(hello: Hello): void;
  records(records: readonly LiveRecord[]): void;
  dropped(records: number): void;
  sent(problem: string | undefined): void;
  diagnosis(connection: number, diagnoses: readonly Diagnosis[]): void;
  /** The server has gone, or refused. */
  closed(reason: string): void;
}

/** The WebSocket on which the server sends what happens. */
export class LiveSocket {
  readonly #socket: WebSocket;

  constructor(url: URL, events: LiveEvents) {
    this.#socket = new WebSocket(url);
    this.#socket.binaryType = 'arraybuffer';
    let isOpen = false;
    this.#socket.onopen = () => {
      isOpen = true;
    };
    this.#socket.onmessage = ({ data }: MessageEvent<string | ArrayBuffer>) => {
      if (typeof data !== 'string') events.records(decodeRecords(new Uint8Array(data)));
      else dispatch(JSON.parse(data), events);
    };
    this.#socket.onclose = ({ code }) => {
      events.closed(isOpen ? `The server has stopped (${code}).` : 'The server refused the connection.');
    };
  }

  /** Asks the server to send a frame to a connection. */
  send(connection: number, from: Side, frame: Uint8Array): void {
    let binary = '';
    for (const byte of frame) binary += String.fromCharCode(byte);
    this.#socket.send(JSON.stringify({ type: 'send', connection, from, frame: btoa(binary) }));
  }

  /** Asks the server for the likely causes of a problem. */
  diagnose(connection: number, facts: Facts): void {
    this.#socket.send(JSON.stringify({ type: 'diagnose', connection, facts: factsToText(facts) }));
  }
}

function dispatch(message: { type: string } & Record<string, unknown>, events: LiveEvents): void {
  if (message.type === 'hello') events.hello(message as unknown as Hello);
  else if (message.type === 'dropped') events.dropped(Number(message.records));
  else if (message.type === 'sent') events.sent(message.problem as string | undefined);
  else if (message.type === 'diagnosis') {
    events.diagnosis(Number(message.connection), message.diagnoses as readonly Diagnosis[]);
  }
}
